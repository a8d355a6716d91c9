// Softmax, its logarithm, and the cross-entropy taken of logits.
#pragma once

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The result remembers x as its logits().
NAMESAKE_API Tensor softmax(const Tensor& x, int axis = -1);
NAMESAKE_API Tensor log_softmax(const Tensor& x, int axis = -1);
/// The loss of each row: labels (batch, classes) are probabilities, logits (batch, classes) any numbers. To (batch).
NAMESAKE_API Tensor softmax_cross_entropy_with_logits(const Tensor& labels, const Tensor& logits);
/// The same for labels (batch) that are class numbers. Throws InvalidArgument for a class that is not there.
NAMESAKE_API Tensor sparse_softmax_cross_entropy_with_logits(const Tensor& labels, const Tensor& logits);

}  // namespace namesake
