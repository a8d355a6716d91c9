// Counting right and wrong decisions at many thresholds, as Keras's metrics_utils does. Internal to nn.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "namesake/ops/variable.h"
#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// Thresholds, and whether they are 0, 1/n, .. 1: such are counted in buckets.
struct ThresholdSet {
  std::vector<double> values;
  bool even = false;
};
/// Throws InvalidArgument for one outside [0, 1]. `given` empty: `usual` alone.
[[nodiscard]] ThresholdSet threshold_set(const std::vector<double>& given, double usual);
/// 0, 1/(n-1), .. 1; 0.5 if there is one.
[[nodiscard]] ThresholdSet even_thresholds(std::int64_t count);
[[nodiscard]] bool are_even(std::span<const double> thresholds);

/// What stands for the threshold where only the top k count: below every prediction.
inline constexpr double kBelowAll = -1e10;

struct ConfusionOptions {
  std::optional<std::int64_t> top_k = {}, class_id = {};
  bool multi_label = false;               // a column of counts for each label
  std::span<const double> label_weights = {};
};

/// Where to add: (thresholds) or (thresholds, labels) numbers each; an undefined variable is not wanted.
struct ConfusionVariables {
  Variable true_positives, false_positives, true_negatives, false_negatives;
};

/// Adds a batch. Throws ShapeMismatch, InvalidArgument.
void count_decisions(const ConfusionVariables& variables, const ThresholdSet& thresholds, const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight, const ConfusionOptions& options = {});

}  // namespace namesake::nn
