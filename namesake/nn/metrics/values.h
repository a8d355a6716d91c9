// What each metric looks at, element by element, before the mean is taken. Internal to nn.
#pragma once

#include <cstdint>

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

// Each gives float32. Throws ShapeMismatch if the shapes do not go together.
[[nodiscard]] Tensor equal_values(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor binary_matches(const Tensor& y_true, const Tensor& y_pred, double threshold);
[[nodiscard]] Tensor categorical_matches(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor sparse_categorical_matches(const Tensor& y_true, const Tensor& y_pred);
[[nodiscard]] Tensor top_k_matches(const Tensor& y_true, const Tensor& y_pred, std::int64_t k, bool one_hot);
/// Predictions (batch, .., ids) that are class numbers, the likeliest first.
[[nodiscard]] Tensor sorted_ids_matches(const Tensor& y_true, const Tensor& y_pred, std::int64_t k);

/// What Keras's Mean adds to its total and count for these values: each sample's mean of them, weighted.
struct WeightedSum {
  double total = 0, count = 0;
};
[[nodiscard]] WeightedSum samplewise_sum(const Tensor& values, const Tensor& sample_weight);
/// What Keras's Sum adds to its total.
[[nodiscard]] double weighted_total(const Tensor& values, const Tensor& sample_weight);

}  // namespace namesake::nn
