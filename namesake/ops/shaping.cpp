#include "namesake/ops/shaping.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

// Reshape. An open size of the input makes the left-over size open too, unless everything is accounted for.
Shape reshaped(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  Shape out = shape_of_input(c.op, c.inputs[1]);
  if (!out.known_rank() || c.inputs[1].is_symbolic()) return out;
  int left_over = -1;
  std::int64_t named = 1;
  for (int i = 0; i < out.rank(); ++i) {
    if (out[i] != -1) {
      named *= out[i];
    } else if (left_over >= 0) {
      throw_mismatch(c.op, c.inputs.first(1), fmt::format("Reshape cannot work out two sizes of {}.", to_string(out)),
                     "at most one size of -1");
    } else {
      left_over = i;
    }
  }
  const auto elements = in.elements();
  if (!elements) return out;
  const bool fits = left_over < 0 ? *elements == named : named != 0 && *elements % named == 0;
  if (!fits) {
    throw_mismatch(
        c.op, c.inputs.first(1),
        fmt::format("Reshape cannot make {} of {}: {} elements do not fit.", to_string(out), to_string(in), *elements));
  }
  if (left_over >= 0) out.set(left_over, *elements / named);
  return out;
}
void infer_reshape(const InferContext& c) { c.outputs[0] = {c.inputs[0].dtype(), reshaped(c)}; }
void view_kernel(const KernelContext& c) {
  const Shape& shape = c.specs[0].shape;
  c.outputs[0] = c.inputs[0].shape() == shape ? c.inputs[0].alias() : c.inputs[0].with_shape(shape);
}
void gradient_reshape(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = reshape_as(c.output_gradients[0], c.inputs[0]);
}

// Transpose.
void infer_transpose(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  c.outputs[0].dtype = c.inputs[0].dtype();
  const HostInts perm = host_ints(c.op, c.inputs[1]);
  if (!in.known_rank()) return;
  std::array<bool, Shape::kMaxRank> seen{};
  Shape out = in;
  bool right = perm.size < 0 || perm.size == in.rank();
  for (int i = 0; i < in.rank() && right; ++i) {
    if (!perm.known) {
      out.set(i, Shape::kOpen);
      continue;
    }
    const std::int64_t from = perm[i] < 0 ? perm[i] + in.rank() : perm[i];
    right = from >= 0 && from < in.rank() && !seen[static_cast<std::size_t>(from)];
    if (!right) break;
    seen[static_cast<std::size_t>(from)] = true;
    out.set(i, in[static_cast<int>(from)]);
  }
  if (!right) {
    throw_mismatch(c.op, c.inputs.first(1), fmt::format("Transpose needs each axis of {} once.", to_string(in)),
                   fmt::format("{} different axes", in.rank()));
  }
  c.outputs[0].shape = out;
}

void transpose_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const HostInts perm = host_ints(c.op, c.inputs[1]);
  if (in.rank() == 2 && size_of(in.dtype()) == sizeof(float) &&
      (perm[0] == 1 || perm[0] == -1)) {  // any 4 bytes move as floats do
    return kernels::table().transpose(out.raw_as<float>(), in.raw_as<float>(), in.shape()[0], in.shape()[1]);
  }
  std::array<std::int64_t, Shape::kMaxRank> stride{}, turned{};
  std::int64_t below = 1;
  for (int i = in.rank() - 1; i >= 0; --i) {
    stride[static_cast<std::size_t>(i)] = below;
    below *= in.shape()[i];
  }
  for (int i = 0; i < in.rank(); ++i) {
    turned[static_cast<std::size_t>(i)] = stride[static_cast<std::size_t>(perm[i] < 0 ? perm[i] + in.rank() : perm[i])];
  }
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = in.raw_as<T>();
    T* to = out.raw_as<T>();
    std::array<std::int64_t, Shape::kMaxRank> at{};
    const int last = out.rank() - 1;
    const std::int64_t run = last < 0 ? 1 : out.shape()[last],
                       step = last < 0 ? 1 : turned[static_cast<std::size_t>(last)];
    std::int64_t offset = 0;
    for (std::int64_t done = 0; done < out.size(); done += run) {
      for (std::int64_t i = 0; i < run; ++i) to[done + i] = from[offset + i * step];
      for (int i = last - 1; i >= 0; --i) {
        const auto k = static_cast<std::size_t>(i);
        offset += turned[k];
        if (++at[k] < out.shape()[i]) break;
        at[k] = 0;
        offset -= turned[k] * out.shape()[i];
      }
    }
  });
}
void gradient_transpose(const GradientContext& c) {
  if (!c.needs[0]) return;
  const HostInts perm = host_ints(c.op, c.inputs[1]);
  std::array<std::int64_t, Shape::kMaxRank> back{};
  for (int i = 0; i < perm.size; ++i) back[static_cast<std::size_t>(perm[i] < 0 ? perm[i] + perm.size : perm[i])] = i;
  c.input_gradients[0] =
      transpose(c.output_gradients[0], std::span<const std::int64_t>(back.data(), static_cast<std::size_t>(perm.size)));
}

