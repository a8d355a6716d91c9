#include "namesake/nn/layers/borders.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/spatial.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/shaping.h"

namespace namesake {
namespace {

JsonValue side_list(const Sides& sides) { return JsonValue::array({sides.before, sides.after}); }

Sides sides_of(const JsonValue& json) {
  if (json.is_int()) return json.as_int();
  if (json.items().size() != 2) JsonView(json).fail("The sides of an axis are two numbers.", "[before, after]", to_json(json));
  return {json.items()[0].as_int(), json.items()[1].as_int()};
}

}  // namespace

template <int N>
JsonValue Borders<N>::serialize() const {
  if constexpr (N == 1) return side_list(sides_[0]);
  return JsonValue::array({side_list(sides_[0]), side_list(sides_[N - 1])});
}

template <int N>
Borders<N> Borders<N>::deserialize(const JsonValue& json) {
  if (json.is_int()) return json.as_int();
  Borders borders = 0;
  if constexpr (N == 1) {
    borders.sides_[0] = sides_of(json);
  } else {
    if (json.items().size() != N) JsonView(json).fail("A list of sides has the wrong length.", "one entry for each axis", to_json(json));
    for (std::size_t i = 0; i < N; ++i) borders.sides_[i] = sides_of(json.items()[i]);
  }
  return borders;
}

template class Borders<1>;
template class Borders<2>;

}  // namespace namesake

namespace namesake::nn {
namespace {

template <int N>
void check_borders(const LayerBase& layer, std::string_view option, const Borders<N>& borders) {
  for (int axis = 0; axis < N; ++axis) {
    if (borders[axis].before >= 0 && borders[axis].after >= 0) continue;
    throw_option(layer, option, fmt::format("{} cannot have negative sides.", layer.class_name()), "numbers of 0 or more",
                 to_json(borders.serialize()));
  }
}

}  // namespace

template <int N>
void ZeroPaddingBody<N>::config(Options& o, ConfigFields& f) {
  f("padding", o.padding);
  f("data_format", o.data_format);
}

template <int N>
ZeroPaddingBody<N>::ZeroPaddingBody(Options options) : options_(std::move(options)) {
  check_borders(*this, "padding", options_.padding);
  check_data_format(*this, options_.data_format);
}

template <int N>
Tensor ZeroPaddingBody<N>::call(const Tensor& x, CallContext&) {
  check_spatial_rank(*this, x.shape(), N);
  std::array<std::array<std::int64_t, 2>, N + 2> paddings{};
  for (int axis = 0; axis < N; ++axis) {
    const Sides& sides = options_.padding[axis];
    paddings[static_cast<std::size_t>(first_spatial_axis(options_.data_format) + axis)] = {sides.before, sides.after};
  }
  return pad(x, paddings);
}

template <int N>
void CroppingBody<N>::config(Options& o, ConfigFields& f) {
  f("cropping", o.cropping);
  if constexpr (N == 2) f("data_format", o.data_format);
}

template <int N>
CroppingBody<N>::CroppingBody(Options options) : options_(std::move(options)) {
  check_borders(*this, "cropping", options_.cropping);
  check_data_format(*this, options_.data_format);
}

template <int N>
Tensor CroppingBody<N>::call(const Tensor& x, CallContext&) {
  check_spatial_rank(*this, x.shape(), N);
  Tensor y = x;
  for (int axis = 0; axis < N; ++axis) {
    const Sides& sides = options_.cropping[axis];
    const int place = first_spatial_axis(options_.data_format) + axis;
    const std::int64_t size = x.shape().known_rank() ? x.shape()[place] : Shape::kOpen;
    if (size >= 0 && sides.before + sides.after >= size) {
      throw ShapeMismatch({.subject = name(),
                           .what = fmt::format("\"{}\" takes {} and {} places off an axis of {}.", name(), sides.before, sides.after, size),
                           .expected = fmt::format("an axis of more than {}", sides.before + sides.after),
                           .received = to_string(x.shape()),
                           .places = {{"layer", site(), describe(), scope()->path()}}});
    }
    if (sides.before == 0 && sides.after == 0) continue;
    y = slice_to(y, place, sides.before, sides.after);
  }
  return y;
}

template class ZeroPaddingBody<1>;
template class ZeroPaddingBody<2>;
template class CroppingBody<1>;
template class CroppingBody<2>;

}  // namespace namesake::nn
