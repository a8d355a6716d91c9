// TopKV2 and InTopKV2; sorting is a TopKV2 of all elements, as in TensorFlow.
#include "namesake/ops/sorting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

// TopKV2: input (..., n), k; values and indices (..., k).
void infer_top_k(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  check_rank(c, 1, 0);
  const HostInts k = host_ints(c.op, c.inputs[1]);
  const DType index = c.attrs.type(1) == DType::kInvalid ? DType::kInt32 : index_type(c, 1, true);
  c.outputs[0].dtype = c.inputs[0].dtype();
  c.outputs[1].dtype = index;
  if (in.rank() == 0) throw_mismatch(c.op, c.inputs, "TopKV2 needs a tensor of rank 1 or more.");
  if (k.known && (k[0] < 0 || (in.known_rank() && in.back() != Shape::kOpen && k[0] > in.back()))) {
    throw_invalid(c.op, fmt::format("TopKV2 cannot give the {} largest of {}.", k[0], to_string(in)),
                  fmt::format("0 <= k <= {}", in.back()), std::to_string(k[0]));
  }
  if (!in.known_rank()) return;
  Shape out = in;
  out.set(in.rank() - 1, k.known ? k[0] : Shape::kOpen);
  c.outputs[0].shape = c.outputs[1].shape = out;
}
/// Whether element a comes before b: larger, or equal and earlier; NaN before every number.
template <class T>
bool before(const T* row, std::int64_t a, std::int64_t b) {
  const T x = row[a], y = row[b];
  if (x > y) return true;
  if (x < y) return false;
  const bool nan_x = x != x, nan_y = y != y;
  return nan_x != nan_y ? nan_x : a < b;
}
void top_k_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &values = c.outputs[0], &indices = c.outputs[1];
  const std::int64_t k = values.shape().back(), n = in.shape().back();
  if (values.size() == 0) return;
  const Tensor order_tensor = Tensor::empty(DType::kInt64, {n});
  std::int64_t* order = order_tensor.raw_as<std::int64_t>();
  with_number(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t r = 0; r < in.size() / n; ++r) {
      const T* row = in.raw_as<T>() + r * n;
      std::iota(order, order + n, 0);
      std::partial_sort(order, order + k, order + n,
                        [row](std::int64_t a, std::int64_t b) { return before(row, a, b); });
      for (std::int64_t i = 0; i < k; ++i) {
        values.raw_as<T>()[r * k + i] = row[order[i]];
        if (indices.dtype() == DType::kInt64)
          indices.raw_as<std::int64_t>()[r * k + i] = order[i];
        else
          indices.raw_as<std::int32_t>()[r * k + i] = static_cast<std::int32_t>(order[i]);
      }
    }
  });
}
void gradient_top_k(const GradientContext& c) {
  if (!c.needs[0] || !c.output_gradients[0].defined()) return;
  const Shape& in = c.inputs[0].shape();
  const std::int64_t n = in.back(), rows = n == 0 ? 0 : in.count() / n;
  const Tensor offsets = reshape(arange(0, static_cast<double>(rows), 1, DType::kInt64) * n, {rows, 1});
  const Tensor places = reshape(cast(c.outputs[1], DType::kInt64), {rows, c.outputs[1].shape().back()}) + offsets;
  const Tensor spread =
      apply(kUnsortedSegmentSum, reshape(c.output_gradients[0], {-1}), reshape(places, {-1}), Tensor(rows * n));
  c.input_gradients[0] = reshape(spread, in);
}

// InTopKV2: predictions (batch, classes), targets (batch), k.
void infer_in_top_k(const InferContext& c) {
  check_floating(c, 0);
  check_rank(c, 0, 2);
  check_integers(c, 1);
  check_rank(c, 1, 1);
  check_same_dtype(c, 1, 2);
  check_rank(c, 2, 0);
  const Shape &predictions = c.inputs[0].shape(), &targets = c.inputs[1].shape();
  if (predictions.known_rank() && targets.known_rank() && !Shape{predictions[0]}.compatible_with(targets)) {
    throw_mismatch(c.op, c.inputs, fmt::format("InTopKV2 needs a target for each row of {}.", to_string(predictions)));
  }
  c.outputs[0] = {DType::kBool, targets.known_rank() ? targets : Shape{Shape::kOpen}};
}
template <class T>
bool is_in_top(const T* row, std::int64_t n, std::int64_t target, std::int64_t k) {
  if (target < 0 || target >= n || !std::isfinite(row[target])) return false;
  std::int64_t larger = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(row[i])) return false;
    larger += row[i] > row[target] ? 1 : 0;
  }
  return larger < k;
}
void in_top_k_kernel(const KernelContext& c) {
  const Tensor &predictions = c.inputs[0], &targets = c.inputs[1];
  const std::int64_t n = predictions.shape()[1], k = index_at(c.inputs[2], 0);
  with_floating(c.op, predictions.dtype(), [&](auto zero) {
    for (std::int64_t r = 0; r < targets.size(); ++r) {
      c.outputs[0].raw_as<bool>()[r] =
          is_in_top(predictions.raw_as<decltype(zero)>() + r * n, n, index_at(targets, r), k);
    }
  });
}

