// Running sums and products along an axis. Names are keras.ops', with TensorFlow's two options.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Element i is the sum of elements 0..i; `exclusive`: of 0..i-1; `reverse`: counted from the end.
NAMESAKE_API Tensor cumsum(const Tensor& x, int axis, bool exclusive = false, bool reverse = false);
NAMESAKE_API Tensor cumprod(const Tensor& x, int axis, bool exclusive = false, bool reverse = false);

}  // namespace namesake
