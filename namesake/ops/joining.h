// Putting tensors together and repeating them. Names are keras.ops'.
#pragma once

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
NAMESAKE_API Tensor tile(const Tensor& x, std::span<const std::int64_t> repeats);
inline Tensor tile(const Tensor& x, std::initializer_list<std::int64_t> repeats) {
  return tile(x, std::span<const std::int64_t>(repeats.begin(), repeats.size()));
}
/// Each element `repeats` times, one after the other, along `axis`.
NAMESAKE_API Tensor repeat(const Tensor& x, std::int64_t repeats, int axis);

}  // namespace namesake
