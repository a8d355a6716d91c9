// Bringing two tensors to one rank, as Keras's losses and metrics do. Internal to nn.
#pragma once

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// Two tensors brought to one rank by Keras's rule: a last axis of 1 is dropped, or given to a vector (unless
/// `expand_vectors` is false).
struct Fitted {
  Tensor first, second;
};
[[nodiscard]] Fitted squeeze_or_expand(const Tensor& first, const Tensor& second, bool expand_vectors = true);

}  // namespace namesake::nn
