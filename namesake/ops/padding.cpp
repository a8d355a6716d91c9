// Pad, PadV2, MirrorPad and its gradient.
#include "namesake/ops/padding.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/axis_maps.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

// Pad and PadV2: paddings (rank, 2).
std::int64_t padding(const Tensor& paddings, int axis, int side) { return index_at(paddings, axis * 2 + side); }
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
      std::copy_n(in.raw_as<T>() + done, run, out.raw_as<T>() + offset);
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

// MirrorPad: what is put around comes from inside, mirrored.
enum MirrorMode : std::int64_t { kReflect, kSymmetric };

void infer_mirror_pad(const InferContext& c) {
  infer_pad(c);
  const Shape& in = c.inputs[0].shape();
  if (!in.known_rank() || c.inputs[1].is_symbolic()) return;
  const std::int64_t left_out = c.attrs.integer(0) == kReflect ? 1 : 0;
  for (int i = 0; i < in.rank(); ++i) {
    const std::int64_t most = std::max(padding(c.inputs[1], i, 0), padding(c.inputs[1], i, 1));
    if (most > 0 && in[i] != Shape::kOpen && most > in[i] - left_out) {
      throw_mismatch(c.op, c.inputs,
                     fmt::format("{} cannot mirror {} elements of axis {} of {}.", c.op.name, most, i, to_string(in)),
                     fmt::format("at most {}", in[i] - left_out));
    }
  }
}
/// Which element inside each element of the padded axis is.
AxisMaps mirror_maps(const Shape& inside, const Shape& padded, const Tensor& paddings, std::int64_t mode) {
  AxisMaps maps(padded);
  const std::int64_t shift = mode == kReflect ? 0 : 1;
  std::int64_t below = 1;
  for (int i = inside.rank() - 1; i >= 0; --i) {
    const std::int64_t before = padding(paddings, i, 0), n = inside[i];
    for (std::int64_t k = 0; k < padded[i]; ++k) {
      std::int64_t at = k - before;
      if (at < 0) at = -at - shift;
      if (at >= n) at = 2 * n - 2 + shift - at;
      maps.axis(i)[static_cast<std::size_t>(k)] = at * below;
    }
    below *= n;
  }
  return maps;
}
void mirror_pad_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const AxisMaps maps = mirror_maps(in.shape(), out.shape(), c.inputs[1], c.attrs.integer(0));
  copy_mapped(c.op, maps, in, out);
}
void gradient_mirror_pad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kMirrorPadGrad, c.output_gradients[0], c.inputs[1], c.attrs);
}

// MirrorPadGrad: each element inside gets the sum of those that were made of it.
void infer_mirror_pad_grad(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  check_integers(c, 1);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank()) return;
  if (!c.inputs[1].shape().compatible_with({in.rank(), 2})) {
    throw_mismatch(c.op, c.inputs, "MirrorPadGrad needs two numbers for each axis.");
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) {
    if (c.inputs[1].is_symbolic() || in[i] == Shape::kOpen) {
      out.set(i, Shape::kOpen);
      continue;
    }
    const std::int64_t before = padding(c.inputs[1], i, 0), behind = padding(c.inputs[1], i, 1);
    const std::int64_t inside = in[i] - before - behind, left_out = c.attrs.integer(0) == kReflect ? 1 : 0;
    const std::int64_t most = std::max(before, behind);
    if (before < 0 || behind < 0 || inside < 0 || (most > 0 && most > inside - left_out)) {
      throw_mismatch(c.op, c.inputs,
                     fmt::format("MirrorPadGrad cannot take axis {} of {} as padded so.", i, to_string(in)));
    }
    out.set(i, inside);
  }
  c.outputs[0].shape = out;
}
void mirror_pad_grad_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  with_number(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T{});
    if (in.size() == 0) return;
    const AxisMaps maps = mirror_maps(out.shape(), in.shape(), c.inputs[1], c.attrs.integer(0));
    maps.each([&](std::int64_t at, std::int64_t place) {
      out.raw_as<T>()[at] = static_cast<T>(out.raw_as<T>()[at] + in.raw_as<T>()[place]);
    });
  });
}
void gradient_mirror_pad_grad(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kMirrorPad, c.output_gradients[0], c.inputs[1], c.attrs);
}

constexpr std::string_view kNamesPad[] = {"input", "paddings"};
constexpr std::string_view kNamesPadV2[] = {"input", "paddings", "constant_values"};
constexpr TypeAttr kTypesPad[] = {{"T", 0}, {"Tpaddings", 1}};

constexpr AttrDef kAttrsMirror[] = {{.name = "mode", .kind = AttrKind::kWord, .words = "REFLECT,SYMMETRIC"}};

}  // namespace

constinit const OpRecord kPad = {.name = "Pad",
                                 .input_names = kNamesPad,
                                 .output_names = kNamesOutput,
                                 .types = kTypesPad,
                                 .infer = infer_pad,
                                 .kernel = pad_kernel,
                                 .gradient = gradient_pad,
                                 .any_width = true};
constinit const OpRecord kPadV2 = {.name = "PadV2",
                                   .input_names = kNamesPadV2,
                                   .output_names = kNamesOutput,
                                   .types = kTypesPad,
                                   .infer = infer_pad,
                                   .kernel = pad_kernel,
                                   .gradient = gradient_pad,
                                   .any_width = true};

constinit const OpRecord kMirrorPad = {.name = "MirrorPad",
                                       .input_names = kNamesPad,
                                       .output_names = kNamesOutput,
                                       .attrs = kAttrsMirror,
                                       .types = kTypesPad,
                                       .infer = infer_mirror_pad,
                                       .kernel = mirror_pad_kernel,
                                       .gradient = gradient_mirror_pad,
                                       .any_width = true};
constinit const OpRecord kMirrorPadGrad = {.name = "MirrorPadGrad",
                                           .input_names = kNamesPad,
                                           .output_names = kNamesOutput,
                                           .attrs = kAttrsMirror,
                                           .types = kTypesPad,
                                           .infer = infer_mirror_pad_grad,
                                           .kernel = mirror_pad_grad_kernel,
                                           .gradient = gradient_mirror_pad_grad};

namespace {
Tensor padding_tensor(std::span<const std::array<std::int64_t, 2>> paddings) {
  Tensor pads = Tensor::empty(DType::kInt32, {static_cast<std::int64_t>(paddings.size()), 2});
  for (std::size_t i = 0; i < paddings.size() * 2; ++i)
    pads.raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(paddings[i / 2][i % 2]);
  return pads;
}
}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor pad(const Tensor& x, std::span<const std::array<std::int64_t, 2>> paddings, double value) {
  const Tensor pads = padding_tensor(paddings);
  if (value == 0) return apply(kPad, x, pads);
  return apply(kPadV2, x, pads, number_beside(value, x));
}
Tensor pad(const Tensor& x, std::span<const std::array<std::int64_t, 2>> paddings, std::string_view mode) {
  if (mode == "constant") return pad(x, paddings);
  if (mode == "reflect") return apply(kMirrorPad, x, padding_tensor(paddings), Attrs::of(std::int64_t{kReflect}));
  if (mode == "symmetric") return apply(kMirrorPad, x, padding_tensor(paddings), Attrs::of(std::int64_t{kSymmetric}));
  throw_invalid(kMirrorPad, "There is no such way of padding.", "\"constant\", \"reflect\" or \"symmetric\"",
                std::string(mode));
}

}  // namespace namesake
