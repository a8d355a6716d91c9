// Metrics of right and wrong decisions: a prediction above a threshold is positive. Several thresholds give several results.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "namesake/nn/metrics/metric.h"
#include "namesake/nn/metrics/thresholds.h"

namespace namesake::metrics {

struct TruePositivesOptions {
  Thresholds thresholds = {};  // 0.5 if nothing is said
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(TruePositivesOptions options);
/// Positives that are labels of 1.
using TruePositives = KerasMetric<TruePositivesOptions>;

struct FalsePositivesOptions {
  Thresholds thresholds = {};  // 0.5 if nothing is said
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(FalsePositivesOptions options);
/// Positives that are labels of 0.
using FalsePositives = KerasMetric<FalsePositivesOptions>;

struct TrueNegativesOptions {
  Thresholds thresholds = {};  // 0.5 if nothing is said
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(TrueNegativesOptions options);
/// Negatives that are labels of 0.
using TrueNegatives = KerasMetric<TrueNegativesOptions>;

struct FalseNegativesOptions {
  Thresholds thresholds = {};  // 0.5 if nothing is said
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(FalseNegativesOptions options);
/// Negatives that are labels of 1.
using FalseNegatives = KerasMetric<FalseNegativesOptions>;

struct PrecisionOptions {
  Thresholds thresholds = {};  // 0.5 if nothing is said; with top_k, every prediction among them is positive
  std::optional<std::int64_t> top_k = {};     // only the k largest predictions of a row count
  std::optional<std::int64_t> class_id = {};  // only this class counts
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(PrecisionOptions options);
/// The share of right ones among the positives.
using Precision = KerasMetric<PrecisionOptions>;

struct RecallOptions {
  Thresholds thresholds = {};  // 0.5 if nothing is said; with top_k, every prediction among them is positive
  std::optional<std::int64_t> top_k = {};     // only the k largest predictions of a row count
  std::optional<std::int64_t> class_id = {};  // only this class counts
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(RecallOptions options);
/// The share of positives among the labels of 1.
using Recall = KerasMetric<RecallOptions>;

struct SensitivityAtSpecificityOptions {
  double specificity = 0.5;
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(SensitivityAtSpecificityOptions options);
/// The best recall of 1 at a threshold whose recall of 0 is at least `specificity`.
using SensitivityAtSpecificity = KerasMetric<SensitivityAtSpecificityOptions>;

struct SpecificityAtSensitivityOptions {
  double sensitivity = 0.5;
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(SpecificityAtSensitivityOptions options);
/// The best recall of 0 at a threshold whose recall of 1 is at least `sensitivity`.
using SpecificityAtSensitivity = KerasMetric<SpecificityAtSensitivityOptions>;

struct PrecisionAtRecallOptions {
  double recall = 0.5;
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(PrecisionAtRecallOptions options);
/// The best precision at a threshold whose recall is at least `recall`.
using PrecisionAtRecall = KerasMetric<PrecisionAtRecallOptions>;

struct RecallAtPrecisionOptions {
  double precision = 0.5;
  std::int64_t num_thresholds = 200;
  std::optional<std::int64_t> class_id = {};
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(RecallAtPrecisionOptions options);
/// The best recall at a threshold whose precision is at least `precision`.
using RecallAtPrecision = KerasMetric<RecallAtPrecisionOptions>;

}  // namespace namesake::metrics
