#include "namesake/formats/container/hdf5_chunk_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace namesake::formats::hdf5 {
namespace {

constexpr unsigned kMaxSizeBytes = 8;  // of a chunk's size in an entry
constexpr unsigned kMaskBytes = 4;

// What both arrays share: entries, and pages of entries.
class ChunkArray {
 public:
  ChunkArray(Context& context, const Dataset& dataset, const VisitChunk& visit)
      : context_(context), dataset_(dataset), visit_(visit), grid_(dataset), plain_size_(chunk_bytes(dataset)) {}

 protected:
  void open(Cursor& cursor, const char* signature) {
    cursor.expect(signature);
    cursor.expect_version(0);
    filtered_ = cursor.u8() == 1;
  }

  void open_part(Cursor& cursor, const char* signature) {
    const std::uint64_t start = cursor.position();
    open(cursor, signature);
    if (cursor.address() != dataset_.layout.address) {
      context_.damaged(start, "a part of an array of chunks belongs to another array.");
    }
  }

  void set_entry_size(std::uint64_t at, unsigned size) {
    entry_size_ = size;
    const unsigned plain = context_.source().offset_size;
    const bool fits =
        filtered_ ? size > plain + kMaskBytes && size <= plain + kMaskBytes + kMaxSizeBytes : size == plain;
    if (!fits)
      context_.damaged(at, "the array of chunks has entries of an impossible size.", "", fmt::format("{}", size));
  }

  void read_entries(Cursor& cursor, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      Cursor entry = cursor.window(entry_size_);
      Chunk chunk;
      chunk.address = entry.address();
      if (chunk.address == kUndefined) continue;
      chunk.origin = grid_.origin(first + i);
      chunk.size = plain_size_;
      if (filtered_) {
        chunk.size = entry.uint(static_cast<unsigned>(entry.remaining()) - kMaskBytes);
        chunk.mask = entry.u32();
      }
      visit_(chunk);
    }
  }

  // `written` has a bit for each page, highest first, the first page at `bit`.
  void read_pages(Cursor& cursor, std::uint64_t first, std::uint64_t count, std::span<const std::byte> written,
                  std::uint64_t bit) {
    for (std::uint64_t done = 0; done < count; done += page_, ++bit) {
      const std::uint64_t in_page = std::min(page_, count - done);
      if ((std::to_integer<unsigned>(written[bit / 8]) & (0x80U >> (bit % 8))) == 0) {
        cursor.skip(multiply(in_page, entry_size_));
        cursor.skip(4);
        continue;
      }
      const std::uint64_t start = cursor.position();
      read_entries(cursor, first + done, in_page);
      verify_checksum(cursor, start);
    }
  }

  Context& context_;
  const Dataset& dataset_;
  const VisitChunk& visit_;
  ChunkGrid grid_;
  std::uint64_t plain_size_;
  std::uint64_t page_ = 1;  // entries in a page
  bool filtered_ = false;
  unsigned entry_size_ = 0;
};

class FixedArray : public ChunkArray {
 public:
  using ChunkArray::ChunkArray;

  void walk() {
    const std::uint64_t start = dataset_.layout.address;
    Cursor cursor = context_.from(start, "fixed array");
    open(cursor, "FAHD");
    set_entry_size(start, cursor.u8());
    const std::uint8_t page_bits = cursor.u8();
    const std::uint64_t entries = cursor.length();
    const std::uint64_t block = cursor.address();
    verify_checksum(cursor, start);
    if (entries != grid_.count() || page_bits > 63) {
      context_.damaged(start, "the fixed array does not fit its dataset.", fmt::format("{} entries", grid_.count()),
                       fmt::format("{} entries, pages of {} bits", entries, page_bits));
    }
    page_ = std::uint64_t{1} << page_bits;
    if (block != kUndefined) read_block(block, entries);
  }

 private:
  void read_block(std::uint64_t start, std::uint64_t entries) {
    Cursor cursor = context_.from(start, "fixed array block");
    open_part(cursor, "FADB");
    if (entries <= page_) {
      read_entries(cursor, 0, entries);
      verify_checksum(cursor, start);
      return;
    }
    const std::uint64_t pages = (entries - 1) / page_ + 1;
    const auto written = cursor.bytes((pages + 7) / 8);
    verify_checksum(cursor, start);
    read_pages(cursor, 0, entries, written, 0);
  }
};

class ExtensibleArray : public ChunkArray {
 public:
  using ChunkArray::ChunkArray;

