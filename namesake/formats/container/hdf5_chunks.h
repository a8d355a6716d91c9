// The chunks of a chunked dataset: how they are found, and how their filters are undone. The indexes of layout version 4:
//   u8 flags, u8 rank + 1, u8 width, sizes of a chunk (and of an element), u8 index, then
//   1 single {[size, u32 mask]}, 2 implicit {}, 3 fixed array {u8 page bits}, 4 extensible array {5 bytes},
//   5 B-tree version 2 {u32 node size, 2 bytes}; then the address of the data (1, 2) or of the index
//   fixed array: "FAHD" u8 0, u8 filtered, u8 entry size, u8 page bits, entries, address of "FADB" u8 0, u8 filtered,
//   address of the header, [bits: which pages are written, checksum], entries (in pages, each with a checksum), checksum
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
  std::uint64_t size = 0;             // bytes in the file
  std::uint32_t mask = 0;             // bit i: filter i was left out
};

/// Reads the rest of a layout message of version 4 behind its class.
void parse_chunked_layout_4(Cursor& cursor, Layout& layout);
/// Calls `visit` for each chunk that is in the file.
void for_each_chunk(Context& context, const Dataset& dataset, const std::function<void(const Chunk&)>& visit);
/// Undoes the filters. `size` is what must come out. Throws FormatError if the data are damaged.
[[nodiscard]] std::vector<std::byte> unfilter(Context& context, const Dataset& dataset, const Chunk& chunk,
                                              std::uint64_t size);

}  // namespace namesake::formats::hdf5
