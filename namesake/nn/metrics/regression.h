// Metrics of how far numbers are apart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct MeanSquaredErrorOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(MeanSquaredErrorOptions options);
/// (y_true - y_pred)^2
using MeanSquaredError = KerasMetric<MeanSquaredErrorOptions>;

struct RootMeanSquaredErrorOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(RootMeanSquaredErrorOptions options);
/// The root of the mean of (y_true - y_pred)^2.
using RootMeanSquaredError = KerasMetric<RootMeanSquaredErrorOptions>;

struct MeanAbsoluteErrorOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(MeanAbsoluteErrorOptions options);
/// |y_true - y_pred|
using MeanAbsoluteError = KerasMetric<MeanAbsoluteErrorOptions>;

struct MeanAbsolutePercentageErrorOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(MeanAbsolutePercentageErrorOptions options);
/// 100 |y_true - y_pred| / |y_true|
using MeanAbsolutePercentageError = KerasMetric<MeanAbsolutePercentageErrorOptions>;

struct MeanSquaredLogarithmicErrorOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(MeanSquaredLogarithmicErrorOptions options);
/// (log(y_true + 1) - log(y_pred + 1))^2
using MeanSquaredLogarithmicError = KerasMetric<MeanSquaredLogarithmicErrorOptions>;

struct CosineSimilarityOptions {
  std::string name = "";
  std::string dtype = "";
  std::int64_t axis = -1;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(CosineSimilarityOptions options);
/// The cosine of the angle between the vectors along `axis`: 1 for one direction.
using CosineSimilarity = KerasMetric<CosineSimilarityOptions>;

struct LogCoshErrorOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(LogCoshErrorOptions options);
/// log(cosh(y_pred - y_true)); Keras calls it "logcosh".
using LogCoshError = KerasMetric<LogCoshErrorOptions>;

struct R2ScoreOptions {
  std::string class_aggregation = "uniform_average";  // or "variance_weighted_average"; "": a score for each output
  std::int64_t num_regressors = 0;                        // above 0: adjusted R2
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(R2ScoreOptions options);
/// The share of the labels' variance that the predictions explain, of (batch, outputs).
using R2Score = KerasMetric<R2ScoreOptions>;

}  // namespace namesake::metrics
