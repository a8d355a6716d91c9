#include "namesake/nn/losses/fitting.h"

#include "namesake/ops/shaping.h"

namespace namesake::nn {

Fitted squeeze_or_expand(const Tensor& first, const Tensor& second, bool expand_vectors) {
  const int a = first.rank(), b = second.rank();
  if (a == b + 1 && first.shape().back() == 1) {
    if (b == 1 && expand_vectors) return {first, expand_dims(second, -1)};
    return {squeeze(first, {-1}), second};
  }
  if (b == a + 1 && second.shape().back() == 1) {
    if (a == 1 && expand_vectors) return {expand_dims(first, -1), second};
    return {first, squeeze(second, {-1})};
  }
  return {first, second};
}

}  // namespace namesake::nn
