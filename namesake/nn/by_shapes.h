// Keras's rule for the words "accuracy" and "crossentropy": which kind is meant goes by the shapes. Internal to nn.
#pragma once

#include "namesake/tensor/shape.h"

namespace namesake::nn {

enum class TargetKind { kBinary, kSparse, kCategorical };

/// Binary if the predictions' last axis is 1, sparse if the labels have no axis of classes.
[[nodiscard]] inline TargetKind kind_by_shapes(const Shape& y_true, const Shape& y_pred) {
  if (y_pred.back() == 1) return TargetKind::kBinary;
  const bool sparse = y_true.rank() < y_pred.rank() || (y_true.back() == 1 && y_pred.back() > 1);
  return sparse ? TargetKind::kSparse : TargetKind::kCategorical;
}

}  // namespace namesake::nn
