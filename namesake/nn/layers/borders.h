// ZeroPadding2D and Cropping2D, and the same over sequences: pixels added to the borders of images, or taken off.
//   ZeroPadding2D({.padding = 2})   ZeroPadding2D({.padding = {1, 2}})   Cropping2D({.cropping = {{1, 0}, {2, 2}}})
#pragma once

#include <array>

#include "namesake/nn/layer_of.h"

namespace namesake {

/// How many places before and after, along one axis. One number stands for both.
struct Sides {
  std::int64_t before = 0, after = 0;
  constexpr Sides() = default;
  constexpr Sides(int both) : Sides(std::int64_t{both}) {}
  constexpr Sides(std::int64_t both) : before(both), after(both) {}
  constexpr Sides(std::int64_t first, std::int64_t last) : before(first), after(last) {}
  friend constexpr bool operator==(const Sides&, const Sides&) = default;
};

/// Sides of N axes: in configs [before, after] if N is 1, else [[top, bottom], [left, right]].
template <int N>
class NAMESAKE_API Borders {
 public:
  static_assert(N == 1 || N == 2);

  /// The same on all sides.
  constexpr Borders(int all) : Borders(std::int64_t{all}) {}
  constexpr Borders(std::int64_t all) { sides_.fill(all); }
  constexpr Borders(std::int64_t before, std::int64_t after)
    requires(N == 1)
      : sides_{Sides(before, after)} {}
  constexpr Borders(Sides height, Sides width)
    requires(N == 2)
  {
    sides_.front() = height;
    sides_.back() = width;
  }

  [[nodiscard]] constexpr const Sides& operator[](int axis) const noexcept { return sides_[static_cast<std::size_t>(axis)]; }
  [[nodiscard]] JsonValue serialize() const;
  /// Lists, or one number for a list of equal ones. Throws FormatError for anything else.
  [[nodiscard]] static Borders deserialize(const JsonValue& json);
  friend constexpr bool operator==(const Borders&, const Borders&) = default;

 private:
  std::array<Sides, N> sides_{};
};

template <int N>
struct ZeroPaddingOptions {
  Borders<N> padding = 1;
  std::string data_format = "channels_last";  // or "channels_first"
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};
template <int N>
struct CroppingOptions {
  Borders<N> cropping = N == 1 ? 1 : 0;
  std::string data_format = "channels_last";  // or "channels_first"; of images only
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Input (batch, height, width, channels) or (batch, steps, channels).
template <int N>
class NAMESAKE_API ZeroPaddingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = N == 1 ? "ZeroPadding1D" : "ZeroPadding2D";
  using Options = ZeroPaddingOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit ZeroPaddingBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

/// The same input; it must be larger than what is taken off.
template <int N>
class NAMESAKE_API CroppingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = N == 1 ? "Cropping1D" : "Cropping2D";
  using Options = CroppingOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit CroppingBody(Options options);
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
};

}  // namespace nn

using ZeroPadding1D = LayerOf<nn::ZeroPaddingBody<1>>;
using ZeroPadding2D = LayerOf<nn::ZeroPaddingBody<2>>;
using Cropping1D = LayerOf<nn::CroppingBody<1>>;
using Cropping2D = LayerOf<nn::CroppingBody<2>>;

}  // namespace namesake