  void walk() {
    const std::uint64_t start = dataset_.layout.address;
    Cursor cursor = context_.from(start, "extensible array");
    open(cursor, "EAHD");
    set_entry_size(start, cursor.u8());
    const std::uint8_t index_bits = cursor.u8();
    index_entries_ = cursor.u8();
    least_entries_ = cursor.u8();
    least_blocks_ = cursor.u8();
    const std::uint8_t page_bits = cursor.u8();
    for (int i = 0; i < 6; ++i) (void)cursor.length();
    const std::uint64_t index = cursor.address();
    verify_checksum(cursor, start);
    if (index_bits > 64 || page_bits > 63 || !std::has_single_bit(least_entries_) || least_blocks_ < 2 ||
        !std::has_single_bit(least_blocks_) || index_bits < bits(least_entries_)) {
      context_.damaged(start, "the extensible array has impossible sizes.");
    }
    place_bytes_ = (index_bits + 7U) / 8;
    page_ = std::uint64_t{1} << page_bits;
    super_blocks_ = 1 + index_bits - bits(least_entries_);
    if (index != kUndefined) read_index(index);
  }

 private:
  static unsigned bits(unsigned power_of_two) { return static_cast<unsigned>(std::bit_width(power_of_two)) - 1; }
  static std::uint64_t blocks_in(unsigned super_block) { return std::uint64_t{1} << (super_block / 2); }
  std::uint64_t entries_in(unsigned super_block) const {
    return multiply(std::uint64_t{1} << ((super_block + 1) / 2), least_entries_);
  }

  void read_index(std::uint64_t start) {
    Cursor cursor = context_.from(start, "index block");
    open_part(cursor, "EAIB");
    read_entries(cursor, 0, index_entries_);
    std::uint64_t next = index_entries_;
    const unsigned direct = std::min(2 * bits(least_blocks_), super_blocks_);
    for (unsigned k = 0; k < direct; ++k) {
      for (std::uint64_t i = 0; i < blocks_in(k); ++i, next += entries_in(k)) {
        read_block(cursor.address(), next, entries_in(k), {}, 0);
      }
    }
    for (unsigned k = direct; k < super_blocks_; next += multiply(blocks_in(k), entries_in(k)), ++k) {
      if (const std::uint64_t address = cursor.address(); address != kUndefined) read_super_block(address, next, k);
    }
    verify_checksum(cursor, start);
  }

  void read_super_block(std::uint64_t start, std::uint64_t first, unsigned k) {
    Cursor cursor = context_.from(start, "super block");
    open_part(cursor, "EASB");
    cursor.skip(place_bytes_);
    const std::uint64_t pages = entries_in(k) > page_ ? entries_in(k) / page_ : 0;  // in each data block
    const auto written = cursor.bytes(multiply(blocks_in(k), (pages + 7) / 8));
    for (std::uint64_t i = 0; i < blocks_in(k); ++i) {
      read_block(cursor.address(), first + i * entries_in(k), entries_in(k), written, i * pages);
    }
    verify_checksum(cursor, start);
  }

  void read_block(std::uint64_t start, std::uint64_t first, std::uint64_t entries, std::span<const std::byte> written,
                  std::uint64_t bit) {
    if (start == kUndefined) return;
    Cursor cursor = context_.from(start, "data block");
    context_.spend(start, 16);
    open_part(cursor, "EADB");
    cursor.skip(place_bytes_);
    if (entries <= page_) {
      context_.spend(start, multiply(entries, entry_size_));
      read_entries(cursor, first, entries);
      verify_checksum(cursor, start);
      return;
    }
    verify_checksum(cursor, start);
    if (written.empty()) context_.damaged(start, "a data block with pages does not say which are written.");
    context_.spend(start, multiply(entries, entry_size_));
    read_pages(cursor, first, entries, written, bit);
  }

  unsigned index_entries_ = 0;
  unsigned least_entries_ = 0;
  unsigned least_blocks_ = 0;
  unsigned place_bytes_ = 0;
  unsigned super_blocks_ = 0;
};

}  // namespace

void walk_fixed_array(Context& context, const Dataset& dataset, const VisitChunk& visit) {
  FixedArray(context, dataset, visit).walk();
}

void walk_extensible_array(Context& context, const Dataset& dataset, const VisitChunk& visit) {
  ExtensibleArray(context, dataset, visit).walk();
}

}  // namespace namesake::formats::hdf5
