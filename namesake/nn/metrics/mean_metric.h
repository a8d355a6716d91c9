// How Keras's metrics that are means are written down: a spec has the class's name, the default name, the options, their config
// and the values. Also the tables of all classes. Internal to nn.
//   struct BinaryAccuracySpec {
//     using Options = metrics::BinaryAccuracyOptions;
//     static constexpr std::string_view kClassName = "BinaryAccuracy", kName = "binary_accuracy";
//     static void config(Options& o, ConfigFields& f);                          // if it has options of its own
//     static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred);
//     static void check(const Options& o);                                      // if some options are refused
//   };
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/nn/metrics/metric.h"

namespace namesake::nn {

/// A mean over samples of what each() gives.
class MeanMetric : public MetricBase {
 public:
  MeanMetric(std::string class_name, std::string name, std::string_view dtype);
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override;
  /// Adds values, each sample's mean of them, weighted.
  void add_values(const Tensor& values, const Tensor& sample_weight);
  void add(double total, double count);
  [[nodiscard]] double value() const override;
  [[nodiscard]] Tensor result() const override { return scalar(value()); }

 protected:
  [[nodiscard]] virtual Tensor each(const Tensor& y_true, const Tensor& y_pred) = 0;

 private:
  Variable total_, count_;
};

/// Labels and predictions in the dtype that losses are computed in for a metric of this dtype.
struct NumberPair {
  Tensor y_true, y_pred;
};
[[nodiscard]] NumberPair numbers_of(const Tensor& y_true, const Tensor& y_pred, DType dtype);

template <class Spec>
class MeanOf : public MeanMetric {
 public:
  using Options = typename Spec::Options;
  static constexpr std::string_view kClassName = Spec::kClassName;
  static void config(Options& options, ConfigFields& fields) {
    if constexpr (requires { Spec::config(options, fields); }) Spec::config(options, fields);
  }
  explicit MeanOf(const Options& o) : MeanMetric(std::string(kClassName), o.name, o.dtype), options_(o) {
    if (!has_given_name()) set_name(std::string(Spec::kName), false);
    if constexpr (requires { Spec::check(o); }) Spec::check(o);
  }

 protected:
  [[nodiscard]] Tensor each(const Tensor& y_true, const Tensor& y_pred) override {
    if constexpr (requires { Spec::kOfNumbers; }) {
      const NumberPair pair = numbers_of(y_true, y_pred, dtype());
      return Spec::values(options_, pair.y_true, pair.y_pred);
    } else {
      return Spec::values(options_, y_true, y_pred);
    }
  }

 private:
  Options options_;
};

template <class Spec>
[[nodiscard]] std::shared_ptr<MetricBase> mean_of(typename Spec::Options options) {
  return std::make_shared<WithOptions<MeanOf<Spec>>>(std::move(options));
}

/// A class of Keras's. Its words are the class's name and that name in small letters, and an alias in small or capital letters.
struct MetricEntry {
  MetricClass metric_class;
  std::string_view alias = "";
  bool has_words = true;  // not if the class cannot be made without options
};
template <class Body>
constexpr MetricEntry metric_entry(std::string_view alias = "", bool has_words = true) {
  return {{Body::kClassName, &metric_from_config<Body>}, alias, has_words};
}

// The classes of each file.
[[nodiscard]] std::span<const MetricEntry> accuracy_metrics();
[[nodiscard]] std::span<const MetricEntry> auc_metrics();
[[nodiscard]] std::span<const MetricEntry> confusion_metrics();
[[nodiscard]] std::span<const MetricEntry> f_score_metrics();
[[nodiscard]] std::span<const MetricEntry> function_metrics();
[[nodiscard]] std::span<const MetricEntry> r2_metrics();
[[nodiscard]] std::span<const MetricEntry> reduction_metrics();

/// The metric for the word "accuracy": its kind is settled by the shapes of the first update.
[[nodiscard]] std::shared_ptr<MetricBase> accuracy_by_shapes(std::string name);
/// How configs name the function of a loss, and the options beside it.
struct FunctionConfig {
  JsonValue fn;  // {"class_name": "function", ...}
  JsonValue options;
};
[[nodiscard]] FunctionConfig function_config(const Loss& loss);
/// The mean of a loss of each row.
[[nodiscard]] std::shared_ptr<MetricBase> mean_of_loss(Loss loss, FunctionConfig function, std::string name, std::string_view dtype);
/// The loss of a function, by its name and options; undefined if there is no such function.
[[nodiscard]] Loss loss_from_function(std::string_view function, const JsonValue& options);

}  // namespace namesake::nn
