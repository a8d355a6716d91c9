// Bytes as golden files write them: two hexadecimal digits each.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace namesake::testing {

inline std::string to_hex(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4U];
    text += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

}  // namespace namesake::testing
