#include "namesake/ops/joining.h"

#include <fmt/format.h>

#include <cstring>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

std::int64_t product(const Shape& shape, int begin, int end) {
  std::int64_t n = 1;
  for (int i = begin; i < end; ++i) n *= shape[i];
  return n;
}

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
void join(std::span<const Tensor> values, const Tensor& out, std::int64_t outer) {
  const std::size_t width = size_of(out.dtype());
  if (out.size() == 0) return;
  const std::size_t row = static_cast<std::size_t>(out.size() / outer) * width;
  std::size_t at = 0;
  for (const Tensor& value : values) {
    const std::size_t part = static_cast<std::size_t>(value.size() / outer) * width;
    if (part == 0) continue;
    for (std::int64_t i = 0; i < outer; ++i) {
      const auto k = static_cast<std::size_t>(i);
      std::memcpy(out.raw() + k * row + at, value.raw() + k * part, part);
    }
    at += part;
  }
}
void concat_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  if (size_of(out.dtype()) == 0) throw_unsupported_dtype(c.op, out.dtype());
  const int axis = checked_axis(c.op, host_ints(c.op, c.inputs.back())[0], out.rank());
  join(c.inputs.first(c.inputs.size() - 1), out, product(out.shape(), 0, axis));
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
  if (size_of(out.dtype()) == 0) throw_unsupported_dtype(c.op, out.dtype());
  const int axis = checked_axis(c.op, c.attrs.integer(0), out.rank());
  join(c.inputs, out, product(out.shape(), 0, axis));
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
        std::memcpy(out.raw_as<T>() + done + k, in.raw_as<T>() + offset * run,
                    static_cast<std::size_t>(run) * sizeof(T));
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
    const Tensor split = reshape(g, {product(now, 0, i), times[i], in[i] * product(now, i + 1, now.rank())});
    now.set(i, in[i]);
    g = reshape(sum(split, 1), now);
  }
  c.input_gradients[0] = g;
}

// Pad and PadV2: paddings (rank, 2).
std::int64_t padding(const Tensor& paddings, int axis, int side) {
  const int at = axis * 2 + side;
  return paddings.dtype() == DType::kInt32 ? paddings.raw_as<std::int32_t>()[at] : paddings.raw_as<std::int64_t>()[at];
}
void infer_pad(const InferContext& c) {
  const Shape &in = c.inputs[0].shape(), &pads = c.inputs[1].shape();
  check_integers(c, 1);
  if (c.inputs.size() > 2) check_same_dtype(c, 0, 2);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank()) return;
  if (!pads.compatible_with({in.rank(), 2})) {
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs two numbers for each axis of {}.", c.op.name, to_string(in)),
                   fmt::format("paddings of shape ({}, 2)", in.rank()));
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) {
    if (c.inputs[1].is_symbolic()) {
      out.set(i, Shape::kOpen);
      continue;
    }
    const std::int64_t before = padding(c.inputs[1], i, 0), behind = padding(c.inputs[1], i, 1);
    if (before < 0 || behind < 0)
      throw_invalid(c.op, std::string(c.op.name) + " cannot pad with less than 0 elements.");
    if (in[i] != Shape::kOpen) out.set(i, in[i] + before + behind);
  }
  c.outputs[0].shape = out;
}
void pad_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T value = c.inputs.size() > 2 ? *c.inputs[2].raw_as<T>() : T{};
    for (std::int64_t i = 0, n = out.size(); i < n; ++i) out.raw_as<T>()[i] = value;
    if (in.size() == 0) return;
    std::array<std::int64_t, Shape::kMaxRank> at{};
    const int last = in.rank() - 1;
    const std::int64_t run = last < 0 ? 1 : in.shape()[last];
    for (std::int64_t done = 0; done < in.size(); done += run) {
      std::int64_t offset = 0;
      for (int i = 0; i <= last; ++i)
        offset = offset * out.shape()[i] + at[static_cast<std::size_t>(i)] + padding(c.inputs[1], i, 0);
      std::memcpy(out.raw_as<T>() + offset, in.raw_as<T>() + done, static_cast<std::size_t>(run) * sizeof(T));
      for (int i = last - 1; i >= 0; --i) {
        if (++at[static_cast<std::size_t>(i)] < in.shape()[i]) break;
        at[static_cast<std::size_t>(i)] = 0;
      }
    }
  });
}
void gradient_pad(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  Tensor inside = g;
  for (int i = 0; i < c.inputs[0].rank(); ++i) {
    const std::int64_t before = padding(c.inputs[1], i, 0), behind = padding(c.inputs[1], i, 1);
    if (before != 0 || behind != 0) inside = slice_axis(inside, i, before, g.shape()[i] - behind);
  }
  if (c.needs[0]) c.input_gradients[0] = inside;
  if (c.inputs.size() > 2 && c.needs[2]) c.input_gradients[2] = sum(g) - sum(inside);
}

