// The floats of 16 bits as they lie in memory, and the way to and from float32.
#pragma once

#include <bit>
#include <cstdint>

namespace namesake {

/// float16: sign, 5 bits of exponent (bias 15), 10 of mantissa. Rounds to nearest, even at a tie.
struct Half {
  std::uint16_t bits = 0;

  [[nodiscard]] static Half from(float value) {
    const auto f = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (f >> 16) & 0x8000, magnitude = f & 0x7fffffff;
    if (magnitude > 0x7f800000) return {static_cast<std::uint16_t>(sign | 0x7e00)};   // NaN
    if (magnitude >= 0x47800000) return {static_cast<std::uint16_t>(sign | 0x7c00)};  // 2^16 and more
    if (magnitude < 0x38800000) {  // below 2^-14: a denormal, in units of 2^-24; adding 1/2 rounds there
      const float sum = std::bit_cast<float>(magnitude) + 0.5f;
      return {static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(sum) - 0x3f000000))};
    }
    const std::uint32_t odd = (magnitude >> 13) & 1;
    return {static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000 + 0xfff + odd) >> 13))};
  }
  [[nodiscard]] float value() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000) << 16, rest = bits & 0x7fff;
    if (rest >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
    if (rest < 0x400)
      return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(static_cast<float>(rest) * 0x1p-24f));
    return std::bit_cast<float>(sign | ((rest << 13) + 0x38000000));
  }
};

/// bfloat16: the upper half of a float.
struct Brain {
  std::uint16_t bits = 0;

  [[nodiscard]] static Brain from(float value) {
    const auto f = std::bit_cast<std::uint32_t>(value);
    if (value != value) return {static_cast<std::uint16_t>((f >> 16) | 0x40)};
    return {static_cast<std::uint16_t>((f + 0x7fff + ((f >> 16) & 1)) >> 16)};
  }
  [[nodiscard]] float value() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

}  // namespace namesake
