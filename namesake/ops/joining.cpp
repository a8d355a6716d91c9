#include "namesake/ops/joining.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/splitting.h"

namespace namesake::ops {
namespace {

// ConcatV2: values, then the axis.
void infer_concat(const InferContext& c) {
  const auto values = c.inputs.first(c.inputs.size() - 1);
  const HostInts place = host_ints(c.op, c.inputs.back());
  c.outputs[0].dtype = values[0].dtype();
  Shape out = values[0].shape();
  for (const Tensor& value : values) {
    if (value.dtype() != values[0].dtype()) throw_mismatch(c.op, values, "ConcatV2 needs tensors of one dtype.");
    if (!value.shape().known_rank() || !place.known) return;
  }
  const int axis = checked_axis(c.op, place[0], out.rank());
  std::int64_t total = 0;
  for (const Tensor& value : values) {
    Shape other = value.shape();
    if (other.rank() != out.rank()) throw_mismatch(c.op, values, "ConcatV2 needs tensors of one rank.");
    total = total < 0 || other[axis] < 0 ? Shape::kOpen : total + other[axis];
    other.set(axis, out[axis]);
    if (!other.compatible_with(out)) {
      throw_mismatch(
          c.op, values,
          fmt::format("ConcatV2 cannot join {} and {} along axis {}.", to_string(out), to_string(value.shape()), axis),
          "sizes that are equal, but for that axis");
    }
    for (int i = 0; i < out.rank(); ++i) {
      if (out[i] == Shape::kOpen) out.set(i, other[i]);
    }
  }
  out.set(axis, total);
  c.outputs[0].shape = out;
}

/// Writes `values`, each (outer, its own inner), side by side.
void join(const OpRecord& op, std::span<const Tensor> values, const Tensor& out, std::int64_t outer) {
  if (out.size() == 0) return;
  const std::int64_t row = out.size() / outer;
  with_width(op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.raw_as<T>();
    for (const Tensor& value : values) {
      const std::int64_t part = value.size() / outer;
      for (std::int64_t i = 0; i < outer; ++i) std::copy_n(value.raw_as<T>() + i * part, part, to + i * row);
      to += part;
    }
  });
}
void concat_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  const int axis = checked_axis(c.op, host_ints(c.op, c.inputs.back())[0], out.rank());
  join(c.op, c.inputs.first(c.inputs.size() - 1), out, elements_between(out.shape(), 0, axis));
}
void gradient_concat(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  const int axis = checked_axis(c.op, host_ints(c.op, c.inputs.back())[0], c.inputs[0].rank());
  std::int64_t at = 0;
  for (std::size_t i = 0; i + 1 < c.inputs.size(); ++i) {
    const std::int64_t size = c.inputs[i].shape()[axis];
    if (size == Shape::kOpen)
      throw Unsupported(
          {.subject = "ConcatV2", .what = "The gradient of a join along an open axis needs eager tensors."});
    if (c.needs[i]) c.input_gradients[i] = slice_axis(g, axis, at, at + size);
    at += size;
  }
}

// Pack.
void infer_pack(const InferContext& c) {
  const Shape& first = c.inputs[0].shape();
  c.outputs[0].dtype = c.inputs[0].dtype();
  for (const Tensor& value : c.inputs) {
    if (value.dtype() != c.inputs[0].dtype()) throw_mismatch(c.op, c.inputs, "Pack needs tensors of one dtype.");
    if (!value.shape().compatible_with(first)) {
      throw_mismatch(c.op, c.inputs,
                     fmt::format("Pack cannot stack {} and {}.", to_string(first), to_string(value.shape())),
                     "tensors of one shape");
    }
  }
  if (!first.known_rank()) return;
  const int axis = checked_axis(c.op, c.attrs.integer(0), first.rank() + 1);
  Shape out = Shape::scalar();
  for (int i = 0; i <= first.rank(); ++i)
    out.push_back(i == axis ? static_cast<std::int64_t>(c.inputs.size()) : first[i < axis ? i : i - 1]);
  c.outputs[0].shape = out;
}
void pack_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  const int axis = checked_axis(c.op, c.attrs.integer(0), out.rank());
  join(c.op, c.inputs, out, elements_between(out.shape(), 0, axis));
}
void gradient_pack(const GradientContext& c) {
  const auto axis = static_cast<int>(c.attrs.integer(0));
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (c.needs[i]) c.input_gradients[i] = take_one(c.output_gradients[0], axis, static_cast<std::int64_t>(i));
  }
}

