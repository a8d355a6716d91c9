// SegmentSum, UnsortedSegmentSum and their like.
#include "namesake/ops/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "namesake/ops/create.h"
#include "namesake/ops/in_pieces.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

// What a segment begins with, and how a number joins it.
struct Sum {
  template <class T>
  static constexpr T kStart = T(0);
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a + b);
  }
};
struct Prod {
  template <class T>
  static constexpr T kStart = T(1);
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a * b);
  }
};
struct Max {
  template <class T>
  static constexpr T kStart = std::numeric_limits<T>::lowest();
  template <class T>
  static T of(T a, T b) {
    return std::max(a, b);
  }
};
struct Min {
  template <class T>
  static constexpr T kStart = std::numeric_limits<T>::max();
  template <class T>
  static T of(T a, T b) {
    return std::min(a, b);
  }
};

void check_segments(const KernelContext& c, std::int64_t n) {
  const Tensor& ids = c.inputs[1];
  for (std::int64_t i = 0; i < ids.size(); ++i) {
    const std::int64_t id = index_at(ids, i);
    if (id < n) continue;
    throw_invalid(c.op, fmt::format("{} has no segment {}.", c.op.name, id), fmt::format("below {}", n), std::to_string(id));
  }
}

/// The same for segments [begin, end).
template <class F, class T, class Id>
void join_rows_of(T* __restrict to, const T* __restrict data, const Id* ids, std::int64_t count, std::int64_t row, std::int64_t begin,
                  std::int64_t end) {
  std::fill(to + begin * row, to + end * row, F::template kStart<T>);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto id = static_cast<std::int64_t>(ids[i]);
    if (id < begin || id >= end) continue;
    T* __restrict segment = to + id * row;
    const T* __restrict from = data + i * row;
    for (std::int64_t k = 0; k < row; ++k) segment[k] = F::of(segment[k], from[k]);
  }
}

/// out[id] = F(out[id], row) for each row of data. Each thread has segments of its own, so that rows join in one order always.
template <class F, class T>
void join_rows(const KernelContext& c) {
  const Tensor &data = c.inputs[0], &ids = c.inputs[1], &out = c.outputs[0];
  const std::int64_t n = out.shape()[0], row = n == 0 ? 0 : out.size() / n;
  check_segments(c, n);
  const std::int64_t wanted = data.size() + out.size() < kOneThreadNumbers ? 1 : base::thread_count();
  const std::int64_t length = std::max<std::int64_t>(1, (n + wanted - 1) / wanted);
  base::parallel_for((n + length - 1) / length, [&](std::int64_t i) {
    const std::int64_t begin = i * length, end = std::min(n, begin + length);
    const auto join = [&](const auto* numbers) {
      join_rows_of<F>(out.raw_as<T>(), data.raw_as<T>(), numbers, ids.size(), row, begin, end);
    };
    if (ids.dtype() == DType::kInt32) return join(ids.raw_as<std::int32_t>());
    join(ids.raw_as<std::int64_t>());
  });
}

// Unsorted: data (ids..., rest...), segment_ids (ids...), num_segments. A negative id is left out.
void infer_unsorted(const InferContext& c) {
  const Shape &data = c.inputs[0].shape(), &ids = c.inputs[1].shape();
  check_integers(c, 1);
  check_rank(c, 2, 0);
  const HostInts segments = host_ints(c.op, c.inputs[2]);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!data.known_rank() || !ids.known_rank()) return;
  const int fewest = std::min(ids.rank(), data.rank());
  const Shape front(data.sizes().first(static_cast<std::size_t>(fewest)));
  if (ids.rank() > data.rank() || !front.compatible_with(ids)) {
    throw_mismatch(
        c.op, c.inputs,
        fmt::format("{} needs a segment for each row: {} does not fit {}.", c.op.name, to_string(ids), to_string(data)),
        "segment_ids of the shape of data's first axes");
  }
  if (segments.known && segments[0] < 0)
    throw_invalid(c.op, std::string(c.op.name) + " cannot have less than 0 segments.");
  Shape out = {segments.known ? segments[0] : Shape::kOpen};
  for (int i = ids.rank(); i < data.rank(); ++i) out.push_back(data[i]);
  c.outputs[0].shape = out;
}
template <class F>
void unsorted_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { join_rows<F, decltype(zero)>(c); });
}

