// The loss of connectionist temporal classification. Internal to nn.
#pragma once

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// Labels (batch, length), 0 behind the end; logits (batch, time, classes), class 0 the blank. To (batch): minus the log of the
/// probability of all paths that read as the labels. Throws ShapeMismatch.
[[nodiscard]] Tensor ctc_loss(const Tensor& y_true, const Tensor& y_pred);

}  // namespace namesake::nn
