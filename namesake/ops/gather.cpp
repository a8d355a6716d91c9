// GatherV2.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/create.h"
#include "namesake/ops/in_pieces.h"
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
[[noreturn]] void throw_no_element(const OpRecord& op, std::int64_t at, std::int64_t n) {
  throw_invalid(op, fmt::format("GatherV2 has no element {} in an axis of {}.", at, n), fmt::format("0 <= index < {}", n),
                std::to_string(at));
}
// Rows of a table that stand side by side: what an embedding is.
template <class T, class Index>
void gather_rows(const KernelContext& c, const T* table, const Index* indices, std::int64_t wanted, std::int64_t n, std::int64_t run, T* out) {
  const auto rows = [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) {
      const auto at = static_cast<std::int64_t>(indices[i]);
      if (at < 0 || at >= n) throw_no_element(c.op, at, n);
      std::copy_n(table + at * run, run, out + i * run);
    }
  };
  constexpr std::int64_t kSmall = 8 * kOneThreadNumbers;  // to copy a number is little work
  if (wanted * run < kSmall) return rows(0, wanted);
  const std::int64_t length = (wanted + base::thread_count() - 1) / base::thread_count();
  base::parallel_for((wanted + length - 1) / length, [&](std::int64_t i) { rows(i * length, std::min(length, wanted - i * length)); });
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
    if (batches == 1 && middle == 1) {
      if (indices.dtype() == DType::kInt32) return gather_rows(c, params.raw_as<T>(), indices.raw_as<std::int32_t>(), wanted, n, run, to);
      return gather_rows(c, params.raw_as<T>(), indices.raw_as<std::int64_t>(), wanted, n, run, to);
    }
    for (std::int64_t line = 0; line < batches * middle; ++line) {
      const T* from = params.raw_as<T>() + line * n * run;
      for (std::int64_t i = 0; i < wanted; ++i, to += run) {
        const std::int64_t at = index_at(indices, line / middle * wanted + i);
        if (at < 0 || at >= n) throw_no_element(c.op, at, n);
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

constexpr std::string_view kNamesGather[] = {"params", "indices", "axis"};
constexpr AttrDef kAttrsGather[] = {{"batch_dims", AttrKind::kInt}};
constexpr TypeAttr kTypesGather[] = {{"Tparams", 0}, {"Tindices", 1}, {"Taxis", 2}};

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

}  // namespace namesake::ops

namespace namesake {

Tensor take(const Tensor& x, const Tensor& indices, int axis) {
  const bool whole = indices.dtype() == DType::kInt32 || indices.dtype() == DType::kInt64;
  return ops::apply(ops::kGatherV2, x, whole ? indices : cast(indices, DType::kInt32), Tensor(axis),
                    ops::Attrs::of(std::int64_t{0}));
}

Tensor take_along_axis(const Tensor& x, const Tensor& indices, int axis) {
  const int place = checked_axis(ops::kGatherV2, axis, x.rank()), last = x.rank() - 1;
  if (indices.rank() != x.rank()) {
    const Tensor inputs[] = {x, indices};
    throw_mismatch(ops::kGatherV2, inputs, "take_along_axis needs indices of the tensor's rank.");
  }
  Shape wanted = x.shape(), given = indices.shape();
  for (int i = 0; i <= last; ++i) {
    if (i == place) continue;
    if (wanted[i] == 1) wanted.set(i, given[i]);
    if (given[i] == 1) given.set(i, wanted[i]);
  }
  wanted.set(place, x.shape()[place]);
  const bool whole = indices.dtype() == DType::kInt32 || indices.dtype() == DType::kInt64;
  Tensor places = whole ? indices : cast(indices, DType::kInt32);
  places = where(less(places, 0), places + x.shape()[place], places);
  const Tensor values = x.shape() == wanted ? x : broadcast_to(x, wanted);
  if (places.shape() != given) places = broadcast_to(places, given);
  return ops::swap_axes(
      ops::apply(ops::kGatherV2, ops::swap_axes(values, place, place + 1, last + 1),
                 ops::swap_axes(places, place, place + 1, last + 1), Tensor(last), ops::Attrs::of(std::int64_t{last})),
      place, last, last + 1);
}

}  // namespace namesake
