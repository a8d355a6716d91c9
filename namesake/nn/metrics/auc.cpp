// The area under the curve, as Keras takes it: from the counts at all thresholds, label by label if there are several.
#include "namesake/nn/metrics/auc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "namesake/base/error.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/metrics/confusion_counts.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/ops/activations.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace nn {
namespace {

constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()

enum class Curve { kRoc, kPr, kPrGain };
enum class Summation { kInterpolation, kMinoring, kMajoring };

template <class E>
E word_of(std::string_view what, std::string_view word, std::initializer_list<std::string_view> words) {
  std::vector<std::string_view> known;
  for (const std::string_view candidate : words) {
    if (naming::to_lower(word) == naming::to_lower(candidate)) return static_cast<E>(known.size());
    known.push_back(candidate);
  }
  throw InvalidArgument(optim::unknown_word(what, word, known));
}
Curve curve_of(std::string_view word) { return word_of<Curve>("curve", word, {"ROC", "PR", "PRGAIN"}); }
Summation summation_of(std::string_view word) {
  return word_of<Summation>("summation_method", word, {"interpolation", "minoring", "majoring"});
}

double share(double of, double whole) { return whole == 0 ? 0 : of / whole; }

/// The counts at one threshold.
struct Counts {
  double tp, fp, tn, fn;
};

struct Point {
  double x, y;
};
Point point_of(const Counts& c, Curve curve) {
  const double recall = share(c.tp, c.tp + c.fn);
  if (curve == Curve::kRoc) return {share(c.fp, c.fp + c.tn), recall};
  if (curve == Curve::kPr) return {recall, share(c.tp, c.tp + c.fp)};
  if (c.tp == 0) return {0, 1};
  const double scale = share(c.tp + c.fn, c.tn + c.fp);  // gains: https://papers.nips.cc/paper/5867
  return {std::max(1 - scale * c.fn / c.tp, 0.0), 1 - scale * c.fp / c.tp};
}

double height(double a, double b, Summation summation) {
  switch (summation) {
    case Summation::kMinoring: return std::min(a, b);
    case Summation::kMajoring: return std::max(a, b);
    default: return (a + b) / 2;
  }
}

/// The part of the area under the PR curve between two thresholds, true positives interpolated linearly:
/// https://dl.acm.org/doi/10.1145/1143844.1143874
double pr_part(const Counts& low, const Counts& high) {
  const double dtp = low.tp - high.tp, p_low = low.tp + low.fp, p_high = high.tp + high.fp;
  const double slope = share(dtp, std::max(p_low - p_high, 0.0));
  const double intercept = high.tp - slope * p_high;
  const double ratio = p_low > 0 && p_high > 0 ? p_low / p_high : 1;
  return share(slope * (dtp + intercept * std::log(ratio)), std::max(high.tp + high.fn, 0.0));
}

/// Keras writes label weights as a tensor.
JsonValue weights_object(const std::vector<double>& weights) {
  if (weights.empty()) return {};
  JsonValue list = JsonValue::array();
  for (const double weight : weights) list.push_back(weight);
  return JsonValue::object(
      {{"class_name", "__tensor__"}, {"config", JsonValue::object({{"value", std::move(list)}, {"dtype", "float32"}})}});
}
struct LabelWeights {
  std::vector<double> values;
  [[nodiscard]] JsonValue serialize() const { return weights_object(values); }
  [[nodiscard]] static LabelWeights deserialize(const JsonValue& value) {
    const JsonValue* config = value.find("config");
    const JsonValue* list = config != nullptr ? config->find("value") : &value;
    LabelWeights out;
    if (list == nullptr) return out;
    for (const JsonValue& item : list->items("label_weights")) out.values.push_back(item.as_double("label_weights"));
    return out;
  }
};

ThresholdSet thresholds_of(const metrics::AUCOptions& o) {
  ThresholdSet set;
  if (o.thresholds.empty()) {
    if (o.num_thresholds < 2) {
      throw InvalidArgument({.subject = "num_thresholds", .what = "AUC needs several thresholds.", .expected = "2 or more", .received = fmt::format("{}", o.num_thresholds)});
    }
    set = even_thresholds(o.num_thresholds);
  } else {
    set.values = threshold_set(o.thresholds, 0).values;
    std::sort(set.values.begin(), set.values.end());
    set.values.insert(set.values.begin(), 0.0);
    set.values.push_back(1.0);
    set.even = are_even(set.values);
  }
  set.values.front() = -kEpsilon;
  set.values.back() = 1 + kEpsilon;
  return set;
}

class AreaUnderCurve : public MetricBase {
 public:
  using Options = metrics::AUCOptions;
  static constexpr std::string_view kClassName = "AUC";
  static void config(Options& o, ConfigFields& f) {
    std::int64_t count = o.thresholds.empty() ? o.num_thresholds : static_cast<std::int64_t>(o.thresholds.size()) + 2;
    f("num_thresholds", count);
    o.num_thresholds = count;
    f("curve", o.curve);
    f("summation_method", o.summation_method);
    f("multi_label", o.multi_label);
    f("num_labels", o.num_labels);
    LabelWeights weights{o.label_weights};
    f("label_weights", weights);
    o.label_weights = weights.values;
    f("from_logits", o.from_logits);
    if (f.reading() || !o.thresholds.empty()) f("thresholds", o.thresholds);
  }
  explicit AreaUnderCurve(const Options& o)
      : MetricBase(std::string(kClassName), o.name, o.dtype), options_(o), curve_(curve_of(o.curve)), summation_(summation_of(o.summation_method)),
        thresholds_(thresholds_of(o)) {
    if (!o.multi_label && o.num_labels) {
      throw InvalidArgument({.subject = "num_labels", .what = "AUC was given num_labels without multi_label.", .fix = "set multi_label = true"});
    }
    if (!o.multi_label) make_variables(0);
    else if (o.num_labels) make_variables(*o.num_labels);
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) override {
    if (!counts_.true_positives.defined()) {
      if (y_pred.rank() != 2) throw ShapeMismatch({.subject = name(), .what = "AUC of several labels needs a column for each.", .expected = "(batch, labels)", .received = to_string(y_pred.shape())});
      make_variables(y_pred.shape()[1]);
    }
    if (options_.multi_label && y_pred.shape().back() != labels_) {
      throw ShapeMismatch({.subject = name(), .what = "AUC got another number of labels.", .expected = fmt::format("{}", labels_), .received = to_string(y_pred.shape())});
    }
    count_decisions(counts_, thresholds_, y_true, options_.from_logits ? sigmoid(y_pred) : y_pred, sample_weight,
                    {.multi_label = options_.multi_label, .label_weights = options_.label_weights});
  }

