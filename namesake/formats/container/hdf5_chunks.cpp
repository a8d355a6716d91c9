#include "namesake/formats/container/hdf5_chunks.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "namesake/formats/container/hdf5_trees.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr std::uint8_t kChunkTree = 1;            // kind of a version 1 B-tree
constexpr std::uint8_t kPlainChunks = 10;         // kinds of a version 2 B-tree
constexpr std::uint8_t kFilteredChunks = 11;
constexpr std::uint64_t kDeflateRatio = 1032;     // deflate shrinks no more

enum FilterId : std::uint16_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3 };

std::uint64_t chunk_bytes(const Dataset& dataset) {
  std::uint64_t bytes = dataset.type.size;
  for (const std::uint64_t size : dataset.layout.chunk) bytes = multiply(bytes, size);
  return bytes;
}

// The chunk that stands at `ordinal` in the grid of chunks, row-major.
std::vector<std::uint64_t> origin_of(const Dataset& dataset, std::uint64_t ordinal) {
  const auto& sizes = dataset.space.sizes;
  std::vector<std::uint64_t> origin(sizes.size());
  for (std::size_t i = sizes.size(); i-- > 0;) {
    const std::uint64_t chunk = dataset.layout.chunk[i];
    const std::uint64_t along = (sizes[i] - 1) / chunk + 1;
    origin[i] = ordinal % along * chunk;
    ordinal /= along;
  }
  return origin;
}

std::uint64_t chunk_count(const Dataset& dataset) {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < dataset.space.sizes.size(); ++i) {
    count = multiply(count, (dataset.space.sizes[i] - 1) / dataset.layout.chunk[i] + 1);
  }
  return count;
}

using Visit = std::function<void(const Chunk&)>;

void walk_tree_1_chunks(Context& context, const Dataset& dataset, const Visit& visit) {
  const std::size_t rank = dataset.layout.chunk.size();
  walk_tree_1(context, dataset.layout.address, kChunkTree, 8 + 8 * (rank + 1), [&](Cursor key, std::uint64_t child) {
    Chunk chunk;
    chunk.size = key.u32();
    chunk.mask = key.u32();
    for (std::size_t i = 0; i < rank; ++i) chunk.origin.push_back(key.u64());
    chunk.address = child;
    visit(chunk);
  });
}

void walk_tree_2_chunks(Context& context, const Dataset& dataset, const Visit& visit) {
  const bool filtered = !dataset.filters.empty();
  const std::uint64_t plain_size = chunk_bytes(dataset);
  const unsigned size_width = std::min(8U, bytes_for(plain_size) + 1);
  walk_tree_2(context, dataset.layout.address, filtered ? kFilteredChunks : kPlainChunks, [&](Cursor record) {
    Chunk chunk;
    chunk.address = record.address();
    chunk.size = filtered ? record.uint(size_width) : plain_size;
    chunk.mask = filtered ? record.u32() : 0;
    for (const std::uint64_t size : dataset.layout.chunk) chunk.origin.push_back(multiply(record.u64(), size));
    visit(chunk);
  });
}

// Chunks one behind the other, without an index.
void walk_implicit(Context& context, const Dataset& dataset, const Visit& visit) {
  const std::uint64_t size = chunk_bytes(dataset), count = chunk_count(dataset);
  (void)context.window(dataset.layout.address, multiply(size, count), "chunks");
  for (std::uint64_t i = 0; i < count; ++i) {
    visit({origin_of(dataset, i), dataset.layout.address + i * size, size, 0});
  }
}

class FixedArray {
 public:
  FixedArray(Context& context, const Dataset& dataset, const Visit& visit)
      : context_(context), dataset_(dataset), visit_(visit), plain_size_(chunk_bytes(dataset)) {}

  void walk() {
    const std::uint64_t start = dataset_.layout.address;
    Cursor cursor = context_.from(start, "fixed array");
    cursor.expect("FAHD");
    cursor.expect_version(0);
    filtered_ = cursor.u8() == 1;
    entry_size_ = cursor.u8();
    const std::uint8_t page_bits = cursor.u8();
    const std::uint64_t entries = cursor.length();
    const std::uint64_t block = cursor.address();
    verify_checksum(cursor, start);
    const unsigned least = context_.source().offset_size + (filtered_ ? 5 : 0);
    if (entries != chunk_count(dataset_) || entry_size_ < least || entry_size_ > least + 7 || page_bits > 63) {
      context_.damaged(start, "the fixed array does not fit its dataset.", fmt::format("{} entries", chunk_count(dataset_)),
                       fmt::format("{} entries of {} bytes", entries, entry_size_));
    }
    if (block != kUndefined) walk_block(block, entries, std::uint64_t{1} << page_bits);
  }

