// The loss of each row as plain functions, for the losses and for the metrics of the same names. Internal to nn.
// y_true has y_pred's dtype. Each throws ShapeMismatch if the shapes do not go together.
#pragma once

#include <cstdint>

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

[[nodiscard]] Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred);
/// The cosine itself: 1 for one direction. (The loss is its negative.)
[[nodiscard]] Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis);
[[nodiscard]] Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta);
[[nodiscard]] Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor hinge(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor poisson(const Tensor& y_true, const Tensor& y_pred);

}  // namespace namesake::nn
