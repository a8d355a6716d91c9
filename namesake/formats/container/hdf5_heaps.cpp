#include "namesake/formats/container/hdf5_heaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "namesake/formats/container/hdf5_trees.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr int kMaxNesting = 16;           // indirect blocks within indirect blocks
constexpr std::uint8_t kHugeObjects = 1;  // kind of a version 2 B-tree

Cursor local_heap_data(Context& context, std::uint64_t address) {
  Cursor cursor = context.from(address, "local heap");
  cursor.expect("HEAP");
  cursor.expect_version(0);
  cursor.skip(3);
  const std::uint64_t size = cursor.length();
  (void)cursor.length();  // free list
  const std::uint64_t data = cursor.address();
  context.spend(address, 32);
  return context.window(data, size, "local heap");
}

constexpr std::uint64_t round_up_8(std::uint64_t size) { return (size + 7) / 8 * 8; }

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

LocalHeap::LocalHeap(Context& context, std::uint64_t address) : data_(local_heap_data(context, address)) {}

std::string LocalHeap::text(std::uint64_t offset) const {
  Cursor cursor = data_;
  cursor.skip(offset);
  const std::uint64_t start = cursor.position();
  std::string text = cursor.text_to_nul();
  data_.context().spend(start, text.size() + 1);
  return text;
}

const GlobalHeap::Collection& GlobalHeap::collection(std::uint64_t address) {
  const auto known = collections_.find(address);
  if (known != collections_.end()) return known->second;
  Cursor cursor = context_.from(address, "global heap");
  cursor.expect("GCOL");
  cursor.expect_version(1);
  cursor.skip(3);
  const std::uint64_t size = cursor.length();
  context_.spend(address, size);
  const std::uint64_t head = round_up_8(cursor.position() - address);
  if (size < head) context_.damaged(address, "the global heap is smaller than its own head.");
  cursor.skip(head - (cursor.position() - address));
  Cursor objects = cursor.window(size - head);
  Collection result;
  const std::uint64_t object_head = round_up_8(8 + context_.source().length_size);
  while (objects.remaining() >= object_head) {
    const std::uint64_t start = objects.position();
    const std::uint16_t index = objects.u16();
    if (index == 0) break;  // the rest is free
    objects.skip(6);
    const std::uint64_t length = objects.length();
    objects.skip(object_head - (objects.position() - start));
    if (!result.emplace(index, objects.window(length)).second) {
      context_.damaged(start, fmt::format("the global heap has two objects {}.", index));
    }
    objects.skip(std::min(round_up_8(length) - length, objects.remaining()));
  }
  return collections_.emplace(address, std::move(result)).first->second;
}

std::span<const std::byte> GlobalHeap::object(std::uint64_t address, std::uint32_t index) {
  const Collection& objects = collection(address);
  const auto found = objects.find(index);
  if (found == objects.end()) {
    context_.damaged(address, fmt::format("the global heap has no object {}.", index));
  }
  Cursor cursor = found->second;
  context_.spend(address, cursor.remaining());
  return cursor.bytes(cursor.remaining());
}

std::string GlobalHeap::text(Cursor& element) {
  const std::uint64_t start = element.position();
  const std::uint32_t length = element.u32();
  const std::uint64_t address = element.address();
  const std::uint32_t index = element.u32();
  if (length == 0 || address == 0 || address == kUndefined) return {};
  const auto bytes = object(address, index);
  if (length > bytes.size()) {
    context_.damaged(start, "a string is longer than its place in the global heap.",
                     fmt::format("at most {} bytes", bytes.size()), fmt::format("{}", length));
  }
  std::string text(reinterpret_cast<const char*>(bytes.data()), length);
  text.resize(std::min(text.size(), text.find('\0')));  // C libraries store the NUL too
  return text;
}

FractalHeap::FractalHeap(Context& context, std::uint64_t address) : context_(context), address_(address) {
  Cursor cursor = context.from(address, "fractal heap");
  cursor.expect("FRHP");
  cursor.expect_version(0);
  id_size_ = cursor.u16();
  const std::uint16_t filter_size = cursor.u16();
  checksummed_ = (cursor.u8() & 0x02) != 0;
  const std::uint32_t max_managed = cursor.u32();
  (void)cursor.length();  // next huge id
  huge_tree_ = cursor.address();
  (void)cursor.length();  // free space
  (void)cursor.address();
  for (int i = 0; i < 8; ++i) (void)cursor.length();  // statistics
  width_ = cursor.u16();
  start_size_ = cursor.length();
  max_direct_size_ = cursor.length();
  const std::uint16_t heap_bits = cursor.u16();
  (void)cursor.u16();  // rows at the start
  const std::uint64_t root = cursor.address();
  const std::uint16_t rows = cursor.u16();
  if (filter_size > 0) context.unsupported("a fractal heap with filters");
  verify_checksum(cursor, address);
  context.spend(address, cursor.position() - address);
  if (id_size_ < 3 || id_size_ > 4096 || width_ == 0 || !std::has_single_bit(start_size_) ||
      !std::has_single_bit(max_direct_size_) || max_direct_size_ < start_size_ || heap_bits == 0 || heap_bits > 64) {
    context.damaged(address, "the fractal heap has impossible sizes.");
  }
  offset_bytes_ = (heap_bits + 7U) / 8;
  length_bytes_ = std::min((static_cast<unsigned>(std::bit_width(max_direct_size_)) + 6) / 8, bytes_for(max_managed));
  length_bytes_ = std::max(length_bytes_, 1U);
  if (root != kUndefined) read_root(root, rows);
}

