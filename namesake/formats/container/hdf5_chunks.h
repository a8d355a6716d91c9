// The chunks of a chunked dataset: how they are found. The indexes of layout version 4:
//   u8 flags, u8 rank + 1, u8 width, sizes of a chunk (and of an element), u8 index, then
//   1 single {[size, u32 mask]}, 2 implicit {}, 3 fixed array {u8 page bits}, 4 extensible array {5 bytes},
//   5 B-tree version 2 {u32 node size, 2 bytes}; then the address of the data (1, 2) or of the index
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "namesake/formats/container/hdf5_dataset.h"

namespace namesake::formats::hdf5 {

struct Chunk {
  std::vector<std::uint64_t> origin;  // first element of the chunk, by axis
  std::uint64_t address = kUndefined;
  std::uint64_t size = 0;  // bytes in the file
  std::uint32_t mask = 0;  // bit i: filter i was left out
};

using VisitChunk = std::function<void(const Chunk&)>;

/// Bytes of a whole chunk without filters; kUndefined if that does not fit.
[[nodiscard]] std::uint64_t chunk_bytes(const Dataset& dataset);

/// The chunks of a dataset as a grid as large as it may grow, in the order in which arrays of chunks have them:
/// row-major, but the endless axis, if there is one, first.
class ChunkGrid {
 public:
  explicit ChunkGrid(const Dataset& dataset);
  /// kUndefined if an axis has no end.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// First element, by axis, of the chunk at `ordinal`. May lie outside the dataset as it is now.
  [[nodiscard]] std::vector<std::uint64_t> origin(std::uint64_t ordinal) const;

 private:
  std::vector<std::uint64_t> chunk_;
  std::vector<std::uint64_t> along_;  // chunks along each axis
  std::vector<std::size_t> order_;    // axes, slowest first
  std::uint64_t count_ = 1;
};

/// Reads the rest of a layout message of version 4 behind its class.
void parse_chunked_layout_4(Cursor& cursor, Layout& layout);
/// Calls `visit` for each chunk that is in the file.
void for_each_chunk(Context& context, const Dataset& dataset, const VisitChunk& visit);
}  // namespace namesake::formats::hdf5
