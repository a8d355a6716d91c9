// Masks by the places of two sequences, for attention: bool of shape (1, query length, value length). Lengths may be open. Internal to nn.
#pragma once

#include <cstdint>

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// True where the query's place is the value's or later. `axis` of both is their length.
[[nodiscard]] Tensor causal_mask(const Tensor& query, const Tensor& value, int axis = 1);
/// True where the two places are less than `width` apart, along axis 1.
[[nodiscard]] Tensor band_mask(const Tensor& query, const Tensor& value, std::int64_t width);

}  // namespace namesake::nn