 private:
  void walk_block(std::uint64_t start, std::uint64_t entries, std::uint64_t per_page) {
    Cursor cursor = context_.from(start, "fixed array block");
    cursor.expect("FADB");
    cursor.expect_version(0);
    cursor.skip(1);
    if (cursor.address() != dataset_.layout.address) context_.damaged(start, "the block belongs to another fixed array.");
    if (entries <= per_page) {
      walk_entries(cursor, 0, entries);
      verify_checksum(cursor, start);
      return;
    }
    const std::uint64_t pages = (entries - 1) / per_page + 1;
    const auto written = cursor.bytes((pages + 7) / 8);
    verify_checksum(cursor, start);
    for (std::uint64_t page = 0; page < pages; ++page) {
      const std::uint64_t first = page * per_page, count = std::min(per_page, entries - first);
      const bool is_written = (std::to_integer<unsigned>(written[page / 8]) & (0x80U >> (page % 8))) != 0;
      if (!is_written) {
        cursor.skip(count * entry_size_ + 4);
        continue;
      }
      const std::uint64_t page_start = cursor.position();
      walk_entries(cursor, first, count);
      verify_checksum(cursor, page_start);
    }
  }

  void walk_entries(Cursor& cursor, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      Cursor entry = cursor.window(entry_size_);
      const std::uint64_t address = entry.address();
      if (address == kUndefined) continue;
      Chunk chunk{origin_of(dataset_, first + i), address, plain_size_, 0};
      if (filtered_) {
        chunk.size = entry.uint(static_cast<unsigned>(entry.remaining() - 4));
        chunk.mask = entry.u32();
      }
      visit_(chunk);
    }
  }

  Context& context_;
  const Dataset& dataset_;
  const Visit& visit_;
  std::uint64_t plain_size_;
  bool filtered_ = false;
  unsigned entry_size_ = 0;
};

// --- Filters ---

std::vector<std::byte> inflate_exactly(Context& context, const Chunk& chunk, std::span<const std::byte> in,
                                       std::uint64_t size) {
  if (size / kDeflateRatio > in.size() + 16 || in.size() > std::numeric_limits<uInt>::max() ||
      size > std::numeric_limits<uInt>::max()) {
    context.damaged(chunk.address, "a chunk cannot hold what it should.", fmt::format("{} bytes", size),
                    fmt::format("{} compressed bytes", in.size()));
  }
  std::vector<std::byte> out(size);
  uLongf written = static_cast<uLongf>(size);
  const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &written,
                                reinterpret_cast<const Bytef*>(in.data()), static_cast<uLong>(in.size()));
  if (status != Z_OK || written != size) {
    context.damaged(chunk.address, "a compressed chunk is damaged.", fmt::format("{} bytes", size),
                    fmt::format("{} bytes, zlib status {}", static_cast<std::uint64_t>(written), status));
  }
  return out;
}

// The first bytes of all elements stand first, then all second bytes, ...; a rest that is no whole element stays.
std::vector<std::byte> unshuffle(std::span<const std::byte> in, std::size_t element) {
  std::vector<std::byte> out(in.begin(), in.end());
  if (element < 2) return out;
  const std::size_t count = in.size() / element;
  for (std::size_t k = 0; k < element; ++k) {
    for (std::size_t i = 0; i < count; ++i) out[i * element + k] = in[k * count + i];
  }
  return out;
}

// Fletcher's sum over big-endian 16-bit words, as HDF5 has it.
std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  std::uint32_t low = 0, high = 0;
  const auto fold = [](std::uint32_t x) { return (x & 0xffff) + (x >> 16); };
  std::size_t i = 0;
  while (i + 1 < bytes.size()) {
    const std::size_t stop = std::min(bytes.size() - 1, i + 2 * 360);  // no overflow within 360 words
    for (; i < stop; i += 2) {
      low += std::to_integer<std::uint32_t>(bytes[i]) << 8 | std::to_integer<std::uint32_t>(bytes[i + 1]);
      high += low;
    }
    low = fold(low);
    high = fold(high);
  }
  if (bytes.size() % 2 == 1) {
    low += std::to_integer<std::uint32_t>(bytes.back()) << 8;
    high += low;
    low = fold(low);
    high = fold(high);
  }
  return fold(high) << 16 | fold(low);
}

void check_fletcher32(Context& context, const Chunk& chunk, std::vector<std::byte>& bytes) {
  if (bytes.size() < 4) context.damaged(chunk.address, "a chunk has no room for its checksum.");
  std::uint32_t stored = 0;
  for (unsigned i = 0; i < 4; ++i) {
    stored |= std::to_integer<std::uint32_t>(bytes[bytes.size() - 4 + i]) << (8 * i);
  }
  bytes.resize(bytes.size() - 4);
  const std::uint32_t sum = fletcher32(bytes);
  // Old libraries stored the two bytes of each half the other way round.
  const std::uint32_t swapped = (sum & 0x00ff00ff) << 8 | (sum & 0xff00ff00) >> 8;
  if (stored != sum && stored != swapped) {
    context.damaged(chunk.address, "the checksum of a chunk is wrong.", fmt::format("{:#010x}", sum),
                    fmt::format("{:#010x}", stored));
  }
}

}  // namespace

