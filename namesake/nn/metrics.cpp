#include "namesake/nn/metrics.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/losses.h"
#include "namesake/nn/metrics_values.h"
#include "namesake/nn/metrics_words.h"
#include "namesake/ops/recorder.h"

namespace namesake {
namespace {

/// A mean over samples of what each() gives.
class MeanMetric : public MetricBase {
 public:
  MeanMetric(std::string class_name, std::string name) : MetricBase(std::move(class_name), std::move(name)) {
    total_ = add_variable("total");
    count_ = add_variable("count");
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const ops::StopRecording quiet;
    const nn::WeightedSum sum = nn::samplewise_sum(each(y_true, y_pred), sample_weight);
    add(sum.total, sum.count);
  }
  void add(double total, double count) {
    total_.update<double>()[0] += total;
    count_.update<double>()[0] += count;
  }
  [[nodiscard]] double value() const override {
    const double count = count_.value().data<double>()[0];
    return count == 0 ? 0 : total_.value().data<double>()[0] / count;
  }

 protected:
  [[nodiscard]] virtual Tensor each(const Tensor& y_true, const Tensor& y_pred) = 0;

 private:
  Variable total_, count_;
};

class MeanOfValues final : public MeanMetric {
 public:
  explicit MeanOfValues(std::string name) : MeanMetric("Mean", std::move(name)) {}
  void update_state(const Tensor& values, const Tensor& sample_weight, const Tensor& third) override {
    if (third.defined()) {
      throw InvalidArgument({.subject = name(),
                             .what = fmt::format("The metric \"{}\" is a mean of values.", name()),
                             .expected = "values, and weights if any",
                             .received = "labels, predictions and weights"});
    }
    const ops::StopRecording quiet;
    const nn::WeightedSum sum = nn::samplewise_sum(values, sample_weight);
    add(sum.total, sum.count);
  }

