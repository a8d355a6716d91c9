// Activation functions. Names and defaults are keras.ops' and keras.activations'.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

// TensorFlow's own ops, each with a fused gradient.
NAMESAKE_API Tensor relu(const Tensor& x);
NAMESAKE_API Tensor relu6(const Tensor& x);
NAMESAKE_API Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
NAMESAKE_API Tensor elu(const Tensor& x, double alpha = 1);
NAMESAKE_API Tensor selu(const Tensor& x);
NAMESAKE_API Tensor softplus(const Tensor& x);
NAMESAKE_API Tensor softsign(const Tensor& x);
/// The result remembers x as its logits().
NAMESAKE_API Tensor sigmoid(const Tensor& x);
NAMESAKE_API Tensor tanh(const Tensor& x);

// Made of other ops.
NAMESAKE_API Tensor silu(const Tensor& x);
/// `approximate`: by tanh, else by erf. (keras.activations.gelu is exact by default.)
NAMESAKE_API Tensor gelu(const Tensor& x, bool approximate = false);
NAMESAKE_API Tensor hard_sigmoid(const Tensor& x);
NAMESAKE_API Tensor hard_silu(const Tensor& x);
NAMESAKE_API Tensor hard_tanh(const Tensor& x);
NAMESAKE_API Tensor mish(const Tensor& x);
NAMESAKE_API Tensor log_sigmoid(const Tensor& x);
NAMESAKE_API Tensor celu(const Tensor& x, double alpha = 1);
NAMESAKE_API Tensor tanh_shrink(const Tensor& x);
NAMESAKE_API Tensor soft_shrink(const Tensor& x, double threshold = 0.5);
NAMESAKE_API Tensor hard_shrink(const Tensor& x, double threshold = 0.5);
NAMESAKE_API Tensor threshold(const Tensor& x, double threshold_value, double default_value);
NAMESAKE_API Tensor squareplus(const Tensor& x, double b = 4);
NAMESAKE_API Tensor sparse_plus(const Tensor& x);
NAMESAKE_API Tensor sparse_sigmoid(const Tensor& x);

/// The first half of `axis` times the sigmoid of the second. Throws ShapeMismatch for an odd size.
NAMESAKE_API Tensor glu(const Tensor& x, int axis = -1);
/// Keras's sparsemax along `axis`: numbers of 0 or more, many of them 0. As Keras 3.15 computes it, the results add up to
/// 1 only where one of them stands (the paper, Martins and Astudillo, "From softmax to sparsemax", has 1 everywhere).
NAMESAKE_API Tensor sparsemax(const Tensor& x, int axis = -1);

}  // namespace namesake
