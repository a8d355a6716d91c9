// GatherV2, and the sum over segments that is its gradient.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

// params (batch..., middle..., axis, inner...), indices (batch..., wanted...) give (batch..., middle..., wanted...,
// inner...).
struct GatherPlan {
  int batch, axis;
  GatherPlan(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs)
      : batch(static_cast<int>(attrs.integer(0))),
        axis(checked_axis(op, host_ints(op, inputs[2])[0], inputs[0].rank())) {
    if (batch < 0) batch += inputs[1].rank();
    if (batch < 0 || batch > axis || batch > inputs[1].rank())
      throw_mismatch(op, inputs, "GatherV2 has more batch axes than it can have.");
  }
};
void infer_gather(const InferContext& c) {
  const Shape &params = c.inputs[0].shape(), &indices = c.inputs[1].shape();
  check_integers(c, 1);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!params.known_rank() || !indices.known_rank() || !host_ints(c.op, c.inputs[2]).known) return;
  const GatherPlan plan(c.op, c.inputs, c.attrs);
  Shape out = Shape::scalar();
  for (int i = 0; i < plan.axis; ++i) out.push_back(params[i]);
  for (int i = plan.batch; i < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = plan.axis + 1; i < params.rank(); ++i) out.push_back(params[i]);
  c.outputs[0].shape = out;
}
void gather_kernel(const KernelContext& c) {
  const Tensor &params = c.inputs[0], &indices = c.inputs[1], &out = c.outputs[0];
  const GatherPlan plan(c.op, c.inputs, c.attrs);
  const Shape& shape = params.shape();
  const std::int64_t batches = elements_between(shape, 0, plan.batch),
                     middle = elements_between(shape, plan.batch, plan.axis), n = shape[plan.axis];
  const std::int64_t wanted = batches == 0 ? 0 : indices.size() / batches;
  const std::int64_t run = elements_between(shape, plan.axis + 1, shape.rank());
  with_width(c.op, params.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.raw_as<T>();
    for (std::int64_t line = 0; line < batches * middle; ++line) {
      const T* from = params.raw_as<T>() + line * n * run;
      for (std::int64_t i = 0; i < wanted; ++i, to += run) {
        const std::int64_t at = index_at(indices, line / middle * wanted + i);
        if (at < 0 || at >= n) {
          throw_invalid(c.op, fmt::format("GatherV2 has no element {} in an axis of {}.", at, n),
                        fmt::format("0 <= index < {}", n), std::to_string(at));
        }
        std::copy_n(from + at * run, run, to);
      }
    }
  });
}

/// Axes [first, middle) and [middle, last) change places.
Tensor swap_axes(const Tensor& x, int first, int middle, int last) {
  if (first == middle || middle == last) return x;
  std::array<std::int64_t, Shape::kMaxRank> order{};
  int k = 0;
  const auto put = [&](int begin, int end) {
    for (int i = begin; i < end; ++i) order[static_cast<std::size_t>(k++)] = i;
  };
  put(0, first);
  put(middle, last);
  put(first, middle);
  put(last, x.rank());
  return transpose(x, std::span<const std::int64_t>(order.data(), static_cast<std::size_t>(x.rank())));
}

// The gradient's rows are summed where their index points: batch b's indices are moved by b * n, so that one sum serves
// all.
void gradient_gather(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor &params = c.inputs[0], &indices = c.inputs[1];
  const GatherPlan plan(c.op, c.inputs, c.attrs);
  const Shape& shape = params.shape();
  const int wanted_axes = indices.rank() - plan.batch;
  const std::int64_t batches = elements_between(shape, 0, plan.batch), n = shape[plan.axis];
  const Tensor g = swap_axes(c.output_gradients[0], plan.batch, plan.axis, plan.axis + wanted_axes);
  const std::int64_t row =
      elements_between(shape, plan.batch, plan.axis) * elements_between(shape, plan.axis + 1, shape.rank());
  Tensor ids = indices;
  if (batches > 1) {
    const Tensor offsets = reshape(arange(0, static_cast<double>(batches), 1, indices.dtype()) * n, {batches, 1});
    ids = reshape(indices, {batches, indices.size() / batches}) + offsets;
  }
  ids = reshape(ids, {indices.size()});
  const std::int64_t segments[] = {batches * n};
  const Tensor summed = apply(kUnsortedSegmentSum, reshape(g, {indices.size(), row}), ids,
                              int_tensor(segments).with_shape(Shape::scalar()));
  Shape turned = Shape::scalar();  // (batch..., axis, middle..., inner...)
  for (int i = 0; i < plan.batch; ++i) turned.push_back(shape[i]);
  turned.push_back(n);
  for (int i = plan.batch; i < shape.rank(); ++i) {
    if (i != plan.axis) turned.push_back(shape[i]);
  }
  c.input_gradients[0] = swap_axes(reshape(summed, turned), plan.batch, plan.batch + 1, plan.axis + 1);
}

