#include "namesake/nn/metrics/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/metrics/confusion_counts.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace nn {
namespace {

Shape shape_of(const ThresholdSet& thresholds) { return {static_cast<std::int64_t>(thresholds.values.size())}; }

/// One number for each threshold; of one threshold a scalar.
Tensor by_threshold(const std::vector<double>& numbers, DType dtype) {
  const Tensor all = Tensor::of<double>(numbers, {static_cast<std::int64_t>(numbers.size())});
  return cast(numbers.size() == 1 ? all.with_shape(Shape::scalar()) : all, dtype);
}

/// a / (a + b), 0 of nothing.
std::vector<double> shares(const Variable& of, const Variable& beside) {
  const Tensor a = of.value(), b = beside.value();
  std::vector<double> out(static_cast<std::size_t>(a.size()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double whole = a.data<double>()[i] + b.data<double>()[i];
    out[i] = whole == 0 ? 0 : a.data<double>()[i] / whole;
  }
  return out;
}

enum class Cell { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };

/// One cell of the confusion matrix.
template <class O, Cell cell>
class CountOf : public MetricBase {
 public:
  using Options = O;
  static constexpr std::string_view kClassName = cell == Cell::kTruePositives    ? "TruePositives"
                                                 : cell == Cell::kFalsePositives ? "FalsePositives"
                                                 : cell == Cell::kTrueNegatives  ? "TrueNegatives"
                                                                                 : "FalseNegatives";
  static void config(Options& o, ConfigFields& f) { f("thresholds", o.thresholds); }
  explicit CountOf(const Options& o)
      : MetricBase(std::string(kClassName), o.name, o.dtype), thresholds_(threshold_set(o.thresholds.values(), 0.5)) {
    accumulator_ = add_variable("accumulator", shape_of(thresholds_));
  }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    ConfusionVariables variables;
    if constexpr (cell == Cell::kTruePositives) variables.true_positives = accumulator_;
    if constexpr (cell == Cell::kFalsePositives) variables.false_positives = accumulator_;
    if constexpr (cell == Cell::kTrueNegatives) variables.true_negatives = accumulator_;
    if constexpr (cell == Cell::kFalseNegatives) variables.false_negatives = accumulator_;
    count_decisions(variables, thresholds_, y_true, y_pred, sample_weight);
  }
  [[nodiscard]] Tensor result() const override { return by_threshold(accumulator_.value().to_vector<double>(), dtype()); }

 private:
  ThresholdSet thresholds_;
  Variable accumulator_;
};
using TruePositives = CountOf<metrics::TruePositivesOptions, Cell::kTruePositives>;
using FalsePositives = CountOf<metrics::FalsePositivesOptions, Cell::kFalsePositives>;
using TrueNegatives = CountOf<metrics::TrueNegativesOptions, Cell::kTrueNegatives>;
using FalseNegatives = CountOf<metrics::FalseNegativesOptions, Cell::kFalseNegatives>;

/// Precision counts the wrong positives beside the right ones, Recall the missed ones.
template <class O, bool is_precision>
class ShareOf : public MetricBase {
 public:
  using Options = O;
  static constexpr std::string_view kClassName = is_precision ? "Precision" : "Recall";
  static void config(Options& o, ConfigFields& f) {
    f("thresholds", o.thresholds);
    f("top_k", o.top_k);
    f("class_id", o.class_id);
  }
  explicit ShareOf(const Options& o)
      : MetricBase(std::string(kClassName), o.name, o.dtype),
        thresholds_(threshold_set(o.thresholds.values(), o.top_k ? kBelowAll : 0.5)),
        options_{.top_k = o.top_k, .class_id = o.class_id} {
    right_ = add_variable("true_positives", shape_of(thresholds_));
    wrong_ = add_variable(is_precision ? "false_positives" : "false_negatives", shape_of(thresholds_));
  }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    ConfusionVariables variables{.true_positives = right_};
    (is_precision ? variables.false_positives : variables.false_negatives) = wrong_;
    count_decisions(variables, thresholds_, y_true, y_pred, sample_weight, options_);
  }
  [[nodiscard]] Tensor result() const override { return by_threshold(shares(right_, wrong_), dtype()); }