// Tile.
void infer_tile(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  const HostInts times = host_ints(c.op, c.inputs[1]);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank()) return;
  if (times.size >= 0 && times.size != in.rank()) {
    throw_mismatch(c.op, c.inputs.first(1), fmt::format("Tile needs a number for each axis of {}.", to_string(in)),
                   std::to_string(in.rank()) + " numbers");
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) {
    if (times.known && times[i] < 0) throw_invalid(c.op, "Tile cannot repeat less than 0 times.");
    out.set(i, times.known && in[i] != Shape::kOpen ? in[i] * times[i] : Shape::kOpen);
  }
  c.outputs[0].shape = out;
}
void tile_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const Shape &from = in.shape(), &to = out.shape();
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::array<std::int64_t, Shape::kMaxRank> at{};
    const int last = to.rank() - 1;
    const std::int64_t run = last < 0 ? 1 : from[last], row = last < 0 ? 1 : to[last];
    for (std::int64_t done = 0; done < out.size(); done += row) {
      std::int64_t offset = 0;
      for (int i = 0; i < last; ++i) offset = offset * from[i] + at[static_cast<std::size_t>(i)] % from[i];
      for (std::int64_t k = 0; k < row; k += run)
        std::copy_n(in.raw_as<T>() + offset * run, run, out.raw_as<T>() + done + k);
      for (int i = last - 1; i >= 0; --i) {
        if (++at[static_cast<std::size_t>(i)] < to[i]) break;
        at[static_cast<std::size_t>(i)] = 0;
      }
    }
  });
}
// Axis by axis: (outer, times, size, inner) is summed over `times`.
void gradient_tile(const GradientContext& c) {
  if (!c.needs[0]) return;
  const HostInts times = host_ints(c.op, c.inputs[1]);
  Tensor g = c.output_gradients[0];
  const Shape& in = c.inputs[0].shape();
  for (int i = 0; i < times.size; ++i) {
    if (times[i] == 1) continue;
    Shape now = g.shape();
    const Tensor split =
        reshape(g, {elements_between(now, 0, i), times[i], in[i] * elements_between(now, i + 1, now.rank())});
    now.set(i, in[i]);
    g = reshape(sum(split, 1), now);
  }
  c.input_gradients[0] = g;
}

constexpr std::string_view kNamesConcat[] = {"values", "axis"};
constexpr TypeAttr kTypesConcat[] = {{"T", 0}, {"Tidx", 1}};
constexpr std::string_view kNamesPack[] = {"values"};
constexpr AttrDef kAttrsPack[] = {{"axis", AttrKind::kInt}};
constexpr std::string_view kNamesTile[] = {"input", "multiples"};
constexpr TypeAttr kTypesTile[] = {{"T", 0}, {"Tmultiples", 1}};

}  // namespace

constinit const OpRecord kConcatV2 = {.name = "ConcatV2",
                                      .input_names = kNamesConcat,
                                      .output_names = kNamesOutput,
                                      .types = kTypesConcat,
                                      .infer = infer_concat,
                                      .kernel = concat_kernel,
                                      .gradient = gradient_concat,
                                      .list_input = 0,
                                      .any_width = true};
constinit const OpRecord kPack = {.name = "Pack",
                                  .input_names = kNamesPack,
                                  .output_names = kNamesOutput,
                                  .attrs = kAttrsPack,
                                  .types = kTypeT,
                                  .infer = infer_pack,
                                  .kernel = pack_kernel,
                                  .gradient = gradient_pack,
                                  .list_input = 0,
                                  .any_width = true};
constinit const OpRecord kTile = {.name = "Tile",
                                  .input_names = kNamesTile,
                                  .output_names = kNamesOutput,
                                  .types = kTypesTile,
                                  .infer = infer_tile,
                                  .kernel = tile_kernel,
                                  .gradient = gradient_tile,
                                  .any_width = true};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

namespace {
/// The tensors, all of the dtype that they promote to.
Tensors of_one_dtype(const OpRecord& op, std::span<const Tensor> xs) {
  if (xs.empty()) throw_invalid(op, std::string(op.name) + " needs at least one tensor.");
  DType dtype = xs[0].dtype();
  for (const Tensor& x : xs) dtype = result_type(dtype, x.dtype());
  Tensors values;
  values.reserve(xs.size() + 1);
  for (const Tensor& x : xs) values.push_back(cast(x, dtype));
  return values;
}
}  // namespace

Tensor concatenate(std::span<const Tensor> xs, int axis) {
  Tensors values = of_one_dtype(kConcatV2, xs);
  values.push_back(Tensor(axis));
  return ops::apply(kConcatV2, values);
}
Tensor stack(std::span<const Tensor> xs, int axis) {
  return ops::apply(kPack, of_one_dtype(kPack, xs), Attrs::of(axis));
}
Tensor tile(const Tensor& x, std::span<const std::int64_t> repeats) { return apply(kTile, x, int_tensor(repeats)); }
Tensor repeat(const Tensor& x, std::int64_t repeats, int axis) {
  const int place = checked_axis(kTile, axis, x.rank());
  std::array<std::int64_t, Shape::kMaxRank> times{};
  std::fill_n(times.begin(), x.rank() + 1, 1);
  times[static_cast<std::size_t>(place) + 1] = repeats;
  Shape out = x.shape();
  out.set(place, out[place] == Shape::kOpen ? Shape::kOpen : out[place] * repeats);
  return reshape(tile(expand_dims(x, place + 1), {times.data(), static_cast<std::size_t>(x.rank()) + 1}), out);
}

}  // namespace namesake
