#include <fmt/format.h>

#include <array>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/losses/fitting.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/nn/metrics/regression.h"
#include "namesake/ops/create.h"
#include "namesake/ops/shaping.h"

namespace namesake {
namespace nn {
namespace {

class R2 : public MetricBase {
 public:
  using Options = metrics::R2ScoreOptions;
  static constexpr std::string_view kClassName = "R2Score";
  static void config(Options& o, ConfigFields& f) {
    if (!f.reading() && o.class_aggregation.empty()) f.always("class_aggregation", nullptr);
    else f("class_aggregation", o.class_aggregation);
    f("num_regressors", o.num_regressors);
  }
  static void read_nulls(Options& o, const JsonValue& config) {
    const JsonValue* word = config.find("class_aggregation");
    if (word != nullptr && word->is_null()) o.class_aggregation.clear();
  }
  explicit R2(const Options& o) : MetricBase(std::string(kClassName), o.name, o.dtype), options_(o) {
    const std::string& word = o.class_aggregation;
    if (!word.empty() && word != "uniform_average" && word != "variance_weighted_average") {
      throw InvalidArgument({.subject = "class_aggregation", .what = "R2Score does not know this class_aggregation.", .expected = "uniform_average, variance_weighted_average, or none", .received = word});
    }
    if (o.num_regressors < 0) {
      throw InvalidArgument({.subject = "num_regressors", .what = "The number of regressors is negative.", .received = fmt::format("{}", o.num_regressors)});
    }
    samples_ = add_variable("num_samples");
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const NumberPair pair = numbers_of(y_true, y_pred, DType::kFloat64);
    const Shape& shape = pair.y_true.shape();
    if (shape.rank() != 2 || shape != pair.y_pred.shape()) {
      throw ShapeMismatch({.subject = name(), .what = "R2Score does not take these shapes.", .expected = "labels and predictions (batch, outputs)", .received = fmt::format("y_true {}, y_pred {}", to_string(y_true.shape()), to_string(y_pred.shape()))});
    }
    if (!sum_.defined()) make_variables(shape[1]);
    if (sum_.shape()[0] != shape[1]) {
      throw ShapeMismatch({.subject = name(), .what = "R2Score got another number of outputs.", .expected = to_string(sum_.shape()), .received = to_string(shape)});
    }
    Tensor weight = sample_weight.defined() ? cast(sample_weight, DType::kFloat64) : ones(Shape::scalar(), DType::kFloat64);
    if (weight.rank() == 1) weight = expand_dims(weight, 1);
    add(pair, broadcast_to(weight, shape));
  }

  [[nodiscard]] Tensor result() const override {
    if (!sum_.defined()) return scalar(0);
    const auto outputs = static_cast<std::size_t>(sum_.shape()[0]);
    std::vector<double> scores(outputs);
    double uniform = 0, weighted = 0, totals = 0;
    for (std::size_t i = 0; i < outputs; ++i) {
      const double sum = sum_.value().data<double>()[i];
      const double total = squared_.value().data<double>()[i] - sum * (sum / count_.value().data<double>()[i]);
      const double raw = 1 - residual_.value().data<double>()[i] / total;
      scores[i] = std::isinf(raw) ? 0 : raw;
      uniform += scores[i] / static_cast<double>(outputs);
      weighted += total * scores[i];
      totals += total;
    }
    if (options_.class_aggregation.empty()) {
      for (double& score : scores) score = adjusted(score);
      return cast(Tensor::of<double>(scores, sum_.shape()), dtype());
    }
    return scalar(adjusted(options_.class_aggregation == "uniform_average" ? uniform : weighted / totals));
  }

 private:
  void make_variables(std::int64_t outputs) {
    squared_ = add_variable("squared_sum", {outputs});
    sum_ = add_variable("sum", {outputs});
    residual_ = add_variable("residual", {outputs});
    count_ = add_variable("count", {outputs});
  }

  void add(const NumberPair& pair, const Tensor& weight) {
    const auto truth = pair.y_true.data<double>(), guess = pair.y_pred.data<double>(), weights = weight.data<double>();
    const auto squared = squared_.update<double>(), sum = sum_.update<double>(), residual = residual_.update<double>(), count = count_.update<double>();
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const std::size_t output = i % sum.size();
      sum[output] += truth[i] * weights[i];
      squared[output] += truth[i] * truth[i] * weights[i];
      residual[output] += (truth[i] - guess[i]) * (truth[i] - guess[i]) * weights[i];
      count[output] += weights[i];
    }
    samples_.update<double>()[0] += static_cast<double>(truth.size());
  }

  /// For the number of regressors; with too few samples the score as it is, as Keras does.
  [[nodiscard]] double adjusted(double score) const {
    const double n = samples_.value().data<double>()[0], p = static_cast<double>(options_.num_regressors);
    if (p == 0 || p >= n - 1) return score;
    return 1 - (1 - score) * (n - 1) / (n - p - 1);
  }

  Options options_;
  Variable samples_, squared_, sum_, residual_, count_;
};

}  // namespace

std::span<const MetricEntry> r2_metrics() {
  static constexpr auto kEntries = std::to_array<MetricEntry>({metric_entry<R2>()});
  return kEntries;
}

}  // namespace nn

namespace metrics {

std::shared_ptr<MetricBase> make_metric(R2ScoreOptions o) { return std::make_shared<nn::WithOptions<nn::R2>>(std::move(o)); }

}  // namespace metrics
}  // namespace namesake