 private:
  ThresholdSet thresholds_;
  ConfusionOptions options_;
  Variable right_, wrong_;
};
using Precision = ShareOf<metrics::PrecisionOptions, true>;
using Recall = ShareOf<metrics::RecallOptions, false>;

/// The best of one share among the thresholds whose other share is at least `least`.
class BestAtBase : public MetricBase {
 public:
  BestAtBase(std::string_view class_name, std::string_view option, double least, std::int64_t num_thresholds,
             std::optional<std::int64_t> class_id, std::string name, std::string_view dtype)
      : MetricBase(std::string(class_name), std::move(name), dtype), least_(least), thresholds_(even_thresholds(num_thresholds)) {
    options_.class_id = class_id;
    if (!(least >= 0 && least <= 1)) {
      throw InvalidArgument({.subject = std::string(option),
                             .what = fmt::format("The {} of {} lies outside its range.", option, class_name),
                             .expected = "0 to 1",
                             .received = fmt::format("{}", least)});
    }
    const Shape shape = shape_of(thresholds_);
    counts_.true_positives = add_variable("true_positives", shape);
    counts_.false_positives = add_variable("false_positives", shape);
    counts_.true_negatives = add_variable("true_negatives", shape);
    counts_.false_negatives = add_variable("false_negatives", shape);
  }
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    count_decisions(counts_, thresholds_, y_true, y_pred, sample_weight, options_);
  }

 protected:
  [[nodiscard]] std::vector<double> recalls() const { return shares(counts_.true_positives, counts_.false_negatives); }
  [[nodiscard]] std::vector<double> specificities() const { return shares(counts_.true_negatives, counts_.false_positives); }
  [[nodiscard]] std::vector<double> precisions() const { return shares(counts_.true_positives, counts_.false_positives); }
  /// Compared in float32, as Keras does.
  [[nodiscard]] Tensor best(const std::vector<double>& of, const std::vector<double>& held) const {
    double most = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (static_cast<float>(held[i]) >= static_cast<float>(least_)) most = std::max(most, of[i]);
    }
    return scalar(most);
  }

 private:
  double least_;
  ThresholdSet thresholds_;
  ConfusionOptions options_;
  ConfusionVariables counts_;
};

template <class Options>
void best_at_config(Options& o, double& least, std::string_view key, ConfigFields& f) {
  f("class_id", o.class_id);
  f("num_thresholds", o.num_thresholds);
  f(key, least);
}

class SensitivityAtSpecificity : public BestAtBase {
 public:
  using Options = metrics::SensitivityAtSpecificityOptions;
  static constexpr std::string_view kClassName = "SensitivityAtSpecificity";
  static void config(Options& o, ConfigFields& f) { best_at_config(o, o.specificity, "specificity", f); }
  explicit SensitivityAtSpecificity(const Options& o)
      : BestAtBase(kClassName, "specificity", o.specificity, o.num_thresholds, o.class_id, o.name, o.dtype) {}
  [[nodiscard]] Tensor result() const override { return best(recalls(), specificities()); }
};
class SpecificityAtSensitivity : public BestAtBase {
 public:
  using Options = metrics::SpecificityAtSensitivityOptions;
  static constexpr std::string_view kClassName = "SpecificityAtSensitivity";
  static void config(Options& o, ConfigFields& f) { best_at_config(o, o.sensitivity, "sensitivity", f); }
  explicit SpecificityAtSensitivity(const Options& o)
      : BestAtBase(kClassName, "sensitivity", o.sensitivity, o.num_thresholds, o.class_id, o.name, o.dtype) {}
  [[nodiscard]] Tensor result() const override { return best(specificities(), recalls()); }
};
class PrecisionAtRecall : public BestAtBase {
 public:
  using Options = metrics::PrecisionAtRecallOptions;
  static constexpr std::string_view kClassName = "PrecisionAtRecall";
  static void config(Options& o, ConfigFields& f) { best_at_config(o, o.recall, "recall", f); }
  explicit PrecisionAtRecall(const Options& o)
      : BestAtBase(kClassName, "recall", o.recall, o.num_thresholds, o.class_id, o.name, o.dtype) {}
  [[nodiscard]] Tensor result() const override { return best(precisions(), recalls()); }
};
class RecallAtPrecision : public BestAtBase {
 public:
  using Options = metrics::RecallAtPrecisionOptions;
  static constexpr std::string_view kClassName = "RecallAtPrecision";
  static void config(Options& o, ConfigFields& f) { best_at_config(o, o.precision, "precision", f); }
  explicit RecallAtPrecision(const Options& o)
      : BestAtBase(kClassName, "precision", o.precision, o.num_thresholds, o.class_id, o.name, o.dtype) {}
  [[nodiscard]] Tensor result() const override { return best(recalls(), precisions()); }
};

