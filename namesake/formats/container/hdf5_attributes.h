// Attributes: small named values of a group or dataset, in its header or, when there are many, in a fractal heap.
//   u8 version, u8 flags (1: shared type, 2: shared space), u16 size of name, of type, of space, [version 3: u8
//   character set], name, datatype, dataspace (version 1: each padded to 8), then the elements
#pragma once

#include <vector>

#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/hdf5_header.h"
#include "namesake/formats/container/hdf5_heaps.h"

namespace namesake::formats::hdf5 {

/// All attributes of the object with this header, in stored order; those in a heap by name.
[[nodiscard]] std::vector<Hdf5Attribute> read_attributes(Context& context, GlobalHeap& strings,
                                                         const std::vector<Message>& header);

}  // namespace namesake::formats::hdf5