constexpr std::string_view kNamesTopK[] = {"input", "k"};
constexpr std::string_view kNamesTopKOut[] = {"values", "indices"};
constexpr AttrDef kAttrsTopK[] = {{.name = "sorted", .kind = AttrKind::kBool, .fallback = 1},
                                  {"index_type", AttrKind::kType, static_cast<std::int64_t>(DType::kInt32)}};
constexpr TypeAttr kTypesTopK[] = {{"T", 0}, {"Tk", 1}};
constexpr std::string_view kNamesInTopK[] = {"predictions", "targets", "k"};
constexpr std::string_view kNamesPrecision[] = {"precision"};
constexpr TypeAttr kTypesInTopK[] = {{"T", 1}};

}  // namespace

constinit const OpRecord kTopKV2 = {.name = "TopKV2",
                                    .input_names = kNamesTopK,
                                    .output_names = kNamesTopKOut,
                                    .attrs = kAttrsTopK,
                                    .types = kTypesTopK,
                                    .infer = infer_top_k,
                                    .kernel = top_k_kernel,
                                    .gradient = gradient_top_k};
constinit const OpRecord kInTopKV2 = {.name = "InTopKV2",
                                      .input_names = kNamesInTopK,
                                      .output_names = kNamesPrecision,
                                      .types = kTypesInTopK,
                                      .infer = infer_in_top_k,
                                      .kernel = in_top_k_kernel,
                                      .blocks_gradient = true};

namespace {

/// Numbers of the opposite order, and back again. Integers: bits turned round, so that none overflows.
Tensor opposite(const Tensor& x) {
  if (is_floating(x.dtype())) return negative(x);
  return x.dtype() == DType::kUInt8 ? 255 - x : -1 - x;
}
/// x with `axis` at the end, and (since two axes change places) back again.
Tensor with_axis_last(const Tensor& x, int axis) {
  const int place = checked_axis(kTopKV2, axis, x.rank()), last = x.rank() - 1;
  if (place == last) return x;
  std::array<std::int64_t, Shape::kMaxRank> order{};
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(place)], order[static_cast<std::size_t>(last)]);
  return transpose(x, std::span<const std::int64_t>(order.data(), static_cast<std::size_t>(x.rank())));
}
TopK ordered(const Tensor& x, int axis, bool descending) {
  const Tensor turned = with_axis_last(x.dtype() == DType::kBool ? cast(x, DType::kUInt8) : x, axis);
  const std::int64_t n = turned.shape().back();
  if (n == Shape::kOpen) throw_mismatch(kTopKV2, {&x, 1}, "A sort needs an axis whose size is known.");
  TopK sorted = top_k(descending ? turned : opposite(turned), n);
  if (!descending) sorted.values = opposite(sorted.values);
  return {cast(with_axis_last(sorted.values, axis), x.dtype()), with_axis_last(sorted.indices, axis)};
}

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

TopK top_k(const Tensor& x, std::int64_t k, bool sorted) {
  std::array<Tensor, 2> outputs;
  const Tensor inputs[] = {x, int_scalar(k)};
  apply_into(kTopKV2, inputs, Attrs::of(sorted, DType::kInt32), outputs);
  return {outputs[0], outputs[1]};
}
Tensor in_top_k(const Tensor& targets, const Tensor& predictions, std::int64_t k) {
  const bool whole = targets.dtype() == DType::kInt32 || targets.dtype() == DType::kInt64;
  const Tensor classes = whole ? targets : cast(targets, DType::kInt32);
  return apply(kInTopKV2, predictions, classes, cast(int_scalar(k), classes.dtype()));
}
Tensor sort(const Tensor& x, int axis, bool descending) { return ordered(x, axis, descending).values; }
Tensor argsort(const Tensor& x, int axis, bool descending) { return ordered(x, axis, descending).indices; }

}  // namespace namesake
