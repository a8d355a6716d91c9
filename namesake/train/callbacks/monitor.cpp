#include "namesake/train/callbacks/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "namesake/base/error.h"

namespace namesake::train {
namespace {

// Keras's `_direction` of its metrics, "up" and "down" (keras/src/metrics, 3.15); those that have none are in neither list.
constexpr auto kUp = std::to_array<std::string_view>(
    {"Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy",
     "SparseTopKCategoricalAccuracy", "Precision", "Recall", "SensitivityAtSpecificity", "SpecificityAtSensitivity", "PrecisionAtRecall",
     "RecallAtPrecision", "AUC", "FBetaScore", "F1Score", "IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "CosineSimilarity",
     "R2Score", "PearsonCorrelation", "ConcordanceCorrelation"});
constexpr auto kDown = std::to_array<std::string_view>(
    {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "RootMeanSquaredError", "LogCoshError",
     "KLDivergence", "Poisson", "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "Hinge", "SquaredHinge",
     "CategoricalHinge"});

bool is_in(std::span<const std::string_view> list, std::string_view word) { return std::find(list.begin(), list.end(), word) != list.end(); }

/// The metric that the logs call `name`, if there is one.
const Metric* metric_called(const CompiledOutputs& compiled, std::string_view name) {
  std::vector<const Metric*> all;
  for (const CompiledOutput& output : compiled.outputs) {
    for (const Metric& metric : output.metrics) all.push_back(&metric);
  }
  for (const CompiledOutput& output : compiled.outputs) {
    for (const Metric& metric : output.weighted_metrics) all.push_back(&metric);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (compiled.metric_names[i] == name) return all[i];
  }
  return nullptr;
}

}  // namespace

Monitor::Monitor(std::string_view callback, std::string name, const std::string& mode, double min_delta)
    : callback_(callback), name_(std::move(name)), min_delta_(std::abs(min_delta)) {
  if (mode == "min") better_ = Better::kSmaller;
  if (mode == "max") better_ = Better::kLarger;
  if (better_ != Better::kUnknown || mode == "auto") return;
  throw InvalidArgument({.subject = "mode",
                         .what = fmt::format("{} has no mode \"{}\".", callback, mode),
                         .expected = "\"auto\", \"min\" or \"max\"",
                         .received = mode});
}

void Monitor::settle(const Model& model) {
  if (better_ != Better::kUnknown) return;
  const std::string_view name = name_.starts_with("val_") ? std::string_view(name_).substr(4) : std::string_view(name_);
  const CompiledOutputs& compiled = model.model().compiled_outputs();
  const bool is_loss = name == "loss" || std::find(compiled.loss_names.begin(), compiled.loss_names.end(), name) != compiled.loss_names.end();
  const Metric* metric = is_loss ? nullptr : metric_called(compiled, name);
  if (is_loss || (metric != nullptr && is_in(kDown, metric->class_name()))) better_ = Better::kSmaller;
  if (metric != nullptr && is_in(kUp, metric->class_name())) better_ = Better::kLarger;
  if (better_ != Better::kUnknown) return;
  throw InvalidArgument({.subject = "monitor",
                         .what = fmt::format("{}: it cannot be told whether more or less of \"{}\" is better.", callback_, name_),
                         .expected = "a loss, or a metric of the compiled model",
                         .received = name_,
                         .fix = ".mode = \"max\" if the highest value is the best, .mode = \"min\" if the lowest is"});
}

bool Monitor::improves(double value, std::optional<double> reference) const {
  if (!reference) return true;
  const double limit = better_ == Better::kSmaller ? value + min_delta_ : value - min_delta_;
  const auto a = static_cast<float>(limit), b = static_cast<float>(*reference);
  return better_ == Better::kSmaller ? a < b : a > b;
}

std::optional<double> Monitor::value_in(const Logs& logs, const TrainingRun& run) const {
  if (const double* value = find_log(logs, name_)) return *value;
  if (run.may_log(name_)) return std::nullopt;
  std::string available;
  for (const auto& [name, value] : logs) available += (available.empty() ? "" : ", ") + name;
  throw InvalidArgument({.subject = "monitor",
                         .what = fmt::format("{}: there is no number \"{}\" in this run.", callback_, name_),
                         .expected = fmt::format("one of {}", available),
                         .received = name_,
                         .fix = name_.starts_with("val_") ? "give fit validation_data or validation_split, or monitor a number of training" : ""});
}

}  // namespace namesake::train
