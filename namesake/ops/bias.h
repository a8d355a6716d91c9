// Adding a vector to the channels of a tensor.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// x + bias, where bias has the size of x's last axis. Throws ShapeMismatch otherwise.
NAMESAKE_API Tensor bias_add(const Tensor& x, const Tensor& bias);

}  // namespace namesake
