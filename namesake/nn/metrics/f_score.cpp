#include "namesake/nn/metrics/f_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace nn {
namespace {

constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()

void average_config(std::string& average, ConfigFields& f) {
  if (!f.reading() && average.empty()) f.always("average", nullptr);
  else f("average", average);
}

class FBetaBase : public MetricBase {
 public:
  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    const Tensor labels = cast(y_true, DType::kFloat32), scores = cast(y_pred, DType::kFloat32);
    if (labels.rank() != 2 || labels.shape() != scores.shape()) {
      throw ShapeMismatch({.subject = name(),
                           .what = fmt::format("The metric {} does not take these shapes.", class_name()),
                           .expected = "labels and predictions (batch, classes)",
                           .received = fmt::format("y_true {}, y_pred {}", to_string(labels.shape()), to_string(scores.shape()))});
    }
    if (!true_positives_.defined()) make_variables(labels.shape()[1]);
    if (average_ != "micro" && true_positives_.shape()[0] != labels.shape()[1]) {
      throw ShapeMismatch({.subject = name(), .what = "A metric of each class got another number of classes.", .expected = to_string(true_positives_.shape()), .received = to_string(labels.shape())});
    }
    const Tensor weight = sample_weight.defined() ? cast(sample_weight, DType::kFloat32) : Tensor();
    if (weight.defined() && weight.size() != labels.shape()[0]) {
      throw ShapeMismatch({.subject = name(), .what = "The sample weights do not fit the labels.", .expected = fmt::format("({},)", labels.shape()[0]), .received = to_string(weight.shape())});
    }
    add(labels, scores, weight);
  }

  [[nodiscard]] Tensor result() const override {
    if (!true_positives_.defined()) return scalar(0);
    const Tensor tp = true_positives_.value(), fp = false_positives_.value(), fn = false_negatives_.value(), weights = weights_.value();
    std::vector<double> scores(static_cast<std::size_t>(tp.size()));
    double weight_sum = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double right = tp.data<double>()[i];
      const double precision = right / (right + fp.data<double>()[i] + kEpsilon), recall = right / (right + fn.data<double>()[i] + kEpsilon);
      scores[i] = precision * recall / (beta_ * beta_ * precision + recall + kEpsilon) * (1 + beta_ * beta_);
      weight_sum += weights.data<double>()[i];
    }
    if (average_.empty()) return cast(Tensor::of<double>(scores, tp.shape()), dtype());
    double sum = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      sum += scores[i] * (average_ == "weighted" ? weights.data<double>()[i] / (weight_sum + kEpsilon) : 1.0 / static_cast<double>(scores.size()));
    }
    return scalar(sum);
  }

 protected:
  FBetaBase(std::string_view class_name, std::string_view usual_name, const std::string& name, std::string_view dtype, std::string average,
            double beta, std::optional<double> threshold)
      : MetricBase(std::string(class_name), name, dtype), average_(std::move(average)), beta_(beta), threshold_(threshold) {
    if (!has_given_name()) set_name(std::string(usual_name), false);
    const auto refuse = [](const char* option, std::string expected, std::string received) {
      throw InvalidArgument({.subject = option,
                             .what = fmt::format("The {} of an F score is not one that there is.", option),
                             .expected = std::move(expected),
                             .received = std::move(received)});
    };
    constexpr std::array<std::string_view, 4> kAverages{"", "micro", "macro", "weighted"};
    if (std::find(kAverages.begin(), kAverages.end(), average_) == kAverages.end()) refuse("average", "micro, macro, weighted, or none", average_);
    if (!(beta_ > 0)) refuse("beta", "above 0", fmt::format("{}", beta_));
    if (threshold_ && !(*threshold_ > 0 && *threshold_ <= 1)) refuse("threshold", "above 0, at most 1", fmt::format("{}", *threshold_));
  }

 private:
  void make_variables(std::int64_t classes) {
    const Shape shape = average_ == "micro" ? Shape::scalar() : Shape{classes};
    true_positives_ = add_variable("true_positives", shape);
    false_positives_ = add_variable("false_positives", shape);
    false_negatives_ = add_variable("false_negatives", shape);
    weights_ = add_variable("intermediate_weights", shape);
  }

  void add(const Tensor& labels, const Tensor& scores, const Tensor& weight) {
    const auto classes = static_cast<std::size_t>(labels.shape()[1]), rows = static_cast<std::size_t>(labels.shape()[0]);
    const auto tp = true_positives_.update<double>(), fp = false_positives_.update<double>(), fn = false_negatives_.update<double>(),
               all = weights_.update<double>();
    for (std::size_t row = 0; row < rows; ++row) {
      const auto truth = labels.data<float>().subspan(row * classes, classes), guess = scores.data<float>().subspan(row * classes, classes);
      const double w = weight.defined() ? static_cast<double>(weight.data<float>()[row]) : 1.0;
      const float largest = classes == 0 ? 0.0F : *std::max_element(guess.begin(), guess.end());
      for (std::size_t i = 0; i < classes; ++i) {
        const bool positive = threshold_ ? guess[i] > static_cast<float>(*threshold_) : guess[i] >= largest && std::fabs(guess[i]) > 1e-9F;
        const std::size_t place = average_ == "micro" ? 0 : i;
        const auto label = static_cast<double>(truth[i]);
        (positive ? tp : fn)[place] += label * w;
        if (positive) fp[place] += (1 - label) * w;
        all[place] += label * w;
      }
    }
  }

  std::string average_;
  double beta_;
  std::optional<double> threshold_;
  Variable true_positives_, false_positives_, false_negatives_, weights_;
};

class FBeta : public FBetaBase {
 public:
  using Options = metrics::FBetaScoreOptions;
  static constexpr std::string_view kClassName = "FBetaScore";
  static void config(Options& o, ConfigFields& f) {
    average_config(o.average, f);
    f("beta", o.beta);
    f("threshold", o.threshold);
  }
  explicit FBeta(const Options& o) : FBetaBase(kClassName, "fbeta_score", o.name, o.dtype, o.average, o.beta, o.threshold) {}
};

class F1 : public FBetaBase {
 public:
  using Options = metrics::F1ScoreOptions;
  static constexpr std::string_view kClassName = "F1Score";
  static void config(Options& o, ConfigFields& f) {
    average_config(o.average, f);
    f("threshold", o.threshold);
  }
  explicit F1(const Options& o) : FBetaBase(kClassName, "f1_score", o.name, o.dtype, o.average, 1.0, o.threshold) {}
};

}  // namespace

std::span<const MetricEntry> f_score_metrics() {
  static constexpr auto kEntries = std::to_array<MetricEntry>({metric_entry<FBeta>(), metric_entry<F1>()});
  return kEntries;
}

}  // namespace nn

namespace metrics {

std::shared_ptr<MetricBase> make_metric(FBetaScoreOptions o) { return std::make_shared<nn::WithOptions<nn::FBeta>>(std::move(o)); }
std::shared_ptr<MetricBase> make_metric(F1ScoreOptions o) { return std::make_shared<nn::WithOptions<nn::F1>>(std::move(o)); }

}  // namespace metrics
}  // namespace namesake
