#include "namesake/nn/metrics/metric.h"

#include "namesake/base/error.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/losses/fitting.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/nn/metrics/values.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"

namespace namesake {
namespace {

DType dtype_of_metric(std::string_view word) {
  if (word.empty() || word == "float32") return DType::kFloat32;
  if (word == "float64") return DType::kFloat64;
  throw Unsupported({.subject = "dtype",
                     .what = "Metrics are not computed in this dtype here.",
                     .expected = "float32 or float64",
                     .received = std::string(word)});
}

/// The weights, times the mask.
Tensor masked_weight(const Tensor& sample_weight, const Tensor& mask) {
  if (!mask.defined()) return sample_weight;
  const Tensor counted = cast(mask, DType::kFloat32);
  if (!sample_weight.defined()) return counted;
  const nn::Fitted fitted = nn::squeeze_or_expand(counted, cast(sample_weight, DType::kFloat32));
  return fitted.first * fitted.second;
}

}  // namespace

MetricBase::MetricBase(std::string class_name, std::string name, std::string_view dtype)
    : class_name_(std::move(class_name)), name_(std::move(name)), dtype_(dtype_of_metric(dtype)), name_given_(!name_.empty()) {
  if (!name_given_) name_ = naming::automatic_base(class_name_);
}

MetricBase::~MetricBase() = default;

void MetricBase::set_name(std::string name, bool given) {
  name_ = std::move(name);
  name_given_ = given;
}

Variable MetricBase::add_variable(std::string name, const Shape& shape) {
  return variables_.emplace_back(zeros(shape, DType::kFloat64), VariableOptions{.name = std::move(name), .trainable = false});
}

void MetricBase::reset_state() {
  for (const Variable& variable : variables_) {
    for (double& number : variable.update<double>()) number = 0;
  }
}

Tensor MetricBase::scalar(double value) const {
  if (dtype_ == DType::kFloat64) return Tensor::of<double>({value}, Shape::scalar());
  return Tensor(static_cast<float>(value));
}

double MetricBase::value() const {
  const Tensor numbers = cast(result(), DType::kFloat64);
  double sum = 0;
  for (const double number : numbers.data<double>()) sum += number;
  return sum / static_cast<double>(numbers.size());
}

void Metric::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const {
  const ops::StopRecording quiet;
  body_->update_state(y_true, y_pred, sample_weight);
}

Tensor Metric::result() const {
  const ops::StopRecording quiet;
  return body_->result();
}

namespace nn {

MeanMetric::MeanMetric(std::string class_name, std::string name, std::string_view dtype)
    : MetricBase(std::move(class_name), std::move(name), dtype) {
  total_ = add_variable("total");
  count_ = add_variable("count");
}

void MeanMetric::update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  const Tensor values = each(y_true, y_pred);
  Tensor weight = masked_weight(sample_weight, y_pred.mask());
  if (weight.defined()) weight = masked_weight(weight, values.mask());  // as Keras, which asks only where there are weights
  add_values(values, weight);
}

void MeanMetric::add_values(const Tensor& values, const Tensor& sample_weight) {
  const WeightedSum sum = samplewise_sum(values, sample_weight);
  add(sum.total, sum.count);
}

void MeanMetric::add(double total, double count) {
  total_.update<double>()[0] += total;
  count_.update<double>()[0] += count;
}

double MeanMetric::value() const {
  const double count = count_.value().data<double>()[0];
  return count == 0 ? 0 : total_.value().data<double>()[0] / count;
}

NumberPair numbers_of(const Tensor& y_true, const Tensor& y_pred, DType dtype) {
  const Fitted fitted = squeeze_or_expand(cast(y_true, dtype), cast(y_pred, dtype));
  return {fitted.first, fitted.second};
}

}  // namespace nn
}  // namespace namesake
