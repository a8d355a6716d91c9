// The filters of a chunk, undone: deflate (zlib), shuffle (bytes of like rank together), fletcher32 (a checksum
// behind).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "namesake/formats/container/hdf5_chunks.h"

namespace namesake::formats::hdf5 {

enum FilterId : std::uint16_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3 };

/// The elements of a chunk, `size` bytes. Throws FormatError if the data are damaged, or would give another size.
[[nodiscard]] std::vector<std::byte> unfilter(Context& context, const Dataset& dataset, const Chunk& chunk,
                                              std::uint64_t size);

}  // namespace namesake::formats::hdf5
