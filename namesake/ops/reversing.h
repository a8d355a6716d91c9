// Elements in another order along an axis. Names are keras.ops'.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/ops/reduce.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Reversed along `axes`, or along all of them.
NAMESAKE_API Tensor flip(const Tensor& x, const Axes& axes = {});
/// Moved by `shift` places towards the end of `axis`; what falls off comes in at the front.
NAMESAKE_API Tensor roll(const Tensor& x, std::int64_t shift, int axis);

}  // namespace namesake
