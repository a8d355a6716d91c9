// Counter-based random numbers: Philox's streams, and what TensorFlow makes of their bits. Internal to ops.
#pragma once

#include <array>
#include <bit>
#include <cmath>

#include "namesake/ops/shape_rules.h"

namespace namesake::ops {

using Group = std::array<std::uint32_t, 4>;

/// Philox4x32-10: four random words of a 128-bit counter (Salmon et al., "Parallel random numbers: as easy as 1, 2,
/// 3").
inline Group philox(Group counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// The stream that TensorFlow makes of a seed: key and counter are themselves drawn, so that near seeds are far apart.
class Stream {
 public:
  explicit Stream(const Tensor& seed) {
    std::array<std::uint64_t, 2> words{};
    for (std::size_t i = 0; i < 2; ++i) {
      words[i] = static_cast<std::uint64_t>(seed.dtype() == DType::kInt32 ? seed.raw_as<std::int32_t>()[i]
                                                                          : seed.raw_as<std::int64_t>()[i]);
    }
    const Group mixed = philox({static_cast<std::uint32_t>(words[0]), static_cast<std::uint32_t>(words[0] >> 32),
                                static_cast<std::uint32_t>(words[1]), static_cast<std::uint32_t>(words[1] >> 32)},
                               0x3ec8f720, 0x02461e29);
    key_ = mixed[0] | static_cast<std::uint64_t>(mixed[1]) << 32;
    high_ = mixed[2] | static_cast<std::uint64_t>(mixed[3]) << 32;
  }
  /// A key, and a counter as its lower and upper half.
  Stream(std::uint64_t key, std::uint64_t low, std::uint64_t high) : key_(key), low_(low), high_(high) {}
  [[nodiscard]] std::uint64_t key() const { return key_; }
  [[nodiscard]] std::uint64_t low() const { return low_; }
  [[nodiscard]] std::uint64_t high() const { return high_; }

  /// The four words at place `index`.
  [[nodiscard]] Group at(std::uint64_t index) const {
    const std::uint64_t low = low_ + index, high = high_ + (low < index ? 1 : 0);
    return philox({static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32), static_cast<std::uint32_t>(high),
                   static_cast<std::uint32_t>(high >> 32)},
                  static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32));
  }

 private:
  std::uint64_t key_ = 0, low_ = 0, high_ = 0;
};

// Random bits become the fraction of a number in [1, 2).
inline float uniform(std::uint32_t bits) { return std::bit_cast<float>((bits & 0x7fffff) | 0x3f800000) - 1.0f; }
inline double uniform(std::uint32_t high, std::uint32_t low) {
  return std::bit_cast<double>(std::uint64_t{0x3ff} << 52 | static_cast<std::uint64_t>(high & 0xfffff) << 32 | low) -
         1.0;
}

/// Two normal numbers of two uniform ones (Box and Muller).
template <class T>
std::array<T, 2> normals(T u, T v) {
  constexpr T kSmallest = T(1.0e-7);
  const T radius = std::sqrt(T(-2) * std::log(u < kSmallest ? kSmallest : u));
  const T angle = T(2) * T(3.14159265358979323846) * v;
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

template <class T>
inline constexpr std::int64_t kPerGroup = sizeof(T) == 8 ? 2 : 4;  // numbers made of the four words

struct Uniform {
  static void fill(const Group& g, std::array<float, 4>& out) {
    for (std::size_t i = 0; i < 4; ++i) out[i] = uniform(g[i]);
  }
  static void fill(const Group& g, std::array<double, 2>& out) { out = {uniform(g[0], g[1]), uniform(g[2], g[3])}; }
};
struct Normal {
  static void fill(const Group& g, std::array<float, 4>& out) {
    const auto a = normals(uniform(g[0]), uniform(g[1])), b = normals(uniform(g[2]), uniform(g[3]));
    out = {a[0], a[1], b[0], b[1]};
  }
  static void fill(const Group& g, std::array<double, 2>& out) {
    out = normals(uniform(g[0], g[1]), uniform(g[2], g[3]));
  }
};

template <class D, class T>
void fill(const Stream& stream, T* out, std::int64_t n) {
  constexpr std::int64_t kStep = kPerGroup<T>;
  std::array<T, static_cast<std::size_t>(kStep)> numbers;
  for (std::int64_t i = 0; i < n; i += kStep) {
    D::fill(stream.at(static_cast<std::uint64_t>(i / kStep)), numbers);
    for (std::int64_t k = 0; k < kStep && i + k < n; ++k) out[i + k] = numbers[static_cast<std::size_t>(k)];
  }
}

/// Normals are drawn until they lie within two standard deviations; each group of results has 256 draws to itself.
template <class T>
void fill_truncated(const Stream& stream, T* out, std::int64_t n) {
  constexpr std::int64_t kStep = kPerGroup<T>;
  constexpr std::uint64_t kReserved = 256 * static_cast<std::uint64_t>(kStep) / 4;
  std::array<T, 4> drawn;
  for (std::int64_t i = 0; i < n; i += kStep) {
    std::int64_t found = 0;
    for (std::uint64_t index = static_cast<std::uint64_t>(i / kStep) * kReserved; found < kStep; ++index) {
      const Group g = stream.at(index);
      if constexpr (sizeof(T) == 4) {
        Normal::fill(g, drawn);
      } else {
        const auto pair = normals(uniform(g[0], g[1]), uniform(g[2], g[3]));
        drawn = {pair[0], pair[1], T(9), T(9)};
      }
      for (const T value : drawn) {
        if (std::abs(value) < T(2) && found < kStep) {
          if (i + found < n) out[i + found] = value;
          ++found;
        }
      }
    }
  }
}

template <class T, class U>
void fill_ints(const Stream& stream, T low, T high, T* out, std::int64_t n) {
  const U range = static_cast<U>(high) - static_cast<U>(low);
  constexpr std::int64_t kStep = kPerGroup<T>;
  for (std::int64_t i = 0; i < n; ++i) {
    const Group g = stream.at(static_cast<std::uint64_t>(i / kStep));
    const auto k = static_cast<std::size_t>(i % kStep);
    U bits;
    if constexpr (sizeof(T) == 8)
      bits = g[2 * k] | static_cast<U>(g[2 * k + 1]) << 32;
    else
      bits = g[k];
    out[i] = static_cast<T>(static_cast<U>(low) + bits % range);
  }
}
}  // namespace namesake::ops
