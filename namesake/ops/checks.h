// Checks of numbers while a program runs.
#pragma once

#include <string_view>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// x itself. Throws InvalidArgument, with `message` (its first 40 characters) and how many there are, if a number of it
/// is not finite.
NAMESAKE_API Tensor check_numerics(const Tensor& x, std::string_view message);
/// x itself. Throws InvalidArgument, which says the first number outside and its place, unless low <= x <= high everywhere. NaN
/// is outside. `what` names x in the message (its first 24 characters). Of a symbolic tensor the numbers are checked when they
/// come: what is made of the result, and only that, is guarded.
NAMESAKE_API Tensor check_in_range(const Tensor& x, double low, double high, std::string_view what);

}  // namespace namesake
