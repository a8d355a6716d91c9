// Adding a vector to the channels of a tensor.
#pragma once

#include <string_view>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// x + bias, where bias has the size of x's last axis, or of the one after the batch ("channels_first"). Throws
/// ShapeMismatch otherwise.
NAMESAKE_API Tensor bias_add(const Tensor& x, const Tensor& bias, std::string_view data_format = "channels_last");

}  // namespace namesake
