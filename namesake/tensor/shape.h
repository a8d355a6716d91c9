// Shape: the sizes of a tensor's axes. A size of -1 is open (the batch axis of a model); a default-constructed Shape has an
// unknown rank. Sizes stand inside the object: making or copying a Shape allocates nothing.
//   Shape image = {-1, 28, 28, 1};      Shape scalar = {};  // unknown rank!      Shape::scalar()  // rank 0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "namesake/base/export.h"

namespace namesake {

class NAMESAKE_API Shape {
 public:
  static constexpr int kMaxRank = 8;  // TensorFlow's own kernels stop at 8
  static constexpr std::int64_t kOpen = -1;

  /// Unknown rank.
  constexpr Shape() = default;
  /// Throws ShapeMismatch for more than kMaxRank axes, InvalidArgument for a size below -1.
  Shape(std::initializer_list<std::int64_t> sizes);
  explicit Shape(std::span<const std::int64_t> sizes);
  [[nodiscard]] static Shape scalar() { return Shape(std::span<const std::int64_t>()); }

  [[nodiscard]] bool known_rank() const noexcept { return rank_ >= 0; }
  /// Number of axes; -1 if unknown.
  [[nodiscard]] int rank() const noexcept { return rank_; }
  /// Size of axis `axis`, which must lie in [0, rank).
  [[nodiscard]] std::int64_t operator[](int axis) const noexcept { return sizes_[static_cast<std::size_t>(axis)]; }
  void set(int axis, std::int64_t size) noexcept { sizes_[static_cast<std::size_t>(axis)] = size; }
  /// Size of the last axis; -1 if there is none.
  [[nodiscard]] std::int64_t back() const noexcept { return rank_ > 0 ? (*this)[rank_ - 1] : kOpen; }
  [[nodiscard]] std::span<const std::int64_t> sizes() const noexcept {
    return {sizes_.data(), static_cast<std::size_t>(rank_ < 0 ? 0 : rank_)};
  }
  void push_back(std::int64_t size);

  /// Rank and every size known.
  [[nodiscard]] bool fully_known() const noexcept;
  /// Product of the sizes; nothing if one is open, the rank is unknown, or it does not fit 63 bits.
  [[nodiscard]] std::optional<std::int64_t> elements() const noexcept;
  /// Product of the sizes of a shape that is known to be small and closed (a tensor's own). 1 for a scalar.
  [[nodiscard]] std::int64_t count() const noexcept {
    std::int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= (*this)[i];
    return n;
  }
  /// True if some tensor could have both shapes (an open size fits any; an unknown rank fits all).
  [[nodiscard]] bool compatible_with(const Shape& other) const noexcept;

  /// Equal sizes, open ones included; an unknown rank equals only an unknown rank.
  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }

 private:
  std::int8_t rank_ = -1;
  std::array<std::int64_t, kMaxRank> sizes_{};
};

/// Keras's spelling: `(None, 10)`, `(3,)`, `()`; `<unknown>` for an unknown rank.
[[nodiscard]] NAMESAKE_API std::string to_string(const Shape& shape);

}  // namespace namesake
