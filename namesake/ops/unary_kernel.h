// Kernels of functions of one element (and of gradients of two): float32 by the kernel table, other dtypes by plain
// loops. Internal to ops.
#pragma once

#include <type_traits>

#include "namesake/ops/create.h"
#include "namesake/ops/in_pieces.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {

template <class T, class F>
void each_element(const KernelContext& c, F f) {
  const T* in = c.inputs[0].raw_as<T>();
  T* out = c.outputs[0].raw_as<T>();
  for (std::int64_t i = 0, n = c.inputs[0].size(); i < n; ++i) out[i] = f(in[i]);
}
template <class T, class F>
void each_pair(const KernelContext& c, F f) {
  const T *a = c.inputs[0].raw_as<T>(), *b = c.inputs[1].raw_as<T>();
  T* out = c.outputs[0].raw_as<T>();
  for (std::int64_t i = 0, n = c.inputs[0].size(); i < n; ++i) out[i] = f(a[i], b[i]);
}

/// float32 by entry K of the table.
template <kernels::UnaryOp K>
void unary_floats(const KernelContext& c) {
  const float* in = c.inputs[0].raw_as<float>();
  float* out = c.outputs[0].raw_as<float>();
  in_pieces(c.inputs[0].size(), [&](std::int64_t begin, std::int64_t count) { kernels::table().unary[K](out + begin, in + begin, count); });
}

/// `F` is a stateless function object of one double; float32 goes by entry K of the table.
template <kernels::UnaryOp K, class F>
void unary_kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kFloat32) return unary_floats<K>(c);
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  each_element<double>(c, F{});
}
/// The same for functions that integers have too: `F` takes any number.
template <kernels::UnaryOp K, class F>
void number_kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kFloat32) return unary_floats<K>(c);
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { each_element<decltype(zero)>(c, F{}); });
}
/// `F` is a stateless function object of two doubles, in the order of the op's inputs.
template <kernels::GradOp K, class F>
void grad_kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kFloat32) {
    const float *first = c.inputs[0].raw_as<float>(), *second = c.inputs[1].raw_as<float>();
    float* out = c.outputs[0].raw_as<float>();
    return in_pieces(c.inputs[0].size(), [&](std::int64_t begin, std::int64_t count) {
      kernels::table().grad[K](out + begin, first + begin, second + begin, count);
    });
  }
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  each_pair<double>(c, F{});
}

/// A function that has no vector loop of its own.
template <class F>
void library_kernel(const KernelContext& c) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) { each_element<decltype(zero)>(c, F{}); });
}

/// The gradient of a function of one input, from g = d/dy.
template <Tensor (*kOf)(const Tensor& g, const Tensor& x, const Tensor& y)>
void gradient(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = kOf(c.output_gradients[0], c.inputs[0], c.outputs[0]);
}

/// `op` of x, or of x as float32 if it has whole numbers.
inline Tensor apply_floating(const OpRecord& op, const Tensor& x) {
  return is_floating(x.dtype()) ? apply(op, x) : apply(op, cast(x, DType::kFloat32));
}

using Infer = void (*)(const InferContext&);
using Kernel = void (*)(const KernelContext&);
using Gradient = void (*)(const GradientContext&);

/// y = f(x).
constexpr OpRecord unary_record(std::string_view name, Infer infer, Kernel kernel, Gradient gradient = nullptr) {
  return {.name = name,
          .input_names = kNamesX,
          .output_names = kNamesY,
          .types = kTypeT,
          .infer = infer,
          .kernel = kernel,
          .gradient = gradient};
}

}  // namespace namesake::ops
