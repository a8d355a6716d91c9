// CRC-32 as zip, gzip and PNG have it (reflected 0x04C11DB7), at memory speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace namesake::formats {

/// The checksum of the bytes so far and `bytes`; begin with 0.
[[nodiscard]] std::uint32_t crc32(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;

}  // namespace namesake::formats
