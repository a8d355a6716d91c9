#include "namesake/ops/statistics.h"

#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

Tensor as_floating(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::kFloat32); }
bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }
constexpr double kFloat16Most = 65504;

}  // namespace

Tensor variance(const Tensor& x, const Axes& axes, bool keepdims) {
  const Tensor numbers = as_floating(x);
  return mean(squared_difference(numbers, mean(numbers, axes, true)), axes, keepdims);
}
Tensor standard_deviation(const Tensor& x, const Axes& axes, bool keepdims) {
  return sqrt(variance(x, axes, keepdims));
}
Moments moments(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_half(x.dtype())) {
    const Moments wide = moments(cast(x, DType::kFloat32), axes, keepdims);
    const auto narrow = [&](const Tensor& t) { return cast(clip(t, -kFloat16Most, kFloat16Most), x.dtype()); };
    return {narrow(wide.mean), narrow(wide.variance)};
  }
  const Tensor middle = mean(x, axes, true);
  const Tensor spread = mean(squared_difference(x, middle), axes, keepdims);
  return {keepdims ? middle : ops::reshape_as(middle, spread), spread};
}
Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdims) {
  const Tensor numbers = as_floating(x);
  const Tensor largest = stop_gradient(max(numbers, axes, true));
  const Tensor base = where(isfinite(largest), largest, zeros_like(largest));
  const Tensor sums = sum(exp(numbers - base), axes, keepdims);
  return log(sums) + (keepdims ? base : ops::reshape_as(base, sums));
}
Tensor norm(const Tensor& x, const Axes& axes, bool keepdims) {
  return sqrt(sum(square(as_floating(x)), axes, keepdims));
}
Tensor norm_of_order(const Tensor& x, double order, const Axes& axes, bool keepdims) {
  const Tensor numbers = as_floating(x);
  if (order == 2) return norm(numbers, axes, keepdims);
  if (order == 1) return sum(abs(numbers), axes, keepdims);
  if (order == 0) return sum(cast(not_equal(numbers, 0), numbers.dtype()), axes, keepdims);
  if (std::isinf(order)) return order > 0 ? max(abs(numbers), axes, keepdims) : min(abs(numbers), axes, keepdims);
  return power(sum(power(abs(numbers), order), axes, keepdims), 1 / order);
}
Tensor normalize(const Tensor& x, int axis, int order, double epsilon) {
  const Tensor numbers = as_floating(x.rank() == 0 ? expand_dims(x, 0) : x);
  if (order < 1) {
    ops::throw_invalid(ops::kSum, "normalize needs an order of 1 or more.", "", std::to_string(order));
  }
  if (order == 2) return numbers * minimum(rsqrt(sum(square(numbers), axis, true)), 1 / epsilon);
  return numbers / maximum(norm_of_order(numbers, order, axis, true), epsilon);
}
Tensor l2_normalize(const Tensor& x, const Axes& axes, double epsilon) {
  const Tensor numbers = as_floating(x);
  return numbers * rsqrt(maximum(sum(square(numbers), axes, true), epsilon));
}

}  // namespace namesake
