// Changing a tensor's shape, and moving its elements. Names are keras.ops'.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The same elements in another shape: a view. One size may be -1: what is left over. Where x's sizes are open, so is
/// that one.
NAMESAKE_API Tensor reshape(const Tensor& x, const Shape& newshape);
/// Axis i of the result is axis axes[i] of x; no axes: turned round.
NAMESAKE_API Tensor transpose(const Tensor& x);
NAMESAKE_API Tensor transpose(const Tensor& x, std::span<const std::int64_t> axes);
inline Tensor transpose(const Tensor& x, std::initializer_list<std::int64_t> axes) {
  return transpose(x, std::span<const std::int64_t>(axes.begin(), axes.size()));
}
/// A new axis of size 1 at place `axis`.
NAMESAKE_API Tensor expand_dims(const Tensor& x, int axis);
/// Without the axes of size 1 among `axes`, or without all of them. Throws ShapeMismatch if one named has another size.
NAMESAKE_API Tensor squeeze(const Tensor& x, std::initializer_list<std::int64_t> axes = {});
/// Sizes of 1 become those of `shape`.
NAMESAKE_API Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// The same, to the shape that `like` has when the numbers are there.
NAMESAKE_API Tensor broadcast_like(const Tensor& x, const Tensor& like);
namespace ops {
/// x, which has as many elements as `like`, in its shape.
[[nodiscard]] NAMESAKE_API Tensor reshape_as(const Tensor& x, const Tensor& like);
/// x in the shape that a vector of integers says, of which one may be -1. For sizes that are known when the numbers are there.
[[nodiscard]] NAMESAKE_API Tensor reshape_to(const Tensor& x, const Tensor& sizes);
}  // namespace ops
/// x's sizes as a vector of int32.
NAMESAKE_API Tensor shape_of(const Tensor& x);

}  // namespace namesake
