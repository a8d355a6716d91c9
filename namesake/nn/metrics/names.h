// The names under which a compiled model's metrics stand in its logs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "namesake/nn/metrics/metric.h"

namespace namesake::nn {

/// A metric of a model.
struct MetricPlace {
  Metric metric;
  std::string output = "";  // of a model with several outputs: what it is prefixed with
  bool weighted = false;    // of weighted_metrics
};

/// One key for each metric, in order, no two equal, and none of `taken` (the keys of the losses) or a validation key.
/// Names that the user gave are kept: two equal ones are a NameCollision with both places, and reserved ones ("loss", "val_x") an
/// InvalidName. Words, defaults and names from files yield, by Keras's rule: `accuracy`, `accuracy_1`, and of a weighted one
/// `weighted_accuracy` first. `site` is where the model was compiled. Without `keep_given` all names yield.
[[nodiscard]] NAMESAKE_API std::vector<std::string> metric_keys(std::span<const MetricPlace> metrics, std::span<const std::string> taken,
                                                                Site site, bool keep_given = true);

}  // namespace namesake::nn
