// Functions of each element of one tensor. Names are keras.ops'. Integers are cast to float32 where the function needs
// it.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

NAMESAKE_API Tensor negative(const Tensor& x);
NAMESAKE_API Tensor abs(const Tensor& x);
NAMESAKE_API Tensor sign(const Tensor& x);
NAMESAKE_API Tensor square(const Tensor& x);
NAMESAKE_API Tensor sqrt(const Tensor& x);
NAMESAKE_API Tensor rsqrt(const Tensor& x);
NAMESAKE_API Tensor reciprocal(const Tensor& x);
NAMESAKE_API Tensor exp(const Tensor& x);
NAMESAKE_API Tensor expm1(const Tensor& x);
NAMESAKE_API Tensor log(const Tensor& x);
NAMESAKE_API Tensor log1p(const Tensor& x);
NAMESAKE_API Tensor log2(const Tensor& x);
NAMESAKE_API Tensor log10(const Tensor& x);
NAMESAKE_API Tensor sin(const Tensor& x);
NAMESAKE_API Tensor cos(const Tensor& x);
NAMESAKE_API Tensor floor(const Tensor& x);
NAMESAKE_API Tensor ceil(const Tensor& x);
/// Halves go to the even neighbour.
NAMESAKE_API Tensor round(const Tensor& x);
NAMESAKE_API Tensor erf(const Tensor& x);
/// The x whose erf it is; infinite at -1 and 1, NaN beyond.
NAMESAKE_API Tensor erfinv(const Tensor& x);
NAMESAKE_API Tensor isfinite(const Tensor& x);
NAMESAKE_API Tensor isnan(const Tensor& x);
NAMESAKE_API Tensor isinf(const Tensor& x);
/// Between `x_min` and `x_max`, numbers of x's dtype. No gradient where x lies outside.
NAMESAKE_API Tensor clip(const Tensor& x, double x_min, double x_max);
/// The value, without a gradient.
NAMESAKE_API Tensor stop_gradient(const Tensor& x);
/// Another tensor of the same value.
NAMESAKE_API Tensor identity(const Tensor& x);

}  // namespace namesake
