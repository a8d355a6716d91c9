// Padding. Names are keras.ops'.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// `value` around x: paddings[i] = {before, behind} of axis i.
NAMESAKE_API Tensor pad(const Tensor& x, std::span<const std::array<std::int64_t, 2>> paddings, double value = 0);
/// `mode`: "constant" (zeros), "reflect" (mirrored at the first and last element, which do not come twice: at most
/// size - 1 of them) or "symmetric" (mirrored at the border: at most size). Throws InvalidArgument for another word.
NAMESAKE_API Tensor pad(const Tensor& x, std::span<const std::array<std::int64_t, 2>> paddings, std::string_view mode);

}  // namespace namesake