// ExpandDims and Squeeze.
void infer_expand_dims(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  c.outputs[0].dtype = c.inputs[0].dtype();
  const HostInts place = host_ints(c.op, c.inputs[1]);
  if (!in.known_rank() || !place.known) return;
  if (place.size != 1) throw_mismatch(c.op, c.inputs, "ExpandDims needs one axis.");
  const int axis = checked_axis(c.op, place[0], in.rank() + 1);
  Shape out = Shape::scalar();
  for (int i = 0; i <= in.rank(); ++i) out.push_back(i == axis ? 1 : in[i < axis ? i : i - 1]);
  c.outputs[0].shape = out;
}
void infer_squeeze(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank()) return;
  std::array<bool, Shape::kMaxRank> gone{};
  const int named = c.attrs.list_size(0);
  for (int i = 0; i < named; ++i) {
    const int axis = checked_axis(c.op, c.attrs.list_item(0, i), in.rank());
    if (in[axis] != 1 && in[axis] != Shape::kOpen) {
      throw_mismatch(
          c.op, c.inputs,
          fmt::format("Squeeze cannot drop axis {} of {}: its size is {}, not 1.", axis, to_string(in), in[axis]));
    }
    gone[static_cast<std::size_t>(axis)] = true;
  }
  Shape out = Shape::scalar();
  for (int i = 0; i < in.rank(); ++i) {
    if (named == 0 && in[i] == Shape::kOpen) return;  // the rank depends on it
    if (named == 0 ? in[i] != 1 : !gone[static_cast<std::size_t>(i)]) out.push_back(in[i]);
  }
  c.outputs[0].shape = out;
}
// BroadcastTo and Shape.
void infer_broadcast_to(const InferContext& c) {
  const Shape &in = c.inputs[0].shape(), wanted = shape_of_input(c.op, c.inputs[1]);
  Shape out;
  if (!broadcast_shapes(in, wanted, out) ||
      (out.known_rank() && wanted.fully_known() && !out.compatible_with(wanted))) {
    throw_mismatch(c.op, c.inputs.first(1),
                   fmt::format("BroadcastTo cannot make {} of {}.", to_string(wanted), to_string(in)),
                   "sizes that are equal, or 1, counted from the last axis");
  }
  c.outputs[0] = {c.inputs[0].dtype(), wanted};
}
void broadcast_to_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const WalkPlan<1> plan(out.shape(), {&in.shape()});
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t run = plan.rank == 0 ? 1 : plan.axes[static_cast<std::size_t>(plan.rank) - 1].size;
    const bool one = plan.rank > 0 && plan.axes[static_cast<std::size_t>(plan.rank) - 1].stride[0] == 0;
    plan.each_run([&](const std::array<std::int64_t, 1>& offset, std::int64_t at) {
      const T* from = in.raw_as<T>() + offset[0];
      if (one)
        std::fill_n(out.raw_as<T>() + at, run, *from);
      else
        std::copy_n(from, run, out.raw_as<T>() + at);
    });
  });
}
void gradient_broadcast_to(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = sum_to_shape(c.output_gradients[0], c.inputs[0].shape());
}
void infer_shape(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  c.outputs[0] = {index_type(c, 0), {in.known_rank() ? in.rank() : Shape::kOpen}};
}
void shape_kernel(const KernelContext& c) {
  const Shape& in = c.inputs[0].shape();
  for (int i = 0; i < in.rank(); ++i) {
    if (c.outputs[0].dtype() == DType::kInt32)
      c.outputs[0].raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(in[i]);
    else
      c.outputs[0].raw_as<std::int64_t>()[i] = in[i];
  }
}

constexpr std::string_view kNamesReshape[] = {"tensor", "shape"};
constexpr TypeAttr kTypesReshape[] = {{"T", 0}, {"Tshape", 1}};
constexpr std::string_view kNamesTranspose[] = {"x", "perm"};
constexpr TypeAttr kTypesTranspose[] = {{"T", 0}, {"Tperm", 1}};
constexpr std::string_view kNamesExpand[] = {"input", "dim"};
constexpr TypeAttr kTypesExpand[] = {{"T", 0}, {"Tdim", 1}};
constexpr AttrDef kAttrsSqueeze[] = {{"squeeze_dims", AttrKind::kInts}};
constexpr std::string_view kNamesBroadcast[] = {"input", "shape"};
constexpr TypeAttr kTypesBroadcast[] = {{"T", 0}, {"Tidx", 1}};
constexpr AttrDef kAttrsShape[] = {{"out_type", AttrKind::kType, static_cast<std::int64_t>(DType::kInt32)}};

}  // namespace

