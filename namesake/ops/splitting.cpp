// Split, SplitV and Unpack: ops that give lists.
#include "namesake/ops/splitting.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "namesake/ops/create.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

/// Copies x, (outer, its own inner), into the outputs, which lie side by side in it.
void part(const OpRecord& op, const Tensor& x, std::span<Tensor> outputs, std::int64_t outer) {
  if (x.size() == 0) return;
  const std::int64_t row = x.size() / outer;
  with_width(op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.raw_as<T>();
    for (Tensor& out : outputs) {
      const std::int64_t run = out.size() / outer;
      for (std::int64_t i = 0; i < outer; ++i) std::copy_n(from + i * row, run, out.raw_as<T>() + i * run);
      from += run;
    }
  });
}
/// Zeros where an output has no gradient.
Tensors whole_gradients(const GradientContext& c) {
  Tensors gradients;
  gradients.reserve(c.outputs.size() + 1);
  for (std::size_t i = 0; i < c.outputs.size(); ++i) {
    const Tensor& g = c.output_gradients[i];
    gradients.push_back(g.defined() ? g : zeros_like(c.outputs[i]));
  }
  return gradients;
}
void gradient_split_along(const GradientContext& c, std::size_t value, std::size_t axis) {
  if (!c.needs[value]) return;
  Tensors gradients = whole_gradients(c);
  gradients.push_back(c.inputs[axis]);
  c.input_gradients[value] = ops::apply(kConcatV2, gradients);
}

// Split: split_dim, value.
void infer_split(const InferContext& c) {
  const Shape& in = c.inputs[1].shape();
  const HostInts place = host_ints(c.op, c.inputs[0]);
  const auto parts = static_cast<std::int64_t>(c.outputs.size());
  Shape out;
  if (in.known_rank() && place.known) {
    out = in;
    const int axis = checked_axis(c.op, place[0], in.rank());
    if (in[axis] != Shape::kOpen) {
      if (in[axis] % parts != 0) {
        throw_mismatch(c.op, c.inputs.last(1),
                       fmt::format("Split cannot cut axis {} of {} into {} equal parts.", axis, to_string(in), parts),
                       fmt::format("a size that {} divides", parts));
      }
      out.set(axis, in[axis] / parts);
    }
  }
  for (OutputSpec& spec : c.outputs) spec = {c.inputs[1].dtype(), out};
}
void split_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[1];
  part(c.op, x, c.outputs,
       elements_between(x.shape(), 0, checked_axis(c.op, host_ints(c.op, c.inputs[0])[0], x.rank())));
}
void gradient_split(const GradientContext& c) { gradient_split_along(c, 1, 0); }

// SplitV: value, size_splits, split_dim. There may be more parts than a tensor has axes.
void infer_split_v(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  check_integers(c, 1);
  check_rank(c, 1, 1);
  const HostInts place = host_ints(c.op, c.inputs[2]);
  const auto parts = static_cast<std::int64_t>(c.outputs.size());
  if (!c.inputs[1].shape().compatible_with({parts})) {
    throw_mismatch(c.op, c.inputs, "SplitV needs a size for each part.", fmt::format("{} sizes", parts));
  }
  for (OutputSpec& spec : c.outputs) spec = {c.inputs[0].dtype(), Shape()};
  if (!in.known_rank() || !place.known) return;
  const int axis = checked_axis(c.op, place[0], in.rank());
  std::int64_t total = 0;
  int left_over = -1;
  for (std::int64_t i = 0; i < parts; ++i) {
    const std::int64_t size = c.inputs[1].is_symbolic() ? Shape::kOpen : index_at(c.inputs[1], i);
    Shape out = in;
    out.set(axis, size);
    c.outputs[static_cast<std::size_t>(i)].shape = out;
    const bool second = size == -1 && left_over >= 0 && !c.inputs[1].is_symbolic();
    if (size < -1 || second) {
      throw_invalid(c.op, "SplitV got a size that is negative.", "sizes of 0 or more, and at most one of -1",
                    std::to_string(size));
    }
    if (size == -1)
      left_over = static_cast<int>(i);
    else
      total += size;
  }
  if (c.inputs[1].is_symbolic() || in[axis] == Shape::kOpen) return;
  if (left_over < 0 ? total != in[axis] : total > in[axis]) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("SplitV cannot cut axis {} of {} into parts of {} in all.", axis, to_string(in), total),
                   fmt::format("sizes whose sum is {}", in[axis]));
  }
  if (left_over >= 0) c.outputs[static_cast<std::size_t>(left_over)].shape.set(axis, in[axis] - total);
}
void split_v_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  part(c.op, x, c.outputs,
       elements_between(x.shape(), 0, checked_axis(c.op, host_ints(c.op, c.inputs[2])[0], x.rank())));
}
void gradient_split_v(const GradientContext& c) { gradient_split_along(c, 0, 2); }