  [[nodiscard]] Tensor result() const override {
    if (!options_.multi_label) return scalar(area(0));
    double sum = 0, weights = 0;
    for (std::int64_t label = 0; label < labels_; ++label) {
      const auto place = static_cast<std::size_t>(label);
      const double weight = options_.label_weights.empty() ? 1.0 : options_.label_weights.at(place);
      sum += weight * area(place);
      weights += weight;
    }
    return scalar(share(sum, weights));
  }

 private:
  /// `labels` 0: one curve of all.
  void make_variables(std::int64_t labels) {
    labels_ = labels;
    Shape shape{static_cast<std::int64_t>(thresholds_.values.size())};
    if (options_.multi_label) shape.push_back(labels);
    const auto weights = static_cast<std::int64_t>(options_.label_weights.size());
    if (options_.multi_label && weights != 0 && weights != labels) {
      throw ShapeMismatch({.subject = "label_weights", .what = "The label weights do not fit the labels.", .expected = fmt::format("{} weights", labels), .received = fmt::format("{}", weights)});
    }
    counts_.true_positives = add_variable("true_positives", shape);
    counts_.false_positives = add_variable("false_positives", shape);
    counts_.true_negatives = add_variable("true_negatives", shape);
    counts_.false_negatives = add_variable("false_negatives", shape);
  }

  [[nodiscard]] double area(std::size_t label) const {
    const std::size_t columns = options_.multi_label ? static_cast<std::size_t>(labels_) : 1;
    const Tensor tp = counts_.true_positives.value(), fp = counts_.false_positives.value(), tn = counts_.true_negatives.value(),
                 fn = counts_.false_negatives.value();
    const auto at = [&](std::size_t threshold) {
      const std::size_t i = threshold * columns + label;
      return Counts{tp.data<double>()[i], fp.data<double>()[i], tn.data<double>()[i], fn.data<double>()[i]};
    };
    double sum = 0;
    for (std::size_t i = 0; i + 1 < thresholds_.values.size(); ++i) {
      if (curve_ == Curve::kPr && summation_ == Summation::kInterpolation) {
        sum += pr_part(at(i), at(i + 1));
        continue;
      }
      const Point low = point_of(at(i), curve_), high = point_of(at(i + 1), curve_);
      sum += (low.x - high.x) * height(low.y, high.y, summation_);
    }
    return sum;
  }

  Options options_;
  Curve curve_;
  Summation summation_;
  ThresholdSet thresholds_;
  std::int64_t labels_ = 0;
  ConfusionVariables counts_;
};

}  // namespace

std::span<const MetricEntry> auc_metrics() {
  static constexpr auto kEntries = std::to_array<MetricEntry>({metric_entry<AreaUnderCurve>()});
  return kEntries;
}

}  // namespace nn

namespace metrics {

std::shared_ptr<MetricBase> make_metric(AUCOptions o) { return std::make_shared<nn::WithOptions<nn::AreaUnderCurve>>(std::move(o)); }

}  // namespace metrics
}  // namespace namesake
