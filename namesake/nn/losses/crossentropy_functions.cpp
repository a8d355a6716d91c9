#include "namesake/nn/losses/crossentropy_functions.h"

#include <fmt/format.h>

#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/losses/spec.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

std::string show(const Tensor& y_true, const Tensor& y_pred) {
  return fmt::format("y_true {} {}, y_pred {}", to_string(y_true.dtype()), to_string(y_true.shape()), to_string(y_pred.shape()));
}

void check_same_shape(const char* loss, const Tensor& y_true, const Tensor& y_pred, const char* fix) {
  if (y_true.rank() == y_pred.rank() && y_true.rank() >= 1 && y_true.shape().compatible_with(y_pred.shape())) return;
  throw ShapeMismatch({.subject = loss,
                       .what = fmt::format("Labels and predictions of {} do not go together.", loss),
                       .expected = "y_true of the shape of y_pred",
                       .received = show(y_true, y_pred),
                       .fix = fix});
}

int place_of(std::int64_t axis, const Tensor& tensor) {
  const std::int64_t place = axis < 0 ? axis + tensor.rank() : axis;
  if (place >= 0 && place < tensor.rank()) return static_cast<int>(place);
  throw InvalidArgument({.subject = "axis",
                         .what = "The axis of a loss is none of the predictions' axes.",
                         .expected = fmt::format("-{} to {}", tensor.rank(), tensor.rank() - 1),
                         .received = fmt::format("{}", axis)});
}

/// Axis `place` as the last one.
Tensor moved_last(const Tensor& x, int place) {
  if (place == x.rank() - 1) return x;
  std::vector<std::int64_t> axes;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != place) axes.push_back(i);
  }
  axes.push_back(place);
  return transpose(x, axes);
}

Shape without_last(const Tensor& x) { return Shape(x.shape().sizes().first(static_cast<std::size_t>(x.rank() - 1))); }

/// (.., classes) as a matrix.
Tensor as_rows(const Tensor& x) { return x.rank() == 2 ? x : reshape(x, {-1, x.shape().back()}); }

// TensorFlow's ops take matrices; these take any leading axes.
Tensor softmax_crossentropy(const Tensor& labels, const Tensor& logits) {
  if (logits.rank() == 2) return softmax_cross_entropy_with_logits(labels, logits);
  return reshape(softmax_cross_entropy_with_logits(as_rows(labels), as_rows(logits)), without_last(logits));
}
Tensor sparse_crossentropy(const Tensor& labels, const Tensor& logits) {
  if (logits.rank() == 2) return sparse_softmax_cross_entropy_with_logits(labels, logits);
  return reshape(sparse_softmax_cross_entropy_with_logits(reshape(labels, {-1}), as_rows(logits)), without_last(logits));
}

/// -labels log(sigmoid(logits)) - (1 - labels) log(1 - sigmoid(logits))
Tensor sigmoid_crossentropy(const Tensor& labels, const Tensor& logits) { return softplus(logits) - logits * labels; }

/// What a crossentropy works on: the logits behind `y_pred` if it has some.
struct Predictions {
  Tensor values;
  bool are_logits;
};
Predictions logits_of(const Tensor& y_pred, bool from_logits) {
  const Tensor logits = y_pred.logits();
  if (logits.defined() && logits.dtype() == y_pred.dtype()) return {logits, true};
  return {y_pred, from_logits};
}

Tensor smoothed(const Tensor& labels, double smoothing, double share) {
  return smoothing == 0 ? labels : labels * (1.0 - smoothing) + share;
}

/// The share that smoothing gives to each class.
double smoothing_share(const Tensor& labels, double smoothing) {
  if (smoothing == 0) return 0;
  const std::int64_t classes = labels.shape().back();
  if (classes > 0) return smoothing / static_cast<double>(classes);
  throw ShapeMismatch({.subject = "label_smoothing",
                       .what = "Labels are smoothed over a known number of classes.",
                       .expected = "labels whose last axis is known",
                       .received = to_string(labels.shape())});
}

}  // namespace

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings) {
  check_same_shape("categorical_crossentropy", y_true, y_pred,
                   "use SparseCategoricalCrossentropy for class numbers, or make one-hot labels of them with one_hot()");
  const Tensor labels = smoothed(y_true, settings.label_smoothing, smoothing_share(y_true, settings.label_smoothing));
  const int place = place_of(settings.axis, y_pred);
  const Predictions predictions = logits_of(y_pred, settings.from_logits);
  if (predictions.are_logits) {
    return softmax_crossentropy(moved_last(labels, place), moved_last(predictions.values, place));
  }
  const Tensor normal = predictions.values / sum(predictions.values, place, true);
  return negative(sum(labels * log(clip(normal, kEpsilon, 1.0 - kEpsilon)), place));
}

