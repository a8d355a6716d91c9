#include "namesake/nn/metrics/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "namesake/base/error.h"
#include "namesake/nn/losses/fitting.h"
#include "namesake/ops/create.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

[[noreturn]] void refuse(const Tensor& y_true, const Tensor& y_pred, std::string expected) {
  throw ShapeMismatch({.what = "Labels and predictions do not go together.",
                       .expected = std::move(expected),
                       .received = fmt::format("y_true {}, y_pred {}", to_string(y_true.shape()), to_string(y_pred.shape()))});
}

/// The shape that both broadcast to.
std::optional<Shape> common_shape(const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  for (int i = 1; i <= shorter.rank(); ++i) {
    const std::int64_t x = longer[longer.rank() - i], y = shorter[shorter.rank() - i];
    if (x != y && x != 1 && y != 1) return {};
    out.set(longer.rank() - i, x == 1 ? y : x);
  }
  return out;
}

/// Both in one dtype and one shape.
Fitted matched(const Tensor& y_true, const Tensor& y_pred, DType dtype) {
  Fitted fitted = squeeze_or_expand(cast(y_true, dtype), cast(y_pred, dtype));
  if (fitted.first.shape() == fitted.second.shape()) return fitted;
  const auto shape = common_shape(fitted.first.shape(), fitted.second.shape());
  if (!shape) refuse(y_true, y_pred, "equal shapes, or shapes that broadcast");
  return {broadcast_to(fitted.first, *shape), broadcast_to(fitted.second, *shape)};
}

template <class T>
Tensor equal_numbers(const Fitted& fitted) {
  Tensor out = Tensor::empty(DType::kFloat32, fitted.first.shape());
  const auto a = fitted.first.data<T>(), b = fitted.second.data<T>();
  float* to = out.raw_as<float>();
  for (std::size_t i = 0; i < a.size(); ++i) to[i] = a[i] == b[i] ? 1.0F : 0.0F;
  return out;
}

std::size_t first_largest(const float* row, std::size_t count) {
  return static_cast<std::size_t>(std::max_element(row, row + count) - row);
}

Shape without_last(const Shape& shape) { return Shape(shape.sizes().first(static_cast<std::size_t>(shape.rank() - 1))); }

/// Class numbers, one for each row of y_pred (.., classes): as they are, or from a last axis of 1.
Tensor class_numbers(const Tensor& y_true, const Tensor& y_pred) {
  const Shape& shape = y_pred.shape();
  if (shape.rank() < 1) refuse(y_true, y_pred, "predictions (batch, .., classes)");
  const Shape rows = without_last(shape);
  Shape column = rows;
  column.push_back(1);
  const bool fits = y_true.shape() == rows || y_true.shape() == column;
  if (!fits) refuse(y_true, y_pred, fmt::format("y_true {} or {}", to_string(rows), to_string(column)));
  return cast(y_true, DType::kInt64).with_shape(rows);
}

/// The class of each one-hot row, as numbers.
Tensor one_hot_classes(const Tensor& y_true, const Tensor& y_pred) {
  const Shape& shape = y_true.shape();
  const bool fits = shape.rank() >= 1 && shape.rank() == y_pred.shape().rank() && without_last(shape) == without_last(y_pred.shape());
  if (!fits || shape.back() < 1) refuse(y_true, y_pred, "y_true of the shape of y_pred, one-hot");
  const Tensor labels = cast(y_true, DType::kFloat32);
  Tensor out = Tensor::empty(DType::kInt64, without_last(shape));
  const auto classes = static_cast<std::size_t>(shape.back());
  const float* numbers = labels.data<float>().data();
  for (std::size_t row = 0; row < static_cast<std::size_t>(out.size()); ++row) {
    out.raw_as<std::int64_t>()[row] = static_cast<std::int64_t>(first_largest(numbers + row * classes, classes));
  }
  return out;
}

/// `match(row of predictions, number of classes, class)` for each row.
template <class Match>
Tensor each_row(const Tensor& classes, const Tensor& y_pred, Match match) {
  const Tensor scores = cast(y_pred, DType::kFloat32);
  const auto width = static_cast<std::size_t>(scores.shape().back());
  if (width == 0) refuse(classes, y_pred, "at least one class");
  const float* numbers = scores.data<float>().data();
  const auto wanted = classes.data<std::int64_t>();
  Tensor out = Tensor::empty(DType::kFloat32, classes.shape());
  for (std::size_t row = 0; row < wanted.size(); ++row) {
    out.raw_as<float>()[row] = match(numbers + row * width, width, wanted[row]) ? 1.0F : 0.0F;
  }
  return out;
}

Tensor largest_is(const Tensor& classes, const Tensor& y_pred) {
  return each_row(classes, y_pred, [](const float* row, std::size_t width, std::int64_t wanted) {
    return static_cast<std::int64_t>(first_largest(row, width)) == wanted;
  });
}

/// TensorFlow's in_top_k: fewer than k are larger; a number that is not finite says no.
bool in_top_k(const float* row, std::size_t width, std::int64_t wanted, std::int64_t k) {
  if (wanted < 0 || wanted >= static_cast<std::int64_t>(width)) return false;
  const float score = row[wanted];
  std::int64_t larger = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!std::isfinite(row[i])) return false;
    larger += row[i] > score ? 1 : 0;
  }
  return larger < k;
}

}  // namespace

Tensor equal_values(const Tensor& y_true, const Tensor& y_pred) {
  if (y_pred.dtype() == DType::kFloat32) return equal_numbers<float>(matched(y_true, y_pred, DType::kFloat32));
  if (is_floating(y_pred.dtype())) return equal_numbers<double>(matched(y_true, y_pred, DType::kFloat64));
  return equal_numbers<std::int64_t>(matched(y_true, y_pred, DType::kInt64));
}