/// The rows of `segments` that each id names; zeros for a negative one.
Tensor rows_of(const Tensor& segments, const Tensor& ids, bool may_drop) {
  if (!may_drop) return take(segments, ids, 0);
  const Tensor rows = take(segments, maximum(ids, 0), 0);
  Shape mask = ids.shape();
  while (mask.rank() < rows.rank()) mask.push_back(1);
  return where(reshape(greater_equal(ids, 0), mask), rows, zeros_like(rows));
}
/// `record`, with the number of segments as c has it.
Tensor again(const GradientContext& c, const OpRecord& record, const Tensor& data) {
  return c.inputs.size() == 3 ? apply(record, data, c.inputs[1], c.inputs[2]) : apply(record, data, c.inputs[1]);
}
const OpRecord& sum_of(const GradientContext& c) { return c.inputs.size() == 3 ? kUnsortedSegmentSum : kSegmentSum; }
Tensor spread(const GradientContext& c, const Tensor& segments) {
  return rows_of(segments, c.inputs[1], c.inputs.size() == 3);
}

void gradient_sum(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = spread(c, c.output_gradients[0]);
}
// Where several numbers are the largest they share the gradient.
void gradient_extreme(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor& x = c.inputs[0];
  const Tensor chosen = equal(x, spread(c, c.outputs[0]));
  const Tensor count = again(c, sum_of(c), cast(chosen, x.dtype()));
  const Tensor share = spread(c, divide_no_nan(c.output_gradients[0], count));
  c.input_gradients[0] = where(chosen, share, zeros_like(share));
}
// The product of the others: without the zeros, and 0 where there is another zero.
void gradient_prod(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor& x = c.inputs[0];
  const OpRecord& product = c.op;
  const Tensor is_zero = equal(x, 0), safe = where(is_zero, ones_like(x), x);
  const Tensor zeros_in = again(c, sum_of(c), cast(is_zero, x.dtype()));
  const Tensor g = where(greater(zeros_in, 1), zeros_like(c.output_gradients[0]), c.output_gradients[0]);
  const Tensor of_others = where(is_zero, spread(c, again(c, product, safe)), spread(c, c.outputs[0]) / safe);
  c.input_gradients[0] = spread(c, g) * of_others;
}

// Sorted: data (n, rest...), segment_ids (n), each as large as the one before it or larger.
void infer_sorted(const InferContext& c) {
  const Shape &data = c.inputs[0].shape(), &ids = c.inputs[1].shape();
  check_integers(c, 1);
  check_rank(c, 1, 1);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!data.known_rank() || !ids.known_rank()) return;
  if (data.rank() == 0 || !ids.compatible_with({data[0]})) {
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs a segment for each row of {}.", c.op.name, to_string(data)));
  }
  Shape out = data;
  out.set(0, Shape::kOpen);
  if (!c.inputs[1].is_symbolic()) {
    const std::int64_t n = c.inputs[1].size();
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t id = index_at(c.inputs[1], i), before = i == 0 ? 0 : index_at(c.inputs[1], i - 1);
      if (id < before) throw_invalid(c.op, std::string(c.op.name) + " needs segments in ascending order, from 0 on.");
    }
    out.set(0, n == 0 ? 0 : index_at(c.inputs[1], n - 1) + 1);
  }
  c.outputs[0].shape = out;
}
/// How many rows each segment has.
std::vector<std::int64_t> rows_of_segments(const KernelContext& c) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(c.outputs[0].shape()[0]));
  for (std::int64_t i = 0; i < c.inputs[1].size(); ++i) ++counts[static_cast<std::size_t>(index_at(c.inputs[1], i))];
  return counts;
}
template <class F, bool kMean>
void sorted_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    join_rows<F, T>(c);
    if (c.outputs[0].size() == 0) return;
    const std::int64_t row = c.outputs[0].size() / c.outputs[0].shape()[0];
    T* out = c.outputs[0].raw_as<T>();
    for (const std::int64_t count : rows_of_segments(c)) {
      for (std::int64_t k = 0; k < row; ++k) {
        if (count == 0 && !std::is_same_v<F, Prod>) out[k] = T(0);
        if (kMean && count > 0) out[k] = static_cast<T>(out[k] / static_cast<T>(count));
      }
      out += row;
    }
  });
}
void gradient_mean(const GradientContext& c) {
  if (!c.needs[0]) return;
  Shape column = c.inputs[0].shape();
  for (int i = 1; i < column.rank(); ++i) column.set(i, 1);
  const Tensor count = apply(kSegmentSum, ones(column, c.inputs[0].dtype()), c.inputs[1]);
  c.input_gradients[0] = spread(c, c.output_gradients[0] / maximum(count, 1));
}