Tensor sparse_categorical_crossentropy(const Tensor& given, const Tensor& y_pred, bool from_logits,
                                       std::optional<std::int64_t> ignore_class) {
  Tensor labels = given.rank() == y_pred.rank() && given.shape().back() == 1 ? squeeze(given, {-1}) : given;
  const bool fits = y_pred.rank() >= 1 && labels.rank() == y_pred.rank() - 1 &&
                    labels.shape().compatible_with(without_last(y_pred));
  if (!fits) {
    throw ShapeMismatch({.subject = "sparse_categorical_crossentropy",
                         .what = "Labels and predictions of sparse_categorical_crossentropy do not go together.",
                         .expected = "class numbers: y_true of the shape of y_pred without its last axis",
                         .received = show(given, y_pred),
                         .fix = "use CategoricalCrossentropy for one-hot labels"});
  }
  const bool is_index = labels.dtype() == DType::kInt32 || labels.dtype() == DType::kInt64;
  if (!is_index || ignore_class) labels = cast(labels, DType::kInt64);  // ignore_class may lie outside a small dtype
  if (!ignore_class) {
    const Predictions predictions = logits_of(y_pred, from_logits);
    if (predictions.are_logits) return sparse_crossentropy(labels, predictions.values);
    return sparse_crossentropy(labels, log(clip(y_pred, kEpsilon, 1.0 - kEpsilon)));
  }
  const Tensor valid = not_equal(labels, *ignore_class);
  const Tensor kept = where(expand_dims(valid, -1), y_pred, zeros_like(y_pred));  // has no logits, in Keras too
  const Tensor logits = from_logits ? kept : log(clip(kept, kEpsilon, 1.0 - kEpsilon));
  const Tensor each = sparse_crossentropy(where(valid, labels, zeros_like(labels)), logits);
  const Tensor counted = where(valid, each, zeros_like(each));
  counted.set_mask(valid);
  return counted;
}

namespace {

/// The binary crossentropy of each element.
Tensor binary_elements(const Tensor& labels, const Tensor& y_pred, bool from_logits) {
  const Predictions predictions = logits_of(y_pred, from_logits);
  if (predictions.are_logits) return sigmoid_crossentropy(labels, predictions.values);
  const Tensor output = clip(predictions.values, kEpsilon, 1.0 - kEpsilon);
  return negative(labels * log(output) + (1.0 - labels) * log(1.0 - output));
}

}  // namespace

Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, const CrossentropySettings& settings) {
  check_same_shape("binary_crossentropy", y_true, y_pred, "give a label of 0 or 1 for each output");
  const Tensor labels = smoothed(y_true, settings.label_smoothing, 0.5 * settings.label_smoothing);
  return mean(binary_elements(labels, y_pred, settings.from_logits), place_of(settings.axis, y_pred));
}

Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& given, const CrossentropySettings& settings,
                                 const FocalSettings& focal) {
  check_same_shape("binary_focal_crossentropy", y_true, given, "give a label of 0 or 1 for each output");
  const Tensor labels = smoothed(y_true, settings.label_smoothing, 0.5 * settings.label_smoothing);
  const Tensor y_pred = settings.from_logits ? sigmoid(given) : given;
  const Tensor right = labels * y_pred + (1.0 - labels) * (1.0 - y_pred);
  Tensor each = power(1.0 - right, focal.gamma) * binary_elements(labels, y_pred, false);
  if (focal.apply_class_balancing) each = (labels * focal.alpha + (1.0 - labels) * (1.0 - focal.alpha)) * each;
  return mean(each, place_of(settings.axis, y_pred));
}

Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& given, const CrossentropySettings& settings,
                                      const FocalSettings& focal) {
  check_same_shape("categorical_focal_crossentropy", y_true, given,
                   "give one-hot labels; one_hot() makes them of class numbers");
  const Tensor labels = smoothed(y_true, settings.label_smoothing, smoothing_share(y_true, settings.label_smoothing));
  const int place = place_of(settings.axis, given);
  const Tensor y_pred = settings.from_logits ? softmax(given, place) : given;
  const Tensor output = clip(y_pred / sum(y_pred, place, true), kEpsilon, 1.0 - kEpsilon);
  return sum(power(1.0 - output, focal.gamma) * focal.alpha * (negative(labels) * log(output)), place);
}

Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q) {
  const bool fits = y_pred.rank() >= 1 && y_pred.shape().back() >= 1 && y_true.rank() == y_pred.rank() - 1 &&
                    y_true.shape().compatible_with(without_last(y_pred));
  if (!fits) {
    throw ShapeMismatch({.subject = "categorical_generalized_cross_entropy",
                         .what = "Labels and predictions of categorical_generalized_cross_entropy do not go together.",
                         .expected = "class numbers: y_true of the shape of y_pred without its last axis",
                         .received = show(y_true, y_pred)});
  }
  const Tensor chosen = one_hot(cast(y_true, DType::kInt32), y_pred.shape().back(), -1, y_pred.dtype());
  return (1.0 - power(sum(y_pred * chosen, -1), q)) / q;
}

}  // namespace namesake::nn