template <class Body>
std::shared_ptr<MetricBase> made(typename Body::Options options) {
  return std::make_shared<WithOptions<Body>>(std::move(options));
}

}  // namespace

std::span<const MetricEntry> confusion_metrics() {
  static constexpr auto kEntries = std::to_array<MetricEntry>(
      {metric_entry<TruePositives>(), metric_entry<FalsePositives>(), metric_entry<TrueNegatives>(), metric_entry<FalseNegatives>(),
       metric_entry<Precision>(), metric_entry<Recall>(), metric_entry<SensitivityAtSpecificity>("", false),
       metric_entry<SpecificityAtSensitivity>("", false), metric_entry<PrecisionAtRecall>("", false),
       metric_entry<RecallAtPrecision>("", false)});
  return kEntries;
}

}  // namespace nn

namespace metrics {

using Body = std::shared_ptr<MetricBase>;
Body make_metric(TruePositivesOptions o) { return nn::made<nn::TruePositives>(std::move(o)); }
Body make_metric(FalsePositivesOptions o) { return nn::made<nn::FalsePositives>(std::move(o)); }
Body make_metric(TrueNegativesOptions o) { return nn::made<nn::TrueNegatives>(std::move(o)); }
Body make_metric(FalseNegativesOptions o) { return nn::made<nn::FalseNegatives>(std::move(o)); }
Body make_metric(PrecisionOptions o) { return nn::made<nn::Precision>(std::move(o)); }
Body make_metric(RecallOptions o) { return nn::made<nn::Recall>(std::move(o)); }
Body make_metric(SensitivityAtSpecificityOptions o) { return nn::made<nn::SensitivityAtSpecificity>(std::move(o)); }
Body make_metric(SpecificityAtSensitivityOptions o) { return nn::made<nn::SpecificityAtSensitivity>(std::move(o)); }
Body make_metric(PrecisionAtRecallOptions o) { return nn::made<nn::PrecisionAtRecall>(std::move(o)); }
Body make_metric(RecallAtPrecisionOptions o) { return nn::made<nn::RecallAtPrecision>(std::move(o)); }

JsonValue Thresholds::serialize() const {
  if (!is_list_) return values_.empty() ? JsonValue() : JsonValue(values_[0]);
  JsonValue list = JsonValue::array();
  for (const double value : values_) list.push_back(value);
  return list;
}

Thresholds Thresholds::deserialize(const JsonValue& value) {
  if (value.is_null()) return {};
  if (value.is_number()) return value.as_double();
  std::vector<double> values;
  for (const JsonValue& item : value.items("thresholds")) values.push_back(item.as_double("thresholds"));
  return Thresholds(std::move(values));
}

}  // namespace metrics
}  // namespace namesake
