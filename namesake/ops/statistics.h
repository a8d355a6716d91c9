// Spread, norms and sums of exponentials over axes: made of other ops. Names are keras.ops'.
#pragma once

#include "namesake/base/export.h"
#include "namesake/ops/reduce.h"

namespace namesake {

/// The mean of the squared distances from the mean.
NAMESAKE_API Tensor variance(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Its root.
NAMESAKE_API Tensor standard_deviation(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
struct Moments {
  Tensor mean, variance;
};
/// Both; of float16 and bfloat16 computed in float32, and held within float16's range.
[[nodiscard]] NAMESAKE_API Moments moments(const Tensor& x, const Axes& axes, bool keepdims = false);
/// log(sum(exp(x))), without overflow.
NAMESAKE_API Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The root of the sum of the squares.
NAMESAKE_API Tensor norm(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The vector norm of order `order`: sum(abs(x)^order)^(1/order); infinite orders are the largest and the smallest
/// size, 0 counts what is not 0.
NAMESAKE_API Tensor norm_of_order(const Tensor& x, double order, const Axes& axes, bool keepdims = false);
/// x / norm(x, order, axis), where a norm below `epsilon` counts as that.
NAMESAKE_API Tensor normalize(const Tensor& x, int axis = -1, int order = 2, double epsilon = 1e-7);
/// tf.math.l2_normalize: x * rsqrt(max(sum(x^2), epsilon)).
NAMESAKE_API Tensor l2_normalize(const Tensor& x, const Axes& axes = Axes(-1), double epsilon = 1e-12);

}  // namespace namesake
