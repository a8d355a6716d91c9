#include "namesake/nn/metrics/reduction.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/nn/metrics/regression.h"
#include "namesake/nn/metrics/values.h"
#include "namesake/ops/math.h"

namespace namesake {
namespace nn {
namespace {

void refuse_three(const MetricBase& metric, const Tensor& third) {
  if (!third.defined()) return;
  throw InvalidArgument({.subject = metric.name(),
                         .what = fmt::format("The metric \"{}\" is one of values.", metric.name()),
                         .expected = "values, and weights if any",
                         .received = "labels, predictions and weights"});
}

class MeanOfValues : public MeanMetric {
 public:
  using Options = metrics::MeanOptions;
  static constexpr std::string_view kClassName = "Mean";
  explicit MeanOfValues(const Options& o) : MeanMetric(std::string(kClassName), o.name, o.dtype) {}
  void update_state(const Tensor& values, const Tensor& sample_weight, const Tensor& third) override {
    refuse_three(*this, third);
    add_values(values, sample_weight);
  }

 private:
  Tensor each(const Tensor& values, const Tensor&) override { return values; }
};

class SumOfValues : public MetricBase {
 public:
  using Options = metrics::SumOptions;
  static constexpr std::string_view kClassName = "Sum";
  explicit SumOfValues(const Options& o) : MetricBase(std::string(kClassName), o.name, o.dtype) { total_ = add_variable("total"); }
  void update_state(const Tensor& values, const Tensor& sample_weight, const Tensor& third) override {
    refuse_three(*this, third);
    total_.update<double>()[0] += weighted_total(values, sample_weight);
  }
  [[nodiscard]] double value() const override { return total_.value().data<double>()[0]; }
  [[nodiscard]] Tensor result() const override { return scalar(value()); }

 private:
  Variable total_;
};

/// The root of a mean of squares. (Keras does not ask for a mask here.)
class RootOfMean : public MeanMetric {
 public:
  using Options = metrics::RootMeanSquaredErrorOptions;
  static constexpr std::string_view kClassName = "RootMeanSquaredError";
  explicit RootOfMean(const Options& o) : MeanMetric(std::string(kClassName), o.name, o.dtype) {}
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    add_values(each(y_true, y_pred), sample_weight);
  }
  [[nodiscard]] double value() const override { return std::sqrt(MeanMetric::value()); }

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override {
    const NumberPair pair = numbers_of(y_true, y_pred, dtype());
    return squared_difference(pair.y_true, pair.y_pred);
  }
};

/// A mean of a loss of each row.
class MeanOfLoss final : public MeanMetric {
 public:
  MeanOfLoss(Loss loss, FunctionConfig function, std::string name, std::string_view dtype)
      : MeanMetric("MeanMetricWrapper", std::move(name), dtype), loss_(std::move(loss)), function_(std::move(function)) {}
  void extend_config(JsonValue& config) const override {
    config.add("fn", function_.fn);
    for (const JsonMember& member : function_.options.members()) config.add(member.key, member.value);
  }

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override { return loss_.each(y_true, y_pred); }
  Loss loss_;
  FunctionConfig function_;
};

}  // namespace

std::shared_ptr<MetricBase> mean_of_loss(Loss loss, FunctionConfig function, std::string name, std::string_view dtype) {
  return std::make_shared<MeanOfLoss>(std::move(loss), std::move(function), std::move(name), dtype);
}

std::span<const MetricEntry> reduction_metrics() {
  static constexpr auto kEntries =
      std::to_array<MetricEntry>({metric_entry<MeanOfValues>(), metric_entry<SumOfValues>(), metric_entry<RootOfMean>()});
  return kEntries;
}

}  // namespace nn

namespace metrics {

Mean::Mean(MeanOptions o, Site site) : Metric(std::make_shared<nn::WithOptions<nn::MeanOfValues>>(std::move(o)), site) {}
void Mean::add(double value, double weight) const { static_cast<nn::MeanMetric&>(*body()).add(value * weight, weight); }
Sum::Sum(SumOptions o, Site site) : Metric(std::make_shared<nn::WithOptions<nn::SumOfValues>>(std::move(o)), site) {}

std::shared_ptr<MetricBase> make_metric(RootMeanSquaredErrorOptions o) {
  return std::make_shared<nn::WithOptions<nn::RootOfMean>>(std::move(o));
}
std::shared_ptr<MetricBase> make_metric(MeanMetricWrapperOptions o) {
  if (!o.fn.defined()) throw InvalidArgument({.subject = "fn", .what = "A MeanMetricWrapper was given no function."});
  nn::FunctionConfig function = nn::function_config(o.fn);
  return nn::mean_of_loss(std::move(o.fn), std::move(function), std::move(o.name), o.dtype);
}

}  // namespace metrics
}  // namespace namesake
