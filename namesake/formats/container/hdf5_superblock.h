// The superblock: how an HDF5 file begins, at byte 0, 512, 1024, 2048, ... (what stands before it is a user block).
//   "\x89HDF\r\n\x1a\n" u8 version
//   0, 1   u8 0, u8 0, u8 0, u8 0, u8 size of addresses, u8 size of lengths, u8 0, u16 and u16 B-tree sizes, u32 flags,
//          [1: u16 and u16], addresses: base, free space, end of file, driver; then the root's symbol table entry
//   2, 3   u8 size of addresses, u8 size of lengths, u8 flags, addresses: base, extension, end of file, root; u32
//   checksum
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "namesake/formats/container/hdf5_bytes.h"

namespace namesake::formats::hdf5 {

/// Where the superblock begins; nothing if `bytes` are no HDF5 file.
[[nodiscard]] std::optional<std::uint64_t> find_superblock(std::span<const std::byte> bytes) noexcept;

struct Superblock {
  Source source;           // the file from the superblock on, with the widths of its numbers
  std::uint64_t root = 0;  // address of the root group's header
};

/// Throws FormatError if `bytes` are no HDF5 file, or a truncated one.
[[nodiscard]] Superblock read_superblock(std::span<const std::byte> bytes, std::string file_name);

}  // namespace namesake::formats::hdf5