constexpr std::string_view kNamesUnsorted[] = {"data", "segment_ids", "num_segments"};
constexpr TypeAttr kTypesUnsorted[] = {{"T", 0}, {"Tindices", 1}, {"Tnumsegments", 2}};
constexpr std::string_view kNamesSorted[] = {"data", "segment_ids"};
constexpr TypeAttr kTypesSorted[] = {{"T", 0}, {"Tindices", 1}};
using Kernel = void (*)(const KernelContext&);
using Gradient = void (*)(const GradientContext&);
constexpr OpRecord unsorted(std::string_view name, Kernel kernel, Gradient gradient) {
  return {.name = name,
          .input_names = kNamesUnsorted,
          .output_names = kNamesOutput,
          .types = kTypesUnsorted,
          .infer = infer_unsorted,
          .kernel = kernel,
          .gradient = gradient};
}
constexpr OpRecord sorted(std::string_view name, Kernel kernel, Gradient gradient) {
  return {.name = name,
          .input_names = kNamesSorted,
          .output_names = kNamesOutput,
          .types = kTypesSorted,
          .infer = infer_sorted,
          .kernel = kernel,
          .gradient = gradient};
}

}  // namespace

constinit const OpRecord kUnsortedSegmentSum = unsorted("UnsortedSegmentSum", unsorted_kernel<Sum>, gradient_sum);
constinit const OpRecord kUnsortedSegmentProd = unsorted("UnsortedSegmentProd", unsorted_kernel<Prod>, gradient_prod);
constinit const OpRecord kUnsortedSegmentMax = unsorted("UnsortedSegmentMax", unsorted_kernel<Max>, gradient_extreme);
constinit const OpRecord kUnsortedSegmentMin = unsorted("UnsortedSegmentMin", unsorted_kernel<Min>, gradient_extreme);
constinit const OpRecord kSegmentSum = sorted("SegmentSum", sorted_kernel<Sum, false>, gradient_sum);
constinit const OpRecord kSegmentMean = sorted("SegmentMean", sorted_kernel<Sum, true>, gradient_mean);
constinit const OpRecord kSegmentProd = sorted("SegmentProd", sorted_kernel<Prod, false>, gradient_prod);
constinit const OpRecord kSegmentMax = sorted("SegmentMax", sorted_kernel<Max, false>, gradient_extreme);
constinit const OpRecord kSegmentMin = sorted("SegmentMin", sorted_kernel<Min, false>, gradient_extreme);

namespace {
Tensor as_ids(const Tensor& ids) {
  return ids.dtype() == DType::kInt32 || ids.dtype() == DType::kInt64 ? ids : cast(ids, DType::kInt32);
}
}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor segment_sum(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments) {
  return apply(kUnsortedSegmentSum, data, as_ids(segment_ids), int_scalar(num_segments));
}
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments) {
  return apply(kUnsortedSegmentProd, data, as_ids(segment_ids), int_scalar(num_segments));
}
Tensor segment_max(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments) {
  return apply(kUnsortedSegmentMax, data, as_ids(segment_ids), int_scalar(num_segments));
}
Tensor segment_min(const Tensor& data, const Tensor& segment_ids, std::int64_t num_segments) {
  return apply(kUnsortedSegmentMin, data, as_ids(segment_ids), int_scalar(num_segments));
}
Tensor sorted_segment_sum(const Tensor& data, const Tensor& ids) { return apply(kSegmentSum, data, as_ids(ids)); }
Tensor sorted_segment_mean(const Tensor& data, const Tensor& ids) {
  return apply(kSegmentMean, is_floating(data.dtype()) ? data : cast(data, DType::kFloat32), as_ids(ids));
}
Tensor sorted_segment_prod(const Tensor& data, const Tensor& ids) { return apply(kSegmentProd, data, as_ids(ids)); }
Tensor sorted_segment_max(const Tensor& data, const Tensor& ids) { return apply(kSegmentMax, data, as_ids(ids)); }
Tensor sorted_segment_min(const Tensor& data, const Tensor& ids) { return apply(kSegmentMin, data, as_ids(ids)); }

}  // namespace namesake
