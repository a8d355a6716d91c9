// The two indexes of chunks that are arrays. An entry is an address, and behind filters {size in the file, u32 mask}.
//   fixed        "FAHD" u8 0, u8 filtered, u8 entry size, u8 page bits, entries, address of the block, checksum
//                "FADB" u8 0, u8 filtered, address of the header, entries, checksum; above 2^bits entries instead: a
//                bit for each page that is written, checksum, then pages of entries, each with a checksum
//   extensible   "EAHD" u8 0, u8 filtered, u8 entry size, u8 bits of the greatest index, u8 entries in the index block,
//                u8 entries in the smallest data block, u8 data blocks in the smallest super block, u8 page bits, six
//                sizes, address of the index block, checksum
//                "EAIB" u8 0, u8 filtered, address of the header, entries, addresses of the first data blocks,
//                addresses of super blocks, checksum "EASB" u8 0, u8 filtered, address of the header, place, [bits of
//                written pages], addresses of data blocks, checksum;  "EADB" the same, then entries or pages as above
//                super block k has 2^(k/2) data blocks of 2^((k+1)/2) times the smallest size
#pragma once

#include "namesake/formats/container/hdf5_chunks.h"

namespace namesake::formats::hdf5 {

void walk_fixed_array(Context& context, const Dataset& dataset, const VisitChunk& visit);
void walk_extensible_array(Context& context, const Dataset& dataset, const VisitChunk& visit);

}  // namespace namesake::formats::hdf5
