// Trigonometric and hyperbolic functions and their inverses. Names are keras.ops'. Integers are cast to float32.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

NAMESAKE_API Tensor tan(const Tensor& x);
NAMESAKE_API Tensor arcsin(const Tensor& x);
NAMESAKE_API Tensor arccos(const Tensor& x);
NAMESAKE_API Tensor arctan(const Tensor& x);
/// The angle of the point (x2, x1): arctan(x1 / x2) in the right quadrant.
NAMESAKE_API Tensor arctan2(const Tensor& x1, const Tensor& x2);
NAMESAKE_API Tensor sinh(const Tensor& x);
NAMESAKE_API Tensor cosh(const Tensor& x);
NAMESAKE_API Tensor arcsinh(const Tensor& x);
NAMESAKE_API Tensor arccosh(const Tensor& x);
NAMESAKE_API Tensor arctanh(const Tensor& x);

}  // namespace namesake
