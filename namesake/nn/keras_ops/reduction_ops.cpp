// Reductions over axes, running sums, order.
#include "namesake/ops/reduce.h"

#include <array>
#include <cmath>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/scan.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/sorting.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

using Reduction = Tensor (*)(const Tensor&, const Axes&, bool keepdims);

Compute reduction(OpArguments& a, Reduction function) {
  const auto dtype = a.dtype();
  return one([x = a.operand(0, "x"), axes = a.axes(), keepdims = a.boolean("keepdims"), dtype, function](const Tensors& in) {
    return function(dtype ? cast(x(in), *dtype) : x(in), axes, keepdims);
  });
}

// Max and Min, where `initial` counts as one number more.
Compute extreme(OpArguments& a, Reduction function, Tensor (*with)(const Tensor&, const Tensor&)) {
  const auto initial = a.maybe_number("initial");
  return one([x = a.operand(0, "x"), axes = a.axes(), keepdims = a.boolean("keepdims"), initial, function, with](const Tensors& in) {
    const Tensor value = function(x(in), axes, keepdims);
    return initial ? with(value, ops::number_beside(*initial, value)) : value;
  });
}

Tensor peak_to_peak(const Tensor& x, const Axes& axes, bool keepdims) { return max(x, axes, keepdims) - min(x, axes, keepdims); }
Tensor count_nonzero(const Tensor& x, const Axes& axes, bool) { return sum(cast(not_equal(x, ops::number_beside(0, x)), DType::kInt32), axes); }

// The place of an extreme along an axis; of all axes: in the flattened tensor.
Compute place(OpArguments& a, Tensor (*function)(const Tensor&, int)) {
  const auto axis = a.maybe_integer("axis");
  return one([x = a.operand(0, "x"), axis, keepdims = a.boolean("keepdims"), function](const Tensors& in) {
    const Tensor value = x(in);
    if (axis) {
      const int along = axis_of(value, *axis);
      return keepdims ? expand_dims(function(value, along), along) : function(value, along);
    }
    Tensor result = function(flattened(value), 0);
    for (int i = 0; keepdims && i < value.rank(); ++i) result = expand_dims(result, 0);
    return result;
  });
}

Compute running(OpArguments& a, Tensor (*function)(const Tensor&, int, bool, bool)) {
  const auto axis = a.maybe_integer("axis");
  const auto dtype = a.dtype();
  return one([x = a.operand(0, "x"), axis, dtype, function](const Tensors& in) {
    Tensor value = dtype ? cast(x(in), *dtype) : x(in);
    if (value.dtype() == DType::kBool) value = cast(value, DType::kInt32);
    return axis ? function(value, axis_of(value, *axis), false, false) : function(flattened(value), 0, false, false);
  });
}

// Weights are as x, or a vector along the axis.
Compute make_average(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  const auto weights = a.maybe_operand(1, "weights");
  return one([x = a.operand(0, "x"), axis, weights](const Tensors& in) {
    const Tensor value = x(in);
    const Axes axes = axis ? Axes(axis_of(value, *axis)) : Axes();
    if (!weights) return mean(value, axes);
    Tensor weight = (*weights)(in);
    if (axis && weight.rank() == 1) {
      for (int i = axis_of(value, *axis) + 1; i < value.rank(); ++i) weight = expand_dims(weight, -1);
    }
    return sum(value * weight, axes) / sum(weight, weight.rank() == value.rank() ? axes : Axes());
  });
}

// The middle number of an axis of known size; of two middle ones the mean.
Compute make_median(OpArguments& a) {
  const auto axis = a.maybe_integer("axis");
  return one([x = a.operand(0, "x"), axis, keepdims = a.boolean("keepdims")](const Tensors& in) {
    const Tensor value = is_floating(x(in).dtype()) ? x(in) : cast(x(in), DType::kFloat32);
    const Tensor sorted = axis ? sort(value, axis_of(value, *axis)) : sort(flattened(value), 0);
    const int along = axis ? axis_of(value, *axis) : 0;
    const std::int64_t n = known_size(sorted, along);
    Tensor result = (take_one(sorted, along, (n - 1) / 2) + take_one(sorted, along, n / 2)) * 0.5;
    if (keepdims && axis) result = expand_dims(result, along);
    for (int i = 0; keepdims && !axis && i < value.rank(); ++i) result = expand_dims(result, 0);
    return result;
  });
}

// linalg.Norm: of vectors, and Frobenius' of matrices.
Compute make_norm(OpArguments& a) {
  const JsonValue word = a.value("ord");
  const Axes axes = a.axes();
  const bool keepdims = a.boolean("keepdims"), matrix = axes.values().size() == 2;
  const bool plain = word.is_null() || (word.is_string() && word.as_string() == "fro") || (!matrix && word.is_number() && word.as_double() == 2);
  if (!plain && !word.is_number()) a.fail("\"ord\" is no norm.", "a number, \"fro\" or null", to_json(word));
  if (!plain && (matrix || axes.all())) a.unsupported("only Frobenius' norm of matrices is done here.");
  const double order = plain ? 2 : word.as_double();
  return one([x = a.operand(0, "x"), axes, keepdims, plain, order](const Tensors& in) {
    return plain ? norm(x(in), axes, keepdims) : norm_of_order(x(in), order, axes, keepdims);
  });
}

