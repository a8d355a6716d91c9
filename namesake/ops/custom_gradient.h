// Functions with a gradient of the user's own, as tf.custom_gradient.
//   Tensor y = custom_gradient([](const Tensor& x) -> CustomGradient {
//     const Tensor e = exp(x);
//     return {log1p(e), [e](const Tensor& g) { return g * (1 - 1 / (1 + e)); }};
//   }, x);
#pragma once

#include <functional>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// What a function of one tensor gives: its value, and d(target)/dx from d(target)/d(value).
struct CustomGradient {
  Tensor value;
  std::function<Tensor(const Tensor& output_gradient)> backward;
};
/// The same of several tensors. `backward` gets a gradient for each value (zeros where the target does not depend on
/// it) and gives one for each input, of its shape; an undefined tensor for one without.
struct CustomGradients {
  Tensors values;
  std::function<Tensors(const Tensors& output_gradients)> backward;
};

/// The value of `function` at x; tapes take its own `backward` for the gradient. What backward is made of has gradients
/// in its turn, so that gradients of gradients are those of backward. Functions may nest. A gradient flows to the
/// inputs only: a variable that the function needs must be one of them. With a symbolic tensor the function is called
/// again whenever the model runs. Throws InvalidArgument, ShapeMismatch for gradients of the wrong number or shape.
NAMESAKE_API Tensor custom_gradient(const std::function<CustomGradient(const Tensor& x)>& function, const Tensor& x);
[[nodiscard]] NAMESAKE_API Tensors custom_gradient(const std::function<CustomGradients(const Tensors& xs)>& function,
                                                   const Tensors& xs);

}  // namespace namesake
