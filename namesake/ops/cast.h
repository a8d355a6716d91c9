// Numbers of one dtype as another. Internal to ops.
#pragma once

#include "namesake/tensor/tensor.h"

namespace namesake::ops {

/// Writes the n numbers of dtype `from` at `in` to `out` as dtype `to`. False if one of the two holds no numbers.
[[nodiscard]] bool cast_numbers(DType to, std::byte* out, DType from, const std::byte* in, std::int64_t n);

}  // namespace namesake::ops
