// The crossentropy of each row. Internal to nn.
#pragma once

#include <cstdint>
#include <optional>

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

struct CrossentropySettings {
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;
};
struct FocalSettings {
  double alpha = 0.25, gamma = 2;
  bool apply_class_balancing = false;  // of the binary one
};

// y_pred is of a floating dtype, and y_true of the same but for class numbers. Where y_pred has logits, they are used whatever
// from_logits says. Each throws ShapeMismatch if the shapes do not go together.
[[nodiscard]] Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings);
[[nodiscard]] Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                                     std::optional<std::int64_t> ignore_class);
[[nodiscard]] Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings);
[[nodiscard]] Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings,
                                                    const FocalSettings& focal);
[[nodiscard]] Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings,
                                               const FocalSettings& focal);
/// (1 - p^q) / q, of class numbers.
[[nodiscard]] Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q);

}  // namespace namesake::nn
