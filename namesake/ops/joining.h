// Putting tensors together, repeating and padding them. Names are keras.ops'.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Along an existing axis; the other sizes must be equal. Throws ShapeMismatch otherwise, InvalidArgument for no
/// tensor.
NAMESAKE_API Tensor concatenate(std::span<const Tensor> xs, int axis = -1);
inline Tensor concatenate(std::initializer_list<Tensor> xs, int axis = -1) {
  return concatenate(std::span<const Tensor>(xs.begin(), xs.size()), axis);
}
/// Along a new axis; all shapes must be equal.
NAMESAKE_API Tensor stack(std::span<const Tensor> xs, int axis = 0);
inline Tensor stack(std::initializer_list<Tensor> xs, int axis = 0) {
  return stack(std::span<const Tensor>(xs.begin(), xs.size()), axis);
}
/// x repeated repeats[i] times along axis i.
NAMESAKE_API Tensor tile(const Tensor& x, std::initializer_list<std::int64_t> repeats);
/// `value` around x: paddings[i] = {before, behind} of axis i.
NAMESAKE_API Tensor pad(const Tensor& x, std::span<const std::array<std::int64_t, 2>> paddings, double value = 0);

}  // namespace namesake
