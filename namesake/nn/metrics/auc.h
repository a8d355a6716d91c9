// AUC: the area under a curve over all thresholds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct AUCOptions {
  std::int64_t num_thresholds = 200;
  std::string curve = "ROC";                        // or "PR", "PRGAIN"
  std::string summation_method = "interpolation";   // or "minoring", "majoring"
  std::string name = "";
  std::string dtype = "";
  std::vector<double> thresholds = {};              // between 0 and 1, instead of num_thresholds
  bool multi_label = false;                         // a curve for each label, averaged
  std::optional<std::int64_t> num_labels = {};      // if multi_label
  std::vector<double> label_weights = {};
  bool from_logits = false;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(AUCOptions options);
/// ROC: recall over the share of false positives; PR: precision over recall; PRGAIN: their gains.
using AUC = KerasMetric<AUCOptions>;

}  // namespace namesake::metrics
