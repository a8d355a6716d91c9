// CRC-32 as zip, gzip and PNG have it (reflected 0x04C11DB7), at memory speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "namesake/base/mapped_file.h"

namespace namesake::formats {

/// The checksum of the bytes so far and `bytes`; begin with 0.
[[nodiscard]] std::uint32_t crc32(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;
/// The checksum of two parts, of those of each: `second` is of `second_size` bytes.
[[nodiscard]] std::uint32_t crc32_of_both(std::uint32_t first, std::uint32_t second, std::uint64_t second_size) noexcept;
/// The checksum of `size` bytes of `file` from `offset` on, read on all cores and not kept. Throws IoError.
[[nodiscard]] std::uint32_t crc32_in_file(const base::MappedFile& file, std::uint64_t offset, std::uint64_t size);

}  // namespace namesake::formats