Compute make_top_k(OpArguments& a) {
  const std::int64_t k = a.integer("k", 1);
  return [x = a.operand(0, "x"), k, sorted = a.boolean("sorted", true)](const Tensors& in) {
    TopK top = top_k(x(in), k, sorted);
    return Tensors{top.values, top.indices};
  };
}
Compute make_in_top_k(OpArguments& a) {
  return one([targets = a.operand(0, "targets"), predictions = a.operand(1, "predictions"), k = a.integer("k", 1)](const Tensors& in) {
    return in_top_k(targets(in), predictions(in), k);
  });
}
Compute ordered(OpArguments& a, Tensor (*function)(const Tensor&, int, bool)) {
  const JsonValue axis = a.value("axis");
  return one([x = a.operand(0, "x"), flat = axis.is_null(), along = a.axis(), function](const Tensors& in) {
    return flat ? function(flattened(x(in)), 0, false) : function(x(in), along, false);
  });
}

Tensor step_along(const Tensor& x, int axis) {
  const std::int64_t size = known_size(x, axis);
  return slice_axis(x, axis, 1, size) - slice_axis(x, axis, 0, size - 1);
}
Compute make_diff(OpArguments& a) {
  return one([x = a.operand(0, "a"), n = a.integer("n", 1), axis = a.axis()](const Tensors& in) {
    Tensor value = x(in);
    for (std::int64_t i = 0; i < n; ++i) value = step_along(value, axis_of(value, axis));
    return value;
  });
}
Compute make_trapezoid(OpArguments& a) {
  if (!a.value("x").is_null()) a.unsupported("with sample points \"x\".");
  return one([y = a.operand(0, "y"), dx = a.number("dx", 1), axis = a.axis()](const Tensors& in) {
    const Tensor value = is_floating(y(in).dtype()) ? y(in) : cast(y(in), DType::kFloat32);
    const int along = axis_of(value, axis);
    const std::int64_t size = known_size(value, along);
    return sum(slice_axis(value, along, 1, size) + slice_axis(value, along, 0, size - 1), along) * (dx / 2);
  });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"All", kNumpyOps, [](OpArguments& a) { return reduction(a, all); }},
    {"Amax", kNumpyOps, [](OpArguments& a) { return reduction(a, max); }},
    {"Amin", kNumpyOps, [](OpArguments& a) { return reduction(a, min); }},
    {"Any", kNumpyOps, [](OpArguments& a) { return reduction(a, any); }},
    {"Argmax", kNumpyOps, [](OpArguments& a) { return place(a, argmax); }},
    {"Argmin", kNumpyOps, [](OpArguments& a) { return place(a, argmin); }},
    {"Argsort", kNumpyOps, [](OpArguments& a) { return ordered(a, argsort); }},
    {"Average", kNumpyOps, make_average},
    {"CountNonzero", kNumpyOps, [](OpArguments& a) { return reduction(a, count_nonzero); }},
    {"Cumprod", kNumpyOps, [](OpArguments& a) { return running(a, cumprod); }},
    {"Cumsum", kNumpyOps, [](OpArguments& a) { return running(a, cumsum); }},
    {"Diff", kNumpyOps, make_diff},
    {"InTopK", kMathOps, make_in_top_k},
    {"Logsumexp", kMathOps, [](OpArguments& a) { return reduction(a, logsumexp); }},
    {"Max", kNumpyOps, [](OpArguments& a) { return extreme(a, max, maximum); }},
    {"Mean", kNumpyOps, [](OpArguments& a) { return reduction(a, mean); }},
    {"Median", kNumpyOps, make_median},
    {"Min", kNumpyOps, [](OpArguments& a) { return extreme(a, min, minimum); }},
    {"Norm", kLinalgOps, make_norm},
    {"Prod", kNumpyOps, [](OpArguments& a) { return reduction(a, prod); }},
    {"Ptp", kNumpyOps, [](OpArguments& a) { return reduction(a, peak_to_peak); }},
    {"Sort", kNumpyOps, [](OpArguments& a) { return ordered(a, sort); }},
    {"Std", kNumpyOps, [](OpArguments& a) { return reduction(a, standard_deviation); }},
    {"Sum", kNumpyOps, [](OpArguments& a) { return reduction(a, sum); }},
    {"TopK", kMathOps, make_top_k},
    {"Trapezoid", kNumpyOps, make_trapezoid},
    {"Var", kNumpyOps, [](OpArguments& a) { return reduction(a, variance); }},
});

}  // namespace

std::span<const OpClass> reduction_ops() { return kClasses; }

}  // namespace namesake::nn
