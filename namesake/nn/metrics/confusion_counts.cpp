#include "namesake/nn/metrics/confusion_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "namesake/base/error.h"
#include "namesake/nn/losses/fitting.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

/// A batch, brought to one shape.
struct Decisions {
  Tensor labels, scores;  // float32
  Tensor weight;          // float32, of the same shape; undefined: all 1
  std::int64_t columns;   // the last axis
};

std::string show(const Tensor& y_true, const Tensor& y_pred) {
  return fmt::format("y_true {}, y_pred {}", to_string(y_true.shape()), to_string(y_pred.shape()));
}

/// Only the k largest numbers of each row stay; of equal ones the first. The others become kBelowAll.
Tensor only_top_k(const Tensor& scores, std::int64_t k) {
  const std::int64_t width = scores.shape().back();
  if (k < 1 || k > width) {
    throw InvalidArgument({.subject = "top_k", .what = "top_k lies outside its range.", .expected = fmt::format("1 to {}", width), .received = fmt::format("{}", k)});
  }
  Tensor out = Tensor::empty(DType::kFloat32, scores.shape());
  std::vector<std::int64_t> order(static_cast<std::size_t>(width));
  const float* from = scores.data<float>().data();
  for (std::int64_t row = 0; row < scores.size(); row += width) {
    std::iota(order.begin(), order.end(), row);
    std::stable_sort(order.begin(), order.end(), [from](std::int64_t a, std::int64_t b) { return from[a] > from[b]; });
    for (std::size_t i = 0; i < order.size(); ++i) {
      out.raw_as<float>()[order[i]] = static_cast<std::int64_t>(i) < k ? from[order[i]] : static_cast<float>(kBelowAll);
    }
  }
  return out;
}

Tensor one_class(const Tensor& x, std::int64_t class_id) {
  if (x.rank() < 2 || class_id < 0 || class_id >= x.shape().back()) {
    throw InvalidArgument({.subject = "class_id",
                           .what = "class_id names none of the classes.",
                           .expected = "labels and predictions (batch, classes), and a class of them",
                           .received = fmt::format("{} of {}", class_id, to_string(x.shape()))});
  }
  return slice_axis(x, -1, class_id, class_id + 1);
}

Tensor weight_of(const Tensor& sample_weight, const Tensor& labels, const Tensor& scores) {
  if (!sample_weight.defined()) return {};
  const Tensor column = expand_dims(cast(sample_weight, DType::kFloat32), -1);
  const Tensor weight = squeeze_or_expand(labels, column, false).second;
  const Shape &from = weight.shape(), &to = scores.shape();
  bool fits = from.rank() <= to.rank();
  for (int i = 1; fits && i <= from.rank(); ++i) {
    fits = from[from.rank() - i] == 1 || from[from.rank() - i] == to[to.rank() - i];
  }
  if (!fits) {
    throw ShapeMismatch({.what = "The sample weights do not fit the predictions.",
                         .expected = fmt::format("the first axes of {}", to_string(to)),
                         .received = to_string(sample_weight.shape())});
  }
  return from == to ? weight : broadcast_to(weight, to);
}

Decisions decisions_of(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight, const ConfusionOptions& options) {
  const Fitted fitted = squeeze_or_expand(cast(y_pred, DType::kFloat32), cast(y_true, DType::kFloat32));
  Tensor scores = fitted.first, labels = fitted.second;
  if (scores.shape() != labels.shape() || scores.rank() < 1) {
    throw ShapeMismatch({.what = "Labels and predictions do not go together.", .expected = "equal shapes", .received = show(y_true, y_pred)});
  }
  const Tensor weight_shape = labels;
  if (options.top_k) scores = only_top_k(scores, *options.top_k);
  if (options.class_id) {
    scores = one_class(scores, *options.class_id);
    labels = one_class(labels, *options.class_id);
  }
  if (options.multi_label && scores.rank() != 2) {
    throw ShapeMismatch({.what = "A metric of several labels needs a column for each.", .expected = "(batch, labels)", .received = show(y_true, y_pred)});
  }
  return {labels, scores, weight_of(sample_weight, weight_shape, scores), scores.shape().back()};
}

/// The positives of either label, for each threshold and column.
struct Positives {
  std::vector<double> of_true, of_false;             // (thresholds, columns)
  std::vector<double> all_true, all_false;           // (columns): whatever was decided
};

class Counter {
 public:
  Counter(const Decisions& decisions, const ConfusionOptions& options)
      : d_(decisions), columns_(options.multi_label ? static_cast<std::size_t>(decisions.columns) : 1), label_weights_(options.label_weights) {
    if (label_weights_.empty() || options.multi_label) {
      label_weights_ = {};
    } else if (static_cast<std::int64_t>(label_weights_.size()) != d_.columns) {
      throw ShapeMismatch({.subject = "label_weights",
                           .what = "The label weights do not fit the predictions.",
                           .expected = fmt::format("{} weights", d_.columns),
                           .received = fmt::format("{}", label_weights_.size())});
    }
  }