Tensor binary_matches(const Tensor& y_true, const Tensor& y_pred, double threshold) {
  const Fitted fitted = matched(y_true, y_pred, DType::kFloat32);
  Tensor out = Tensor::empty(DType::kFloat32, fitted.first.shape());
  const auto labels = fitted.first.data<float>(), scores = fitted.second.data<float>();
  const auto limit = static_cast<float>(threshold);
  float* to = out.raw_as<float>();
  for (std::size_t i = 0; i < labels.size(); ++i) to[i] = labels[i] == (scores[i] > limit ? 1.0F : 0.0F) ? 1.0F : 0.0F;
  return out;
}

Tensor categorical_matches(const Tensor& y_true, const Tensor& y_pred) { return largest_is(one_hot_classes(y_true, y_pred), y_pred); }

Tensor sparse_categorical_matches(const Tensor& y_true, const Tensor& y_pred) {
  return largest_is(class_numbers(y_true, y_pred), y_pred);
}

Tensor top_k_matches(const Tensor& y_true, const Tensor& y_pred, std::int64_t k, bool one_hot) {
  const Tensor classes = one_hot ? one_hot_classes(y_true, y_pred) : class_numbers(y_true, y_pred);
  return each_row(classes, y_pred,
                  [k](const float* row, std::size_t width, std::int64_t wanted) { return in_top_k(row, width, wanted, k); });
}

Tensor sorted_ids_matches(const Tensor& y_true, const Tensor& y_pred, std::int64_t k) {
  const Tensor wanted = class_numbers(y_true, y_pred), ids = cast(y_pred, DType::kInt64);
  const auto width = static_cast<std::size_t>(ids.shape().back());
  const std::size_t count = std::min(width, static_cast<std::size_t>(k));
  const auto classes = wanted.data<std::int64_t>(), rows = ids.data<std::int64_t>();
  Tensor out = Tensor::empty(DType::kFloat32, wanted.shape());
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const auto first = rows.subspan(row * width, count);
    out.raw_as<float>()[row] = std::find(first.begin(), first.end(), classes[row]) != first.end() ? 1.0F : 0.0F;
  }
  return out;
}

namespace {

/// The product of the sizes of axes [begin, end).
std::int64_t extent(const Shape& shape, int begin, int end) {
  std::int64_t product = 1;
  for (int i = begin; i < end; ++i) product *= shape[i];
  return product;
}

template <class T>
double sum_of(const T* numbers, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(numbers[i]);
  return sum;
}

/// Values and weights of one rank, the weights in the shape of the values' first axes.
struct Weighted {
  Tensor values, weight;
  std::int64_t inner;  // values for each weight
};
Weighted weighted(const Tensor& given_values, const Tensor& sample_weight) {
  const Fitted fitted = squeeze_or_expand(given_values, cast(sample_weight, DType::kFloat32));
  const Shape& shape = fitted.first.shape();
  const int rank = fitted.second.rank();  // what the weight has; further axes of the values are averaged
  const auto first_axes = [&] { return Shape(shape.sizes().first(static_cast<std::size_t>(rank))); };
  const auto common = rank <= shape.rank() ? common_shape(first_axes(), fitted.second.shape()) : std::nullopt;
  if (!common || *common != first_axes()) {
    throw ShapeMismatch({.what = "The sample weights do not fit the values.",
                         .expected = fmt::format("the first axes of {}", to_string(given_values.shape())),
                         .received = to_string(sample_weight.shape())});
  }
  const Tensor weight = fitted.second.shape() == *common ? fitted.second : broadcast_to(fitted.second, *common);
  return {fitted.first, weight, extent(shape, rank, shape.rank())};
}

template <class T>
WeightedSum sum_numbers(const Tensor& numbers, const Tensor& sample_weight, bool of_means) {
  if (!sample_weight.defined()) {
    const auto samples = static_cast<double>(numbers.rank() > 0 ? numbers.shape()[0] : 1);
    if (numbers.size() == 0) return {0, samples};
    const double total = sum_of(numbers.data<T>().data(), numbers.size());
    return {of_means ? total / static_cast<double>(numbers.size()) * samples : total, samples};
  }
  const Weighted pair = weighted(numbers, sample_weight);
  const T* values = pair.values.template data<T>().data();
  const auto weights = pair.weight.data<float>();
  WeightedSum out;
  for (std::size_t i = 0; i < weights.size() && pair.inner > 0; ++i) {
    out.total += sum_of(values + static_cast<std::int64_t>(i) * pair.inner, pair.inner) * static_cast<double>(weights[i]);
    out.count += static_cast<double>(weights[i]);
  }
  if (!of_means) return out;
  // A weight of more than the batch axis is averaged within each sample.
  const Shape& shape = pair.weight.shape();
  const auto within = static_cast<double>(std::max<std::int64_t>(1, extent(shape, 1, std::max(1, shape.rank()))));
  return {out.total / within / static_cast<double>(std::max<std::int64_t>(1, pair.inner)), out.count / within};
}

WeightedSum sum_values(const Tensor& values, const Tensor& sample_weight, bool of_means) {
  if (values.dtype() == DType::kFloat64) return sum_numbers<double>(values, sample_weight, of_means);
  return sum_numbers<float>(cast(values, DType::kFloat32), sample_weight, of_means);
}

}  // namespace

WeightedSum samplewise_sum(const Tensor& values, const Tensor& sample_weight) { return sum_values(values, sample_weight, true); }

double weighted_total(const Tensor& values, const Tensor& sample_weight) { return sum_values(values, sample_weight, false).total; }

}  // namespace namesake::nn