// Unpack.
enum UnpackAttr : std::size_t { kUnpackNum, kUnpackAxis };
void infer_unpack(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  Shape out;
  if (in.known_rank()) {
    const int axis = checked_axis(c.op, c.attrs.integer(kUnpackAxis), in.rank());
    const auto parts = static_cast<std::int64_t>(c.outputs.size());
    if (in[axis] != Shape::kOpen && in[axis] != parts) {
      throw_mismatch(c.op, c.inputs,
                     fmt::format("Unpack cannot take {} tensors out of axis {} of {}.", parts, axis, to_string(in)),
                     fmt::format("{} of them", in[axis]));
    }
    out = Shape::scalar();
    for (int i = 0; i < in.rank(); ++i) {
      if (i != axis) out.push_back(in[i]);
    }
  }
  for (OutputSpec& spec : c.outputs) spec = {c.inputs[0].dtype(), out};
}
void unpack_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  part(c.op, x, c.outputs, elements_between(x.shape(), 0, checked_axis(c.op, c.attrs.integer(kUnpackAxis), x.rank())));
}
void gradient_unpack(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = ops::apply(kPack, whole_gradients(c), Attrs::of(c.attrs.integer(kUnpackAxis)));
}

constexpr std::string_view kNamesSplit[] = {"split_dim", "value"};
constexpr TypeAttr kTypesSplit[] = {{"T", 1}};
constexpr AttrDef kAttrsSplit[] = {{.name = "num_split", .kind = AttrKind::kInt, .fallback = 1}};
constexpr std::string_view kNamesSplitV[] = {"value", "size_splits", "split_dim"};
constexpr TypeAttr kTypesSplitV[] = {{"T", 0}, {"Tlen", 1}};
constexpr std::string_view kNamesUnpack[] = {"value"};
constexpr AttrDef kAttrsUnpack[] = {{.name = "num", .kind = AttrKind::kInt, .fallback = 1}, {"axis", AttrKind::kInt}};

}  // namespace

constinit const OpRecord kSplit = {.name = "Split",
                                   .input_names = kNamesSplit,
                                   .output_names = kNamesOutput,
                                   .attrs = kAttrsSplit,
                                   .types = kTypesSplit,
                                   .infer = infer_split,
                                   .kernel = split_kernel,
                                   .gradient = gradient_split,
                                   .list_output = 0,
                                   .any_width = true};
constinit const OpRecord kSplitV = {.name = "SplitV",
                                    .input_names = kNamesSplitV,
                                    .output_names = kNamesOutput,
                                    .attrs = kAttrsSplit,
                                    .types = kTypesSplitV,
                                    .infer = infer_split_v,
                                    .kernel = split_v_kernel,
                                    .gradient = gradient_split_v,
                                    .list_output = 0,
                                    .any_width = true};
constinit const OpRecord kUnpack = {.name = "Unpack",
                                    .input_names = kNamesUnpack,
                                    .output_names = kNamesOutput,
                                    .attrs = kAttrsUnpack,
                                    .types = kTypeT,
                                    .infer = infer_unpack,
                                    .kernel = unpack_kernel,
                                    .gradient = gradient_unpack,
                                    .list_output = kUnpackNum,
                                    .any_width = true};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensors unstack(const Tensor& x, int axis) {
  const std::int64_t n = x.shape()[checked_axis(kUnpack, axis, x.rank())];
  if (n == Shape::kOpen) throw_mismatch(kUnpack, {&x, 1}, "Unpack needs an axis whose size is known.");
  if (n == 0) return {};
  return apply_list(kUnpack, {&x, 1}, Attrs::of(n, std::int64_t{axis}));
}
Tensors split(const Tensor& x, std::int64_t sections, int axis) {
  if (sections < 1) throw_invalid(kSplit, "Split needs at least one part.", "", std::to_string(sections));
  return apply_list(kSplit, BorrowedTensors<2>(Tensor(axis), x).view(), Attrs::of(sections));
}
Tensors split_sizes(const Tensor& x, std::span<const std::int64_t> sizes, int axis) {
  const Tensor inputs[] = {x, int_tensor(sizes), Tensor(axis)};
  return apply_list(kSplitV, inputs, Attrs::of(static_cast<std::int64_t>(sizes.size())));
}
Tensors split(const Tensor& x, std::span<const std::int64_t> indices, int axis) {
  std::vector<std::int64_t> sizes(indices.size() + 1);
  std::adjacent_difference(indices.begin(), indices.end(), sizes.begin());
  sizes.back() = -1;
  if (std::any_of(sizes.begin(), sizes.end() - 1, [](std::int64_t size) { return size < 0; })) {
    throw_invalid(kSplitV, "SplitV needs places in ascending order, from 0 on.");
  }
  return split_sizes(x, sizes, axis);
}

}  // namespace namesake
