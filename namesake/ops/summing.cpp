// AddN, L2Loss, EuclideanNorm and Cross.
#include <algorithm>
#include <cmath>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

void infer_add_n(const InferContext& c) {
  Shape shape = c.inputs[0].shape();
  for (std::size_t i = 1; i < c.inputs.size(); ++i) {
    check_same_dtype(c, 0, i);
    const Shape& other = c.inputs[i].shape();
    if (!other.compatible_with(shape)) throw_mismatch(c.op, c.inputs, "AddN needs tensors of one shape.");
    if (other.fully_known()) shape = other;
  }
  c.outputs[0] = {c.inputs[0].dtype(), shape};
}
void add_n_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  with_number(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.raw_as<T>();
    std::copy_n(c.inputs[0].raw_as<T>(), out.size(), to);
    for (const Tensor& more : c.inputs.subspan(1)) {
      const T* from = more.raw_as<T>();
      for (std::int64_t i = 0; i < out.size(); ++i) {
        if constexpr (std::is_integral_v<T>)
          to[i] = static_cast<T>(std::make_unsigned_t<T>(to[i]) + std::make_unsigned_t<T>(from[i]));  // wraps round
        else
          to[i] += from[i];
      }
    }
  });
}
void gradient_add_n(const GradientContext& c) {
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (c.needs[i]) c.input_gradients[i] = c.output_gradients[0];
  }
}

// L2Loss: half the sum of squares.
void infer_l2_loss(const InferContext& c) {
  check_floating(c, 0);
  c.outputs[0] = {c.inputs[0].dtype(), Shape::scalar()};
}
void l2_loss_kernel(const KernelContext& c) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    double total = 0;
    for (const T value : c.inputs[0].data<T>()) total += static_cast<double>(value) * static_cast<double>(value);
    *c.outputs[0].raw_as<T>() = static_cast<T>(total / 2);
  });
}
void gradient_l2_loss(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = c.output_gradients[0] * c.inputs[0];
}

// EuclideanNorm: Sum of the squares, and its root.
void infer_norm(const InferContext& c) {
  check_floating(c, 0);
  kSum.infer(c);
}
void norm_kernel(const KernelContext& c) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor& x = c.inputs[0];
    const Tensor squares = Tensor::empty(x.dtype(), x.shape());
    for (std::int64_t i = 0; i < x.size(); ++i) squares.raw_as<T>()[i] = x.raw_as<T>()[i] * x.raw_as<T>()[i];
    const Tensor inputs[] = {squares, c.inputs[1]};
    kSum.kernel({kSum, inputs, c.attrs, c.outputs, c.specs});
    T* out = c.outputs[0].raw_as<T>();
    for (std::int64_t i = 0; i < c.outputs[0].size(); ++i) out[i] = std::sqrt(out[i]);
  });
}
void gradient_norm(const GradientContext& c) {
  if (!c.needs[0]) return;
  const HostInts ints = host_ints(c.op, c.inputs[1]);
  const Axes axes(std::span<const std::int64_t>(ints.values.data(), static_cast<std::size_t>(ints.size)));
  const Shape kept = sum(c.inputs[0], axes, true).shape();
  c.input_gradients[0] = c.inputs[0] * reshape(c.output_gradients[0] / c.outputs[0], kept);
}

// Cross: of vectors of three along the last axis.
void infer_cross(const InferContext& c) {
  infer_gradient_pair(c);
  const Shape& shape = c.outputs[0].shape;
  if (shape.known_rank() && (shape.rank() == 0 || (shape.back() != 3 && shape.back() != Shape::kOpen)))
    throw_mismatch(c.op, c.inputs, "Cross needs vectors of three numbers.");
}
void cross_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *a = c.inputs[0].raw_as<T>(), *b = c.inputs[1].raw_as<T>();
    T* out = c.outputs[0].raw_as<T>();
    for (std::int64_t i = 0; i < c.outputs[0].size(); i += 3) {
      for (std::int64_t k = 0; k < 3; ++k) {
        const std::int64_t next = i + (k + 1) % 3, last = i + (k + 2) % 3;
        out[i + k] = static_cast<T>(a[next] * b[last] - a[last] * b[next]);
      }
    }
  });
}
void gradient_cross(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  if (c.needs[0]) c.input_gradients[0] = apply(kCross, c.inputs[1], g);
  if (c.needs[1]) c.input_gradients[1] = apply(kCross, g, c.inputs[0]);
}

constexpr std::string_view kNamesInputs[] = {"inputs"};
constexpr std::string_view kNamesSum[] = {"sum"};
constexpr std::string_view kNamesL2[] = {"t"};
constexpr std::string_view kNamesAB[] = {"a", "b"};
constexpr std::string_view kNamesProduct[] = {"product"};

}  // namespace

constinit const OpRecord kAddN = {.name = "AddN",
                                  .input_names = kNamesInputs,
                                  .output_names = kNamesSum,
                                  .types = kTypeT,
                                  .infer = infer_add_n,
                                  .kernel = add_n_kernel,
                                  .gradient = gradient_add_n,
                                  .list_input = 0};
constinit const OpRecord kL2Loss = {.name = "L2Loss",
                                    .input_names = kNamesL2,
                                    .output_names = kNamesOutput,
                                    .types = kTypeT,
                                    .infer = infer_l2_loss,
                                    .kernel = l2_loss_kernel,
                                    .gradient = gradient_l2_loss};
constexpr std::string_view kNamesReduction[] = {"input", "reduction_indices"};
constexpr AttrDef kAttrsReduction[] = {{"keep_dims", AttrKind::kBool}};
constexpr TypeAttr kTypesReduction[] = {{"T", 0}, {"Tidx", 1}};
constinit const OpRecord kEuclideanNorm = {.name = "EuclideanNorm",
                                           .input_names = kNamesReduction,
                                           .output_names = kNamesOutput,
                                           .attrs = kAttrsReduction,
                                           .types = kTypesReduction,
                                           .infer = infer_norm,
                                           .kernel = norm_kernel,
                                           .gradient = gradient_norm};
constinit const OpRecord kCross = {.name = "Cross",
                                   .input_names = kNamesAB,
                                   .output_names = kNamesProduct,
                                   .types = kTypeT,
                                   .infer = infer_cross,
                                   .kernel = cross_kernel,
                                   .gradient = gradient_cross};

}  // namespace namesake::ops
