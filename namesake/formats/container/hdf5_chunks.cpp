#include "namesake/formats/container/hdf5_chunks.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/formats/container/hdf5_chunk_arrays.h"
#include "namesake/formats/container/hdf5_trees.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr std::uint8_t kChunkTree = 1;     // kind of a version 1 B-tree
constexpr std::uint8_t kPlainChunks = 10;  // kinds of a version 2 B-tree
constexpr std::uint8_t kFilteredChunks = 11;

void walk_tree_1_chunks(Context& context, const Dataset& dataset, const VisitChunk& visit) {
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

void walk_tree_2_chunks(Context& context, const Dataset& dataset, const VisitChunk& visit) {
  const bool filtered = !dataset.filters.empty();
  const std::uint64_t plain_size = chunk_bytes(dataset);
  const unsigned size_width =
      dataset.layout.wide_sizes ? context.source().length_size : std::min(8U, bytes_for(plain_size) + 1);
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
void walk_implicit(Context& context, const Dataset& dataset, const VisitChunk& visit) {
  const ChunkGrid grid(dataset);
  const std::uint64_t size = chunk_bytes(dataset);
  (void)context.window(dataset.layout.address, multiply(size, grid.count()), "chunks");
  for (std::uint64_t i = 0; i < grid.count(); ++i) {
    visit({grid.origin(i), dataset.layout.address + i * size, size, 0});
  }
}

}  // namespace

std::uint64_t chunk_bytes(const Dataset& dataset) {
  std::uint64_t bytes = dataset.type.size;
  for (const std::uint64_t size : dataset.layout.chunk) bytes = multiply(bytes, size);
  return bytes;
}

ChunkGrid::ChunkGrid(const Dataset& dataset) : chunk_(dataset.layout.chunk) {
  const auto& limits = dataset.space.limits;
  const auto endless = std::find(limits.begin(), limits.end(), kUndefined);
  for (std::size_t axis = 0; axis < limits.size(); ++axis) {
    along_.push_back(limits[axis] == kUndefined ? kUndefined
                                                : (std::max<std::uint64_t>(limits[axis], 1) - 1) / chunk_[axis] + 1);
    count_ = multiply(count_, along_.back());
    if (limits.begin() + static_cast<std::ptrdiff_t>(axis) != endless) order_.push_back(axis);
  }
  if (endless != limits.end()) order_.insert(order_.begin(), static_cast<std::size_t>(endless - limits.begin()));
}

std::vector<std::uint64_t> ChunkGrid::origin(std::uint64_t ordinal) const {
  std::vector<std::uint64_t> result(chunk_.size());
  for (std::size_t i = order_.size(); i-- > 0;) {
    const std::size_t axis = order_[i];
    result[axis] = multiply(ordinal % along_[axis], chunk_[axis]);
    ordinal /= along_[axis];
  }
  return result;
}

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
    case Layout::Index::kImplicit:
      break;
    case Layout::Index::kFixedArray:
      cursor.skip(1);
      break;
    case Layout::Index::kExtensible:
      cursor.skip(5);
      break;
    case Layout::Index::kTree2:
      cursor.skip(6);
      break;
    default:
      cursor.context().unsupported(fmt::format("chunk index {}", index));
  }
  layout.address = cursor.address();
}

void for_each_chunk(Context& context, const Dataset& dataset, const VisitChunk& visit) {
  switch (dataset.layout.index) {
    case Layout::Index::kTree1:
      return walk_tree_1_chunks(context, dataset, visit);
    case Layout::Index::kTree2:
      return walk_tree_2_chunks(context, dataset, visit);
    case Layout::Index::kImplicit:
      return walk_implicit(context, dataset, visit);
    case Layout::Index::kFixedArray:
      return walk_fixed_array(context, dataset, visit);
    case Layout::Index::kSingle: {
      const bool filtered = !dataset.filters.empty() && (dataset.layout.flags & 0x02) != 0;
      visit({ChunkGrid(dataset).origin(0), dataset.layout.address,
             filtered ? dataset.layout.single_size : chunk_bytes(dataset), dataset.layout.single_mask});
      return;
    }
    case Layout::Index::kExtensible:
      return walk_extensible_array(context, dataset, visit);
  }
}

}  // namespace namesake::formats::hdf5
