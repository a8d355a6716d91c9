// Order along an axis. Names are keras.ops'.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

struct TopK {
  Tensor values;   // x's dtype
  Tensor indices;  // int32, places along the last axis
};
/// The k largest of the last axis, the largest first; of equal ones the earlier first. Throws InvalidArgument if there
/// are not as many.
[[nodiscard]] NAMESAKE_API TopK top_k(const Tensor& x, std::int64_t k, bool sorted = true);
/// True where the target (batch), a class number, is among the k largest of predictions (batch, classes). Ties count as
/// in.
NAMESAKE_API Tensor in_top_k(const Tensor& targets, const Tensor& predictions, std::int64_t k);
/// The smallest first, or the largest. NaN counts as larger than every number when descending, as smaller otherwise.
NAMESAKE_API Tensor sort(const Tensor& x, int axis = -1, bool descending = false);
/// The places of the elements in that order, int32; of equal elements the earlier first.
NAMESAKE_API Tensor argsort(const Tensor& x, int axis = -1, bool descending = false);

}  // namespace namesake
