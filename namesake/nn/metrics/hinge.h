// Hinge metrics: see the losses of these names.
#pragma once

#include <memory>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct HingeOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(HingeOptions options);
/// max(1 - y_true y_pred, 0)
using Hinge = KerasMetric<HingeOptions>;

struct SquaredHingeOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(SquaredHingeOptions options);
/// max(1 - y_true y_pred, 0)^2
using SquaredHinge = KerasMetric<SquaredHingeOptions>;

struct CategoricalHingeOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(CategoricalHingeOptions options);
/// max(largest prediction of a wrong class - prediction of the right one + 1, 0)
using CategoricalHinge = KerasMetric<CategoricalHingeOptions>;

}  // namespace namesake::metrics