// UnsortedSegmentSum: data (ids..., rest...), segment_ids (ids...), num_segments. A negative id is left out.
void infer_segment_sum(const InferContext& c) {
  const Shape &data = c.inputs[0].shape(), &ids = c.inputs[1].shape();
  check_integers(c, 1);
  const HostInts segments = host_ints(c.op, c.inputs[2]);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!data.known_rank() || !ids.known_rank()) return;
  if (ids.rank() > data.rank())
    throw_mismatch(c.op, c.inputs, "UnsortedSegmentSum needs ids for the first axes of its data.");
  Shape out = {segments.known ? segments[0] : Shape::kOpen};
  for (int i = ids.rank(); i < data.rank(); ++i) out.push_back(data[i]);
  c.outputs[0].shape = out;
}
void segment_sum_kernel(const KernelContext& c) {
  const Tensor &data = c.inputs[0], &ids = c.inputs[1], &out = c.outputs[0];
  const std::int64_t n = out.shape()[0], row = n == 0 ? 0 : out.size() / n;
  with_number(c.op, data.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.raw_as<T>();
    std::fill_n(to, out.size(), T{});
    for (std::int64_t i = 0; i < ids.size(); ++i) {
      const std::int64_t id = index_at(ids, i);
      if (id < 0) continue;
      if (id >= n)
        throw_invalid(c.op, fmt::format("UnsortedSegmentSum has no segment {}.", id), fmt::format("below {}", n),
                      std::to_string(id));
      const T* from = data.raw_as<T>() + i * row;
      for (std::int64_t k = 0; k < row; ++k) to[id * row + k] = static_cast<T>(to[id * row + k] + from[k]);
    }
  });
}
void gradient_segment_sum(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor &g = c.output_gradients[0], &ids = c.inputs[1];
  const Tensor rows = take(g, maximum(ids, 0), 0);
  Shape mask = ids.shape();
  while (mask.rank() < rows.rank()) mask.push_back(1);
  c.input_gradients[0] = where(reshape(greater_equal(ids, 0), mask), rows, zeros_like(rows));
}

constexpr std::string_view kNamesGather[] = {"params", "indices", "axis"};
constexpr AttrDef kAttrsGather[] = {{"batch_dims", AttrKind::kInt}};
constexpr TypeAttr kTypesGather[] = {{"Tparams", 0}, {"Tindices", 1}, {"Taxis", 2}};
constexpr std::string_view kNamesSegment[] = {"data", "segment_ids", "num_segments"};
constexpr TypeAttr kTypesSegment[] = {{"T", 0}, {"Tindices", 1}, {"Tnumsegments", 2}};

}  // namespace

constinit const OpRecord kGatherV2 = {.name = "GatherV2",
                                      .input_names = kNamesGather,
                                      .output_names = kNamesOutput,
                                      .attrs = kAttrsGather,
                                      .types = kTypesGather,
                                      .infer = infer_gather,
                                      .kernel = gather_kernel,
                                      .gradient = gradient_gather,
                                      .any_width = true};
constinit const OpRecord kUnsortedSegmentSum = {.name = "UnsortedSegmentSum",
                                                .input_names = kNamesSegment,
                                                .output_names = kNamesOutput,
                                                .types = kTypesSegment,
                                                .infer = infer_segment_sum,
                                                .kernel = segment_sum_kernel,
                                                .gradient = gradient_segment_sum};

}  // namespace namesake::ops

namespace namesake {

Tensor take(const Tensor& x, const Tensor& indices, int axis) {
  const bool whole = indices.dtype() == DType::kInt32 || indices.dtype() == DType::kInt64;
  return ops::apply(ops::kGatherV2, x, whole ? indices : cast(indices, DType::kInt32), Tensor(axis),
                    ops::Attrs::of(std::int64_t{0}));
}

}  // namespace namesake
