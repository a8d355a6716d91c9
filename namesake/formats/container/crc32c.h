// CRC-32C (Castagnoli), and the masked form in which TensorFlow's and LevelDB's files keep it, at memory speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace namesake::formats {

/// The checksum of the bytes so far and `bytes`; begin with 0.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;
/// As it is stored: a checksum of bytes that hold checksums would be weak, so these are turned and shifted.
[[nodiscard]] constexpr std::uint32_t mask_crc32c(std::uint32_t crc) noexcept { return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U; }

}  // namespace namesake::formats
