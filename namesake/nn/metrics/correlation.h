// Metrics of how labels and predictions vary together, along an axis.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct PearsonCorrelationOptions {
  std::string name = "";
  std::string dtype = "";
  std::int64_t axis = -1;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(PearsonCorrelationOptions options);
/// The linear correlation: 1 for a rising line.
using PearsonCorrelation = KerasMetric<PearsonCorrelationOptions>;

struct ConcordanceCorrelationOptions {
  std::string name = "";
  std::string dtype = "";
  std::int64_t axis = -1;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(ConcordanceCorrelationOptions options);
/// The agreement with the line y_pred = y_true, by Keras's formula.
using ConcordanceCorrelation = KerasMetric<ConcordanceCorrelationOptions>;

}  // namespace namesake::metrics