void parse_chunked_layout_4(Cursor& cursor, Layout& layout) {
  layout.flags = cursor.u8();
  const std::uint8_t rank = cursor.u8();
  const std::uint8_t width = cursor.u8();
  const std::uint64_t at = cursor.position();
  if (width < 1 || width > 8) cursor.context().damaged(at, "the sizes of a chunk have an impossible width.");
  for (std::uint8_t i = 0; i < rank; ++i) layout.chunk.push_back(cursor.uint(width));
  if (!layout.chunk.empty()) layout.chunk.pop_back();  // the size of an element
  const std::uint8_t index = cursor.u8();
  layout.index = static_cast<Layout::Index>(index);
  switch (layout.index) {
    case Layout::Index::kSingle:
      if ((layout.flags & 0x02) != 0) {
        layout.single_size = cursor.length();
        layout.single_mask = cursor.u32();
      }
      break;
    case Layout::Index::kImplicit: break;
    case Layout::Index::kFixedArray: cursor.skip(1); break;
    case Layout::Index::kExtensible: cursor.skip(5); break;
    case Layout::Index::kTree2: cursor.skip(6); break;
    default: cursor.context().unsupported(fmt::format("chunk index {}", index));
  }
  layout.address = cursor.address();
  if (layout.index == Layout::Index::kExtensible) {
    cursor.context().unsupported("chunk index 4 (extensible array: a dataset with one unlimited axis)");
  }
}

void for_each_chunk(Context& context, const Dataset& dataset, const Visit& visit) {
  switch (dataset.layout.index) {
    case Layout::Index::kTree1: return walk_tree_1_chunks(context, dataset, visit);
    case Layout::Index::kTree2: return walk_tree_2_chunks(context, dataset, visit);
    case Layout::Index::kImplicit: return walk_implicit(context, dataset, visit);
    case Layout::Index::kFixedArray: return FixedArray(context, dataset, visit).walk();
    case Layout::Index::kSingle: {
      const bool filtered = !dataset.filters.empty() && (dataset.layout.flags & 0x02) != 0;
      visit({origin_of(dataset, 0), dataset.layout.address, filtered ? dataset.layout.single_size : chunk_bytes(dataset),
             dataset.layout.single_mask});
      return;
    }
    case Layout::Index::kExtensible: break;
  }
  context.unsupported("this index of chunks");
}

std::vector<std::byte> unfilter(Context& context, const Dataset& dataset, const Chunk& chunk, std::uint64_t size) {
  Cursor stored = context.window(chunk.address, chunk.size, "chunk");
  const auto in = stored.bytes(chunk.size);
  // Layout 4 may leave the filters out where a chunk reaches over the dataset's edge.
  bool reaches_over = false;
  for (std::size_t i = 0; i < chunk.origin.size(); ++i) {
    reaches_over |= dataset.layout.chunk[i] > dataset.space.sizes[i] - chunk.origin[i];
  }
  const bool plain = dataset.layout.index != Layout::Index::kTree1 && (dataset.layout.flags & 0x01) != 0 && reaches_over;
  std::vector<std::byte> bytes;
  bool started = false;
  std::uint64_t expected = size;  // what deflate must give back: a checksum below it adds four bytes
  std::vector<std::size_t> active;
  for (std::size_t i = 0; i < dataset.filters.size() && !plain; ++i) {
    if (i >= 32 || (chunk.mask & (1U << i)) == 0) active.push_back(i);
  }
  std::vector<std::uint64_t> before(active.size());
  for (std::size_t k = 0; k < active.size(); ++k) {
    before[k] = expected;
    if (dataset.filters[active[k]].id == kFletcher32) expected += 4;
  }
  for (std::size_t k = active.size(); k-- > 0;) {
    const Filter& filter = dataset.filters[active[k]];
    const std::span<const std::byte> now = started ? std::span<const std::byte>(bytes) : in;
    if (filter.id == kDeflate) {
      bytes = inflate_exactly(context, chunk, now, before[k]);
    } else if (filter.id == kShuffle) {
      bytes = unshuffle(now, filter.value);
    } else {
      if (!started) bytes.assign(in.begin(), in.end());
      check_fletcher32(context, chunk, bytes);
    }
    started = true;
  }
  if (!started) bytes.assign(in.begin(), in.end());
  if (bytes.size() != size) {
    context.damaged(chunk.address, "a chunk has a wrong size.", fmt::format("{} bytes", size),
                    fmt::format("{}", bytes.size()));
  }
  return bytes;
}

}  // namespace namesake::formats::hdf5
