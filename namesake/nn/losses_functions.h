// The loss of each row, for the losses that Keras calls functions. Internal to nn.
#pragma once

#include <cstdint>
#include <optional>

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// Two tensors brought to one rank by Keras's rule: a last axis of 1 is dropped, or given to a vector.
struct Fitted {
  Tensor first, second;
};
[[nodiscard]] Fitted squeeze_or_expand(const Tensor& first, const Tensor& second);

struct CrossentropySettings {
  bool from_logits = false;
  double label_smoothing = 0;
  std::int64_t axis = -1;
};

// y_pred is float32, and so is y_true but for class numbers. Where y_pred has logits, they are used whatever from_logits
// says. Each throws ShapeMismatch if the shapes do not go together.
[[nodiscard]] Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings);
[[nodiscard]] Tensor sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                                     std::optional<std::int64_t> ignore_class);
[[nodiscard]] Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings);
[[nodiscard]] Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);

}  // namespace namesake::nn