constinit const OpRecord kReshape = {.name = "Reshape",
                                     .input_names = kNamesReshape,
                                     .output_names = kNamesOutput,
                                     .types = kTypesReshape,
                                     .infer = infer_reshape,
                                     .kernel = view_kernel,
                                     .gradient = gradient_reshape,
                                     .makes_views = true};
constinit const OpRecord kTranspose = {.name = "Transpose",
                                       .input_names = kNamesTranspose,
                                       .output_names = kNamesY,
                                       .types = kTypesTranspose,
                                       .infer = infer_transpose,
                                       .kernel = transpose_kernel,
                                       .gradient = gradient_transpose,
                                       .any_width = true};
constinit const OpRecord kExpandDims = {.name = "ExpandDims",
                                        .input_names = kNamesExpand,
                                        .output_names = kNamesOutput,
                                        .types = kTypesExpand,
                                        .infer = infer_expand_dims,
                                        .kernel = view_kernel,
                                        .gradient = gradient_reshape,
                                        .makes_views = true};
constinit const OpRecord kSqueeze = {.name = "Squeeze",
                                     .input_names = kNamesInput,
                                     .output_names = kNamesOutput,
                                     .attrs = kAttrsSqueeze,
                                     .types = kTypeT,
                                     .infer = infer_squeeze,
                                     .kernel = view_kernel,
                                     .gradient = gradient_reshape,
                                     .makes_views = true};
constinit const OpRecord kBroadcastTo = {.name = "BroadcastTo",
                                         .input_names = kNamesBroadcast,
                                         .output_names = kNamesOutput,
                                         .types = kTypesBroadcast,
                                         .infer = infer_broadcast_to,
                                         .kernel = broadcast_to_kernel,
                                         .gradient = gradient_broadcast_to,
                                         .any_width = true};
constinit const OpRecord kShape = {.name = "Shape",
                                   .input_names = kNamesInput,
                                   .output_names = kNamesOutput,
                                   .attrs = kAttrsShape,
                                   .types = kTypeT,
                                   .infer = infer_shape,
                                   .kernel = shape_kernel,
                                   .any_width = true,
                                   .blocks_gradient = true};

Tensor reshape_as(const Tensor& x, const Tensor& like) {
  const Shape& shape = like.shape();
  if (std::count(shape.sizes().begin(), shape.sizes().end(), Shape::kOpen) <= 1 && shape.known_rank()) {
    return reshape(x, shape);
  }
  return apply(kReshape, x, shape_of(like));
}

Tensor reshape_to(const Tensor& x, const Tensor& sizes) { return apply(kReshape, x, sizes); }

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor reshape(const Tensor& x, const Shape& newshape) { return apply(kReshape, x, int_tensor(newshape.sizes())); }
Tensor transpose(const Tensor& x) {
  std::array<std::int64_t, Shape::kMaxRank> axes{};
  const int rank = std::max(x.rank(), 0);
  for (int i = 0; i < rank; ++i) axes[static_cast<std::size_t>(i)] = rank - 1 - i;
  return transpose(x, std::span<const std::int64_t>(axes.data(), static_cast<std::size_t>(rank)));
}
Tensor transpose(const Tensor& x, std::span<const std::int64_t> axes) { return apply(kTranspose, x, int_tensor(axes)); }
Tensor expand_dims(const Tensor& x, int axis) { return apply(kExpandDims, x, Tensor(axis)); }
Tensor squeeze(const Tensor& x, std::initializer_list<std::int64_t> axes) {
  Attrs attrs;
  attrs.set_list(0, {axes.begin(), axes.size()});
  return apply(kSqueeze, x, attrs);
}
Tensor broadcast_to(const Tensor& x, const Shape& shape) { return apply(kBroadcastTo, x, int_tensor(shape.sizes())); }
Tensor broadcast_like(const Tensor& x, const Tensor& like) {
  if (x.shape() == like.shape()) return x;
  if (like.shape().fully_known()) return broadcast_to(x, like.shape());
  return apply(kBroadcastTo, x, shape_of(like));
}
Tensor shape_of(const Tensor& x) { return apply(kShape, x, Attrs::of(DType::kInt32)); }

}  // namespace namesake
