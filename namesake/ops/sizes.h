// Sizes: one number for each spatial axis of a layer or op: a kernel's, a stride's, a pool's. As in Keras one number stands
// for all of them.
//   Conv2D({.filters = 8, .kernel_size = 3})   Conv2D({.filters = 8, .kernel_size = {3, 5}})
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake {

/// `N` sizes: height and width if N is 2. Default-constructed: not given.
template <int N>
class Sizes {
 public:
  static_assert(N == 1 || N == 2);

  constexpr Sizes() = default;
  /// All of them.
  constexpr Sizes(int all) : Sizes(std::int64_t{all}) {}
  constexpr Sizes(std::int64_t all) : given_(true) { values_.fill(all); }
  constexpr Sizes(std::int64_t height, std::int64_t width)
    requires(N == 2)
      : values_{height, width}, given_(true) {}

  [[nodiscard]] constexpr bool given() const noexcept { return given_; }
  [[nodiscard]] constexpr std::int64_t operator[](int axis) const noexcept { return values_[static_cast<std::size_t>(axis)]; }
  [[nodiscard]] constexpr std::int64_t least() const noexcept { return *std::min_element(values_.begin(), values_.end()); }
  [[nodiscard]] constexpr std::int64_t greatest() const noexcept { return *std::max_element(values_.begin(), values_.end()); }

  /// A list, as Keras writes it; null if not given.
  [[nodiscard]] JsonValue serialize() const {
    if (!given_) return {};
    JsonValue list = JsonValue::array();
    for (const std::int64_t value : values_) list.push_back(value);
    return list;
  }
  /// A list or one number. Throws FormatError for anything else.
  [[nodiscard]] static Sizes deserialize(const JsonValue& json) {
    if (json.is_int()) return json.as_int();
    if (json.items().size() != N) JsonView(json).fail("A list of sizes has the wrong length.", std::to_string(N) + " numbers", to_json(json));
    Sizes sizes = std::int64_t{0};
    for (std::size_t i = 0; i < N; ++i) sizes.values_[i] = json.items()[i].as_int();
    return sizes;
  }

  friend constexpr bool operator==(const Sizes&, const Sizes&) = default;

 private:
  std::array<std::int64_t, N> values_{};
  bool given_ = false;
};

using Sizes1D = Sizes<1>;
using Sizes2D = Sizes<2>;

}  // namespace namesake