void FractalHeap::read_root(std::uint64_t address, std::uint16_t rows) {
  if (rows == 0) {
    add_direct(address, 0, start_size_);
  } else {
    add_indirect(address, 0, rows, 0);
  }
  std::sort(blocks_.begin(), blocks_.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
}

std::uint64_t FractalHeap::row_size(std::uint64_t row) const {
  return row == 0 ? start_size_ : multiply(start_size_, row > 63 ? kUndefined : std::uint64_t{1} << (row - 1));
}

void FractalHeap::add_direct(std::uint64_t address, std::uint64_t start, std::uint64_t size) {
  Cursor cursor = context_.window(address, size, "fractal heap block");
  context_.spend(address, size);
  cursor.expect("FHDB");
  cursor.expect_version(0);
  if (cursor.address() != address_) context_.damaged(address, "the block belongs to another fractal heap.");
  const std::uint64_t stored_start = cursor.uint(offset_bytes_);
  if (stored_start != start) {
    context_.damaged(address, "the fractal heap block has a wrong place.", fmt::format("{}", start),
                     fmt::format("{}", stored_start));
  }
  blocks_.push_back({start, size, address});
}

void FractalHeap::add_indirect(std::uint64_t address, std::uint64_t start, std::uint64_t rows, int nesting) {
  if (nesting > kMaxNesting) context_.damaged(address, "fractal heap blocks are nested too deeply.");
  Cursor cursor = context_.from(address, "fractal heap block");
  cursor.expect("FHIB");
  cursor.expect_version(0);
  if (cursor.address() != address_) context_.damaged(address, "the block belongs to another fractal heap.");
  (void)cursor.uint(offset_bytes_);
  // Rows up to that of the largest direct block hold direct blocks; later ones hold indirect blocks.
  const auto direct_rows =
      static_cast<std::uint64_t>(std::bit_width(max_direct_size_) - std::bit_width(start_size_) + 2);
  std::uint64_t at = start;
  for (std::uint64_t row = 0; row < rows; ++row) {
    const std::uint64_t size = row_size(row);
    for (std::uint64_t column = 0; column < width_; ++column) {
      const std::uint64_t child = cursor.address();
      context_.spend(address, 8);
      if (child != kUndefined) {
        if (row < direct_rows) {
          add_direct(child, at, size);
        } else {
          const auto width_bits = static_cast<std::uint64_t>(std::bit_width(start_size_) + std::bit_width(width_) - 2);
          const auto size_bits = static_cast<std::uint64_t>(std::bit_width(size) - 1);
          if (size == kUndefined || size_bits < width_bits)
            context_.damaged(address, "a fractal heap row is impossible.");
          add_indirect(child, at, size_bits - width_bits + 1, nesting + 1);
        }
      }
      at += size;
    }
  }
  verify_checksum(cursor, address);
}

Cursor FractalHeap::managed(std::uint64_t offset, std::uint64_t length) {
  auto after = std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                                [](std::uint64_t value, const DirectBlock& block) { return value < block.start; });
  if (after == blocks_.begin() || offset - (--after)->start >= after->size ||
      length > after->size - (offset - after->start)) {
    context_.damaged(address_, fmt::format("the fractal heap has no {} bytes at {}.", length, offset));
  }
  return context_.window(after->address + (offset - after->start), length, "fractal heap object");
}

Cursor FractalHeap::huge(std::span<const std::byte> id) {
  const unsigned address_size = context_.source().offset_size, length_size = context_.source().length_size;
  if (id_size_ >= 1 + address_size + length_size) {  // the id itself says where
    return context_.window(little_endian(id.subspan(1, address_size)),
                           little_endian(id.subspan(1 + address_size, length_size)), "fractal heap object");
  }
  if (!huge_objects_) {
    huge_objects_.emplace();
    walk_tree_2(context_, huge_tree_, kHugeObjects, [&](Cursor record) {
      const std::uint64_t address = record.address();
      const std::uint64_t length = record.length();
      const std::uint64_t key = record.length();
      huge_objects_->insert_or_assign(key, context_.window(address, length, "fractal heap object"));
    });
  }
  const std::uint64_t key = little_endian(id.subspan(1, std::min<std::size_t>(length_size, id_size_ - 1)));
  const auto found = huge_objects_->find(key);
  if (found == huge_objects_->end()) context_.damaged(address_, fmt::format("the fractal heap has no object {}.", key));
  return found->second;
}

Cursor FractalHeap::object(std::span<const std::byte> id) {
  const auto flags = std::to_integer<unsigned>(id.front());
  const unsigned kind = (flags >> 4) & 0x03;
  if ((flags >> 6) != 0) context_.damaged(address_, "a heap id has an unknown version.");
  if (kind == 1) return huge(id);
  if (kind == 2) context_.unsupported("an object inside its fractal heap id");
  if (kind != 0 || id_size_ < 1 + offset_bytes_ + length_bytes_) context_.damaged(address_, "a heap id is damaged.");
  return managed(little_endian(id.subspan(1, offset_bytes_)),
                 little_endian(id.subspan(1 + offset_bytes_, length_bytes_)));
}

}  // namespace namesake::formats::hdf5
