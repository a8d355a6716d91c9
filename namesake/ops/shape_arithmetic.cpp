// Size, Rank, ShapeN, BroadcastArgs and BroadcastGradientArgs: what graphs compute about shapes.
#include <algorithm>
#include <array>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

void set_number(const Tensor& t, std::int64_t i, std::int64_t value) {
  if (t.dtype() == DType::kInt32)
    t.raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(value);
  else
    t.raw_as<std::int64_t>()[i] = value;
}

void infer_size(const InferContext& c) { c.outputs[0] = {index_type(c, 0), Shape::scalar()}; }
void size_kernel(const KernelContext& c) { set_number(c.outputs[0], 0, c.inputs[0].size()); }
void infer_rank(const InferContext& c) { c.outputs[0] = {DType::kInt32, Shape::scalar()}; }
void rank_kernel(const KernelContext& c) { set_number(c.outputs[0], 0, c.inputs[0].rank()); }

constexpr std::size_t kCountSlot = 0, kOutTypeSlot = 1;  // of ShapeN
void infer_shape_n(const InferContext& c) {
  if (c.outputs.size() != c.inputs.size()) throw_mismatch(c.op, c.inputs, "ShapeN gives as many shapes as it has tensors.");
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    const Shape& in = c.inputs[i].shape();
    c.outputs[i] = {index_type(c, kOutTypeSlot), {in.known_rank() ? in.rank() : Shape::kOpen}};
  }
}
void shape_n_kernel(const KernelContext& c) {
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    for (int k = 0; k < c.inputs[i].rank(); ++k) set_number(c.outputs[i], k, c.inputs[i].shape()[k]);
  }
}

/// The shape that two shape vectors are broadcast to.
Shape broadcast_of(const InferContext& c) {
  const Shape a = shape_of_input(c.op, c.inputs[0]), b = shape_of_input(c.op, c.inputs[1]);
  Shape out;
  if (!broadcast_shapes(a, b, out)) throw_mismatch(c.op, c.inputs, "Shapes " + to_string(a) + " and " + to_string(b) + " do not broadcast.");
  return out;
}
void check_shapes(const InferContext& c) {
  check_integers(c, 0);
  check_same_dtype(c, 0, 1);
}
void infer_broadcast_args(const InferContext& c) {
  check_shapes(c);
  const Shape out = broadcast_of(c);
  c.outputs[0] = {c.inputs[0].dtype(), {out.known_rank() ? out.rank() : Shape::kOpen}};
}
void broadcast_args_kernel(const KernelContext& c) {
  const Shape out = broadcast_of({c.op, c.inputs, c.attrs, {}});
  for (int i = 0; i < out.rank(); ++i) set_number(c.outputs[0], i, out[i]);
}

using AxisList = std::array<std::int64_t, Shape::kMaxRank>;
/// The axes that the gradient of an input of shape `own` is summed over, when the two were broadcast to `out`.
std::size_t summed_axes(const Shape& own, const Shape& other, const Shape& out, AxisList& axes) {
  std::size_t count = 0;
  if (own == other) return 0;
  for (int i = 0; i < out.rank(); ++i) {
    const int place = i - (out.rank() - own.rank());
    if (place < 0 || own[place] == 1) axes[count++] = i;
  }
  return count;
}
void infer_broadcast_gradient_args(const InferContext& c) {
  check_shapes(c);
  const Shape out = broadcast_of(c);
  const bool known = !c.inputs[0].is_symbolic() && !c.inputs[1].is_symbolic();
  for (std::size_t i = 0; i < 2; ++i) {
    AxisList axes;
    const std::int64_t count =
        known ? static_cast<std::int64_t>(summed_axes(shape_of_input(c.op, c.inputs[i]), shape_of_input(c.op, c.inputs[1 - i]), out, axes)) : Shape::kOpen;
    c.outputs[i] = {c.inputs[0].dtype(), {count}};
  }
}
void broadcast_gradient_args_kernel(const KernelContext& c) {
  const Shape out = broadcast_of({c.op, c.inputs, c.attrs, {}});
  for (std::size_t i = 0; i < 2; ++i) {
    AxisList axes{};
    const std::size_t count = summed_axes(shape_of_input(c.op, c.inputs[i]), shape_of_input(c.op, c.inputs[1 - i]), out, axes);
    for (std::size_t k = 0; k < count; ++k) set_number(c.outputs[i], static_cast<std::int64_t>(k), axes[k]);
  }
}

constexpr AttrDef kAttrsSize[] = {{"out_type", AttrKind::kType, static_cast<std::int64_t>(DType::kInt32)}};
constexpr AttrDef kAttrsShapeN[] = {{.name = "N", .kind = AttrKind::kInt}, kAttrsSize[0]};
constexpr std::string_view kNamesShapes[] = {"s0", "s1"};
constexpr std::string_view kNamesBroadcast[] = {"r0", "r1"};

}  // namespace

constinit const OpRecord kSize = {.name = "Size",
                                  .input_names = kNamesInput,
                                  .output_names = kNamesOutput,
                                  .attrs = kAttrsSize,
                                  .types = kTypeT,
                                  .infer = infer_size,
                                  .kernel = size_kernel,
                                  .any_width = true,
                                  .blocks_gradient = true};
constinit const OpRecord kRank = {.name = "Rank",
                                  .input_names = kNamesInput,
                                  .output_names = kNamesOutput,
                                  .types = kTypeT,
                                  .infer = infer_rank,
                                  .kernel = rank_kernel,
                                  .any_width = true,
                                  .blocks_gradient = true};
constinit const OpRecord kShapeN = {.name = "ShapeN",
                                    .input_names = kNamesInput,
                                    .output_names = kNamesOutput,
                                    .attrs = kAttrsShapeN,
                                    .types = kTypeT,
                                    .infer = infer_shape_n,
                                    .kernel = shape_n_kernel,
                                    .list_input = 0,
                                    .list_output = kCountSlot,
                                    .any_width = true,
                                    .blocks_gradient = true};
constinit const OpRecord kBroadcastArgs = {.name = "BroadcastArgs",
                                           .input_names = kNamesShapes,
                                           .output_names = std::span(kNamesBroadcast).first(1),
                                           .types = kTypeT,
                                           .infer = infer_broadcast_args,
                                           .kernel = broadcast_args_kernel,
                                           .blocks_gradient = true};
constinit const OpRecord kBroadcastGradientArgs = {.name = "BroadcastGradientArgs",
                                                   .input_names = kNamesShapes,
                                                   .output_names = kNamesBroadcast,
                                                   .types = kTypeT,
                                                   .infer = infer_broadcast_gradient_args,
                                                   .kernel = broadcast_gradient_args_kernel,
                                                   .blocks_gradient = true};

}  // namespace namesake::ops
