// Metrics of probabilities.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct KLDivergenceOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(KLDivergenceOptions options);
/// sum(y_true log(y_true / y_pred))
using KLDivergence = KerasMetric<KLDivergenceOptions>;

struct PoissonOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(PoissonOptions options);
/// y_pred - y_true log(y_pred)
using Poisson = KerasMetric<PoissonOptions>;

struct BinaryCrossentropyOptions {
  std::string name = "";
  std::string dtype = "";
  bool from_logits = false;
  double label_smoothing = 0.0;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(BinaryCrossentropyOptions options);
/// Of labels in [0, 1], each output for itself.
using BinaryCrossentropy = KerasMetric<BinaryCrossentropyOptions>;

struct CategoricalCrossentropyOptions {
  std::string name = "";
  std::string dtype = "";
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(CategoricalCrossentropyOptions options);
/// Of one-hot labels.
using CategoricalCrossentropy = KerasMetric<CategoricalCrossentropyOptions>;

struct SparseCategoricalCrossentropyOptions {
  std::string name = "";
  std::string dtype = "";
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};
  std::int64_t axis = -1;  // only the last one
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(SparseCategoricalCrossentropyOptions options);
/// Of class numbers.
using SparseCategoricalCrossentropy = KerasMetric<SparseCategoricalCrossentropyOptions>;

}  // namespace namesake::metrics
