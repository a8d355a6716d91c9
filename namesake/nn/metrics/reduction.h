// Metrics of values: their mean, their sum, and the mean of a function of labels and predictions.
#pragma once

#include <memory>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct MeanOptions {
  std::string name = "";
  std::string dtype = "";
};
/// The mean of values, weighted if weights are given.
class NAMESAKE_API Mean : public Metric {
 public:
  explicit Mean(MeanOptions options = {}, Site site = Site::current());
  void update_state(const Tensor& values, const Tensor& sample_weight = {}) const { Metric::update_state(values, sample_weight); }
  /// One value, without a tensor.
  void add(double value, double weight = 1.0) const;
};

struct SumOptions {
  std::string name = "";
  std::string dtype = "";
};
/// The sum of values, weighted if weights are given.
class NAMESAKE_API Sum : public Metric {
 public:
  explicit Sum(SumOptions options = {}, Site site = Site::current());
  void update_state(const Tensor& values, const Tensor& sample_weight = {}) const { Metric::update_state(values, sample_weight); }
};

struct MeanMetricWrapperOptions {
  Loss fn;  // a word, a function, or a loss with options: what it says of each row counts, not its reduction
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(MeanMetricWrapperOptions options);
/// The mean of a loss or of a function of labels and predictions.
using MeanMetricWrapper = KerasMetric<MeanMetricWrapperOptions>;

}  // namespace namesake::metrics