 private:
  Tensor each(const Tensor& values, const Tensor&) override { return values; }
};

using Values = Tensor (*)(const Tensor& y_true, const Tensor& y_pred);

/// A metric without options.
class MeanOfFunction final : public MeanMetric {
 public:
  MeanOfFunction(std::string class_name, std::string name, Values values)
      : MeanMetric(std::move(class_name), std::move(name)), values_(values) {}

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override { return values_(y_true, y_pred); }
  Values values_;
};

class ThresholdAccuracy final : public MeanMetric {
 public:
  ThresholdAccuracy(std::string name, double threshold) : MeanMetric("BinaryAccuracy", std::move(name)), threshold_(threshold) {}
  void extend_config(JsonValue& config) const override { config.set("threshold", threshold_); }

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override { return nn::binary_matches(y_true, y_pred, threshold_); }
  double threshold_;
};

class TopKAccuracy final : public MeanMetric {
 public:
  TopKAccuracy(std::string class_name, std::string name, std::int64_t k, bool one_hot)
      : MeanMetric(std::move(class_name), std::move(name)), k_(k), one_hot_(one_hot) {
    if (k_ >= 1) return;
    throw InvalidArgument({.subject = "k", .what = "k lies outside its range.", .expected = "1 or more", .received = fmt::format("{}", k_)});
  }
  void extend_config(JsonValue& config) const override { config.set("k", k_); }

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override { return nn::top_k_matches(y_true, y_pred, k_, one_hot_); }
  std::int64_t k_;
  bool one_hot_;
};

/// A mean of a loss of each row; `extra` is what the config has after name and dtype.
class MeanOfLoss final : public MeanMetric {
 public:
  MeanOfLoss(std::string name, Loss loss, JsonValue extra)
      : MeanMetric(loss.class_name(), std::move(name)), loss_(std::move(loss)), extra_(std::move(extra)) {}
  void extend_config(JsonValue& config) const override {
    for (const JsonMember& member : extra_.members()) config.set(member.key, member.value);
  }

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override { return loss_.each(y_true, y_pred); }
  Loss loss_;
  JsonValue extra_;
};

Tensor binary_matches_at_half(const Tensor& y_true, const Tensor& y_pred) { return nn::binary_matches(y_true, y_pred, 0.5); }

Values accuracy_values(std::string_view class_name) {
  if (class_name == "BinaryAccuracy") return binary_matches_at_half;
  return class_name == "SparseCategoricalAccuracy" ? nn::sparse_categorical_matches : nn::categorical_matches;
}

/// The word "accuracy": settled by the shapes of the first update.
class AccuracyByShapes final : public MeanMetric {
 public:
  explicit AccuracyByShapes(std::string name) : MeanMetric("Accuracy", std::move(name)) {}

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override {
    if (values_ == nullptr) values_ = accuracy_values(accuracy_class(y_true.shape(), y_pred.shape()));
    return values_(y_true, y_pred);
  }
  Values values_ = nullptr;
};

/// Keras writes the default label smoothing of its metrics as an integer.
JsonValue smoothing(double value) { return value == 0 ? JsonValue(0) : JsonValue(value); }

}  // namespace

MetricBase::~MetricBase() = default;

Variable MetricBase::add_variable(std::string name) {
  const double zero = 0;
  return variables_.emplace_back(Tensor::of<double>({zero}, Shape::scalar()), VariableOptions{.name = std::move(name), .trainable = false});
}

void MetricBase::reset_state() {
  for (const Variable& variable : variables_) variable.update<double>()[0] = 0;
}

std::string_view accuracy_class(const Shape& y_true, const Shape& y_pred) {
  if (y_pred.back() == 1) return "BinaryAccuracy";
  const bool sparse = y_true.rank() < y_pred.rank() || (y_true.back() == 1 && y_pred.back() > 1);
  return sparse ? "SparseCategoricalAccuracy" : "CategoricalAccuracy";
}

Metric resolve_accuracy(std::string_view word, const Shape& y_true, const Shape& y_pred) {
  Metric metric(word);
  const std::string class_name(accuracy_class(y_true, y_pred));
  metric.body_ = std::make_shared<MeanOfFunction>(class_name, std::string(word), accuracy_values(class_name));
  return metric;
}

namespace nn {
std::shared_ptr<MetricBase> accuracy_by_shapes(std::string name) { return std::make_shared<AccuracyByShapes>(std::move(name)); }
}  // namespace nn

namespace metrics {

Mean::Mean(MeanOptions o) : Metric(std::make_shared<MeanOfValues>(std::move(o.name))) {}
void Mean::add(double value, double weight) const { static_cast<MeanOfValues&>(*body()).add(value * weight, weight); }

Accuracy::Accuracy(AccuracyOptions o) : Metric(std::make_shared<MeanOfFunction>("Accuracy", std::move(o.name), nn::equal_values)) {}
BinaryAccuracy::BinaryAccuracy(BinaryAccuracyOptions o)
    : Metric(std::make_shared<ThresholdAccuracy>(std::move(o.name), o.threshold)) {}
CategoricalAccuracy::CategoricalAccuracy(CategoricalAccuracyOptions o)
    : Metric(std::make_shared<MeanOfFunction>("CategoricalAccuracy", std::move(o.name), nn::categorical_matches)) {}
SparseCategoricalAccuracy::SparseCategoricalAccuracy(SparseCategoricalAccuracyOptions o)
    : Metric(std::make_shared<MeanOfFunction>("SparseCategoricalAccuracy", std::move(o.name), nn::sparse_categorical_matches)) {}
TopKCategoricalAccuracy::TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions o)
    : Metric(std::make_shared<TopKAccuracy>("TopKCategoricalAccuracy", std::move(o.name), o.k, true)) {}
SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyOptions o)
    : Metric(std::make_shared<TopKAccuracy>("SparseTopKCategoricalAccuracy", std::move(o.name), o.k, false)) {}
MeanSquaredError::MeanSquaredError(MeanSquaredErrorOptions o)
    : Metric(std::make_shared<MeanOfFunction>("MeanSquaredError", std::move(o.name), nn::squared_errors)) {}
MeanAbsoluteError::MeanAbsoluteError(MeanAbsoluteErrorOptions o)
    : Metric(std::make_shared<MeanOfFunction>("MeanAbsoluteError", std::move(o.name), nn::absolute_errors)) {}

CategoricalCrossentropy::CategoricalCrossentropy(CategoricalCrossentropyOptions o)
    : Metric(std::make_shared<MeanOfLoss>(
          std::move(o.name),
          losses::CategoricalCrossentropy({.from_logits = o.from_logits, .label_smoothing = o.label_smoothing, .axis = o.axis}),
          JsonValue::object({{"from_logits", o.from_logits}, {"label_smoothing", smoothing(o.label_smoothing)}, {"axis", o.axis}}))) {}
SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions o)
    : Metric(std::make_shared<MeanOfLoss>(
          std::move(o.name), losses::SparseCategoricalCrossentropy({.from_logits = o.from_logits}),
          JsonValue::object({{"from_logits", o.from_logits}, {"ignore_class", nullptr}, {"axis", -1}}))) {}
BinaryCrossentropy::BinaryCrossentropy(BinaryCrossentropyOptions o)
    : Metric(std::make_shared<MeanOfLoss>(
          std::move(o.name), losses::BinaryCrossentropy({.from_logits = o.from_logits, .label_smoothing = o.label_smoothing}),
          JsonValue::object({{"from_logits", o.from_logits}, {"label_smoothing", smoothing(o.label_smoothing)}}))) {}

}  // namespace metrics

}  // namespace namesake
