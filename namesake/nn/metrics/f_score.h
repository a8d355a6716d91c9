// F scores: the harmonic mean of precision and recall, of multi-hot labels and predictions (batch, classes).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "namesake/nn/metrics/metric.h"

namespace namesake::metrics {

struct FBetaScoreOptions {
  std::string average = "";  // "micro", "macro", "weighted"; "": a score for each class
  double beta = 1.0;         // how many times recall counts precision
  std::optional<double> threshold = {};  // none: the largest prediction of a row is the only positive one
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(FBetaScoreOptions options);
/// (1 + beta^2) precision recall / (beta^2 precision + recall)
using FBetaScore = KerasMetric<FBetaScoreOptions>;

struct F1ScoreOptions {
  std::string average = "";
  std::optional<double> threshold = {};
  std::string name = "";
  std::string dtype = "";
};
NAMESAKE_API std::shared_ptr<MetricBase> make_metric(F1ScoreOptions options);
/// FBetaScore with a beta of 1.
using F1Score = KerasMetric<F1ScoreOptions>;

}  // namespace namesake::metrics
