// B-trees of HDF5, walked in order.
//   version 1   "TREE" u8 kind, u8 level, u16 entries, 2 addresses of siblings, then key 0, child 0, key 1, ... key n.
//               kind 0: a group, the leaves' children are symbol tables; 1: chunks, the leaves' children are data
//   version 2   header "BTHD" u8 0, u8 kind, u32 node size, u16 record size, u16 depth, 2 bytes, address of the root,
//               u16 records in it, total, checksum; leaves "BTLF" u8 0, u8 kind, records, checksum; inner nodes "BTIN"
//               u8 0, u8 kind, records, then {address, records, [records below]} for each child, checksum
#pragma once

#include <cstdint>
#include <functional>

#include "namesake/formats/container/hdf5_bytes.h"

namespace namesake::formats::hdf5 {

/// Calls `visit(key, child address)` for each child of each leaf, left to right. `key_size` is the size of a key.
/// Throws FormatError for a damaged tree, and for one that meets itself.
void walk_tree_1(Context& context, std::uint64_t address, std::uint8_t kind, std::uint64_t key_size,
                 const std::function<void(Cursor key, std::uint64_t child)>& visit);

/// Calls `visit(record)` for each record, in order.
void walk_tree_2(Context& context, std::uint64_t address, std::uint8_t kind,
                 const std::function<void(Cursor record)>& visit);

}  // namespace namesake::formats::hdf5