constexpr std::string_view kNamesConcat[] = {"values", "axis"};
constexpr TypeAttr kTypesConcat[] = {{"T", 0}, {"Tidx", 1}};
constexpr std::string_view kNamesPack[] = {"values"};
constexpr AttrDef kAttrsPack[] = {{"axis", AttrKind::kInt}};
constexpr std::string_view kNamesTile[] = {"input", "multiples"};
constexpr TypeAttr kTypesTile[] = {{"T", 0}, {"Tmultiples", 1}};
constexpr std::string_view kNamesPad[] = {"input", "paddings"};
constexpr std::string_view kNamesPadV2[] = {"input", "paddings", "constant_values"};
constexpr TypeAttr kTypesPad[] = {{"T", 0}, {"Tpaddings", 1}};

}  // namespace

constinit const OpRecord kConcatV2 = {.name = "ConcatV2",
                                      .input_names = kNamesConcat,
                                      .output_names = kNamesOutput,
                                      .types = kTypesConcat,
                                      .infer = infer_concat,
                                      .kernel = concat_kernel,
                                      .gradient = gradient_concat,
                                      .list_input = 0};
constinit const OpRecord kPack = {.name = "Pack",
                                  .input_names = kNamesPack,
                                  .output_names = kNamesOutput,
                                  .attrs = kAttrsPack,
                                  .types = kTypeT,
                                  .infer = infer_pack,
                                  .kernel = pack_kernel,
                                  .gradient = gradient_pack,
                                  .list_input = 0};
constinit const OpRecord kTile = {.name = "Tile",
                                  .input_names = kNamesTile,
                                  .output_names = kNamesOutput,
                                  .types = kTypesTile,
                                  .infer = infer_tile,
                                  .kernel = tile_kernel,
                                  .gradient = gradient_tile};
constinit const OpRecord kPad = {.name = "Pad",
                                 .input_names = kNamesPad,
                                 .output_names = kNamesOutput,
                                 .types = kTypesPad,
                                 .infer = infer_pad,
                                 .kernel = pad_kernel,
                                 .gradient = gradient_pad};
constinit const OpRecord kPadV2 = {.name = "PadV2",
                                   .input_names = kNamesPadV2,
                                   .output_names = kNamesOutput,
                                   .types = kTypesPad,
                                   .infer = infer_pad,
                                   .kernel = pad_kernel,
                                   .gradient = gradient_pad};

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
Tensor tile(const Tensor& x, std::initializer_list<std::int64_t> repeats) {
  return apply(kTile, x, int_tensor(std::span<const std::int64_t>(repeats.begin(), repeats.size())));
}
Tensor pad(const Tensor& x, std::span<const std::array<std::int64_t, 2>> paddings, double value) {
  Tensor pads = Tensor::empty(DType::kInt32, {static_cast<std::int64_t>(paddings.size()), 2});
  for (std::size_t i = 0; i < paddings.size() * 2; ++i)
    pads.raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(paddings[i / 2][i % 2]);
  if (value == 0) return apply(kPad, x, pads);
  return apply(kPadV2, x, pads, number_beside(value, x));
}

}  // namespace namesake
