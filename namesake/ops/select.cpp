// SelectV2, the older Select, and the places where a condition holds.
#include <algorithm>
#include <string>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/splitting.h"

namespace namesake::ops {
namespace {

void infer_select(const InferContext& c) {
  if (c.inputs[0].dtype() != DType::kBool) throw_mismatch(c.op, c.inputs, "SelectV2 needs a bool condition.", "bool");
  check_same_dtype(c, 1, 2);
  Shape values;
  c.outputs[0].dtype = c.inputs[1].dtype();
  if (!broadcast_shapes(c.inputs[1].shape(), c.inputs[2].shape(), values) ||
      !broadcast_shapes(c.inputs[0].shape(), values, c.outputs[0].shape)) {
    throw_mismatch(c.op, c.inputs, "SelectV2 cannot broadcast its three inputs.",
                   "sizes that are equal, or 1, counted from the last axis");
  }
}
void select_kernel(const KernelContext& c) {
  const Tensor &p = c.inputs[0], &a = c.inputs[1], &b = c.inputs[2], &out = c.outputs[0];
  if (out.size() == 0) return;
  const WalkPlan<3> plan(out.shape(), {&p.shape(), &a.shape(), &b.shape()});
  const WalkPlan<3>::Axis single{1, {}};
  const auto& inner = plan.rank == 0 ? single : plan.axes[static_cast<std::size_t>(plan.rank) - 1];
  with_width(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    plan.each_run([&](const std::array<std::int64_t, 3>& offset, std::int64_t at) {
      const bool* flag = p.raw_as<bool>() + offset[0];
      const T *x = a.raw_as<T>() + offset[1], *y = b.raw_as<T>() + offset[2];
      T* z = out.raw_as<T>() + at;
      for (std::int64_t i = 0; i < inner.size; ++i) {
        z[i] = flag[i * inner.stride[0]] ? x[i * inner.stride[1]] : y[i * inner.stride[2]];
      }
    });
  });
}
void gradient_select(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  const Tensor nothing = zeros_like(g);
  if (c.needs[1]) c.input_gradients[1] = sum_to_shape(where(c.inputs[0], g, nothing), c.inputs[1].shape());
  if (c.needs[2]) c.input_gradients[2] = sum_to_shape(where(c.inputs[0], nothing, g), c.inputs[2].shape());
}
// Select, the older op: the condition has the others' shape, or says of each row which one it is.
void infer_old_select(const InferContext& c) {
  if (c.inputs[0].dtype() != DType::kBool) throw_mismatch(c.op, c.inputs, "Select needs a bool condition.", "bool");
  check_same_dtype(c, 1, 2);
  const Shape &p = c.inputs[0].shape(), &a = c.inputs[1].shape(), &b = c.inputs[2].shape();
  const bool rows = p.rank() == 0 || (p.rank() == 1 && a.rank() > 0 && Shape{a[0]}.compatible_with(p));
  if (!a.compatible_with(b) || (!p.compatible_with(a) && !rows)) {
    throw_mismatch(c.op, c.inputs, "Select needs three tensors of one shape, or a condition for each row.");
  }
  c.outputs[0] = {c.inputs[1].dtype(), a.fully_known() ? a : b};
}
Tensor rows_condition(const Tensor& condition, const Shape& shape) {
  if (condition.rank() != 1 || shape.rank() <= 1) return condition;
  Shape rows = condition.shape();
  while (rows.rank() < shape.rank()) rows.push_back(1);
  return reshape(condition, rows);
}
void old_select_kernel(const KernelContext& c) {
  const StopRecording unseen;
  const Tensor inputs[] = {rows_condition(c.inputs[0], c.inputs[1].shape()), c.inputs[1], c.inputs[2]};
  select_kernel({c.op, inputs, c.attrs, c.outputs});
}
void gradient_old_select(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  const Tensor condition = rows_condition(c.inputs[0], c.inputs[1].shape()), nothing = zeros_like(g);
  if (c.needs[1]) c.input_gradients[1] = where(condition, g, nothing);
  if (c.needs[2]) c.input_gradients[2] = where(condition, nothing, g);
}
// Where: the places, (number of them, rank), of what is not 0. Their number is known when the numbers are there.
std::int64_t count_set(const OpRecord& op, const Tensor& x) {
  if (x.dtype() == DType::kBool) return std::count(x.raw_as<bool>(), x.raw_as<bool>() + x.size(), true);
  std::int64_t count = 0;
  with_number(op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    count = x.size() - std::count(x.raw_as<T>(), x.raw_as<T>() + x.size(), T(0));
  });
  return count;
}
void infer_where(const InferContext& c) {
  const Tensor& x = c.inputs[0];
  c.outputs[0] = {DType::kInt64, {x.is_symbolic() ? Shape::kOpen : count_set(c.op, x), std::max(x.rank(), -1)}};
}
void where_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  std::int64_t* out = c.outputs[0].raw_as<std::int64_t>();
  const auto note = [&](std::int64_t place) {
    for (int i = x.rank() - 1; i >= 0; --i) {
      out[i] = place % x.shape()[i];
      place /= x.shape()[i];
    }
    out += x.rank();
  };
  const auto walk = [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t i = 0; i < x.size(); ++i) {
      if (x.raw_as<T>()[i] != T(0)) note(i);
    }
  };
  if (x.dtype() == DType::kBool) return walk(false);
  with_number(c.op, x.dtype(), walk);
}

constexpr std::string_view kNamesIndex[] = {"index"};
constexpr std::string_view kNamesSelect[] = {"condition", "t", "e"};
constexpr TypeAttr kTypesSelect[] = {{"T", 1}};

}  // namespace

constinit const OpRecord kSelectV2 = {.name = "SelectV2",
                                      .input_names = kNamesSelect,
                                      .output_names = kNamesOutput,
                                      .types = kTypesSelect,
                                      .infer = infer_select,
                                      .kernel = select_kernel,
                                      .gradient = gradient_select,
                                      .any_width = true};
constinit const OpRecord kSelect = {.name = "Select",
                                    .input_names = kNamesSelect,
                                    .output_names = kNamesOutput,
                                    .types = kTypesSelect,
                                    .infer = infer_old_select,
                                    .kernel = old_select_kernel,
                                    .gradient = gradient_old_select,
                                    .any_width = true};

constinit const OpRecord kWhere = {.name = "Where",
                                   .input_names = kNamesInput,
                                   .output_names = kNamesIndex,
                                   .types = kTypeT,
                                   .infer = infer_where,
                                   .kernel = where_kernel,
                                   .blocks_gradient = true};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor where(const Tensor& condition, const Tensor& x1, const Tensor& x2) {
  const DType dtype = result_type(x1.dtype(), x2.dtype());
  return apply(kSelectV2, cast(condition, DType::kBool), cast(x1, dtype), cast(x2, dtype));
}
Tensor argwhere(const Tensor& x) { return apply(kWhere, cast(x, DType::kBool)); }
Tensors nonzero(const Tensor& x) { return unstack(argwhere(x), 1); }

}  // namespace namesake
