// Metrics of how often predictions are right.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct AccuracyOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(AccuracyOptions options);
/// How often predictions equal labels.
using Accuracy = KerasMetric<AccuracyOptions>;

struct BinaryAccuracyOptions {
  std::string name = "";
  std::string dtype = "";
  double threshold = 0.5;
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(BinaryAccuracyOptions options);
/// How often predictions above the threshold are labels of 1.
using BinaryAccuracy = KerasMetric<BinaryAccuracyOptions>;

struct CategoricalAccuracyOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(CategoricalAccuracyOptions options);
/// How often the largest prediction is at the largest label (one-hot).
using CategoricalAccuracy = KerasMetric<CategoricalAccuracyOptions>;

struct SparseCategoricalAccuracyOptions {
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(SparseCategoricalAccuracyOptions options);
/// How often the largest prediction is the label (a class number).
using SparseCategoricalAccuracy = KerasMetric<SparseCategoricalAccuracyOptions>;

struct TopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(TopKCategoricalAccuracyOptions options);
/// How often the label (one-hot) is among the k largest predictions.
using TopKCategoricalAccuracy = KerasMetric<TopKCategoricalAccuracyOptions>;

struct SparseTopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "";
  std::string dtype = "";
  bool from_sorted_ids = false;  // the predictions are class numbers, the likeliest first
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(SparseTopKCategoricalAccuracyOptions options);
/// How often the label (a class number) is among the k largest predictions.
using SparseTopKCategoricalAccuracy = KerasMetric<SparseTopKCategoricalAccuracyOptions>;

}  // namespace namesake::metrics
