// Numbers as LevelDB's tables and TensorFlow's bundles keep them: varints (seven bits a byte, lowest first) and fixed-width
// little-endian ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace namesake::formats {

/// Takes a varint off the front of `bytes`; nothing if it does not end within ten bytes, or they do.
[[nodiscard]] inline std::optional<std::uint64_t> take_varint(std::span<const std::byte>& bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint64_t>(bytes[i]);
    if (i == 9 && byte > 1) return std::nullopt;  // more than 64 bits
    value |= (byte & 0x7fU) << (7 * i);
    if (byte < 0x80) {
      bytes = bytes.subspan(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(value));
}

/// The first four bytes of `bytes`, which must be there.
[[nodiscard]] inline std::uint32_t fixed32(std::span<const std::byte> bytes) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

inline void put_fixed32(std::string& out, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
}

}  // namespace namesake::formats