  [[nodiscard]] Positives count(const ThresholdSet& thresholds) const {
    Positives p;
    p.of_true.resize(thresholds.values.size() * columns_);
    p.of_false.resize(p.of_true.size());
    p.all_true.resize(columns_);
    p.all_false.resize(columns_);
    if (thresholds.even) by_buckets(thresholds.values, p);
    else one_by_one(thresholds.values, p);
    return p;
  }

 private:
  /// add(score, weight, column, label is true) for each decision.
  template <class Add>
  void each(Add add) const {
    const auto labels = d_.labels.data<float>(), scores = d_.scores.data<float>();
    const auto weights = d_.weight.defined() ? d_.weight.data<float>() : std::span<const float>();
    const auto width = static_cast<std::size_t>(d_.columns);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      double weight = weights.empty() ? 1.0 : static_cast<double>(weights[i]);
      if (!label_weights_.empty()) weight *= label_weights_[i % width];
      add(scores[i], weight, columns_ == 1 ? 0 : i % width, labels[i] != 0);
    }
  }

  void one_by_one(const std::vector<double>& thresholds, Positives& p) const {
    each([&](float score, double weight, std::size_t column, bool is_true) {
      (is_true ? p.all_true : p.all_false)[column] += weight;
      for (std::size_t t = 0; t < thresholds.size(); ++t) {
        if (score > static_cast<float>(thresholds[t])) (is_true ? p.of_true : p.of_false)[t * columns_ + column] += weight;
      }
    });
  }

  /// Each prediction goes into the bucket of the last threshold that it lies above; the sums of what is behind are the counts.
  void by_buckets(const std::vector<double>& thresholds, Positives& p) const {
    const bool beyond = thresholds.front() < 0 || thresholds.back() > 1;  // then 0 lies above the first one
    const auto steps = static_cast<float>(thresholds.size()) - 1.0F;
    each([&](float score, double weight, std::size_t column, bool is_true) {
      (is_true ? p.all_true : p.all_false)[column] += weight;
      float bucket = std::ceil(std::clamp(score, 0.0F, 1.0F) * steps) - 1.0F;
      if (beyond) bucket = std::max(bucket, 0.0F);
      if (!(bucket >= 0)) return;  // 0, or not a number
      (is_true ? p.of_true : p.of_false)[static_cast<std::size_t>(bucket) * columns_ + column] += weight;
    });
    for (std::vector<double>* sums : {&p.of_true, &p.of_false}) {
      for (std::size_t i = sums->size() - columns_; i-- > 0;) (*sums)[i] += (*sums)[i + columns_];
    }
  }

  const Decisions& d_;
  std::size_t columns_;
  std::span<const double> label_weights_;
};

void add(const Variable& variable, const std::vector<double>& positives) {
  if (!variable.defined()) return;
  const auto numbers = variable.update<double>();
  for (std::size_t i = 0; i < positives.size(); ++i) numbers[i] += positives[i];
}
void add_rest(const Variable& variable, const std::vector<double>& positives, const std::vector<double>& all) {
  if (!variable.defined()) return;
  const auto numbers = variable.update<double>();
  for (std::size_t i = 0; i < positives.size(); ++i) numbers[i] += all[i % all.size()] - positives[i];
}

}  // namespace

bool are_even(std::span<const double> thresholds) {
  if (thresholds.size() < 3) return false;
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const double even = static_cast<double>(i) / static_cast<double>(thresholds.size() - 1);
    if (!(std::fabs(thresholds[i] - even) <= 1e-7 + 1e-5 * even)) return false;
  }
  return true;
}

ThresholdSet threshold_set(const std::vector<double>& given, double usual) {
  if (given.empty()) return {{usual}, false};
  for (const double threshold : given) {
    if (threshold >= 0 && threshold <= 1) continue;
    throw InvalidArgument({.subject = "thresholds", .what = "A threshold lies outside its range.", .expected = "0 to 1", .received = fmt::format("{}", threshold)});
  }
  return {given, are_even(given)};
}

ThresholdSet even_thresholds(std::int64_t count) {
  if (count < 1) {
    throw InvalidArgument({.subject = "num_thresholds", .what = "The number of thresholds is not positive.", .received = fmt::format("{}", count)});
  }
  if (count == 1) return {{0.5}, false};
  std::vector<double> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / static_cast<double>(values.size() - 1);
  return {std::move(values), true};
}

void count_decisions(const ConfusionVariables& variables, const ThresholdSet& thresholds, const Tensor& y_true, const Tensor& y_pred,
                     const Tensor& sample_weight, const ConfusionOptions& options) {
  const Decisions decisions = decisions_of(y_true, y_pred, sample_weight, options);
  const Positives positives = Counter(decisions, options).count(thresholds);
  add(variables.true_positives, positives.of_true);
  add(variables.false_positives, positives.of_false);
  add_rest(variables.false_negatives, positives.of_true, positives.all_true);
  add_rest(variables.true_negatives, positives.of_false, positives.all_false);
}

}  // namespace namesake::nn
