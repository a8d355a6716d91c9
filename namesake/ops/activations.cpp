#include "namesake/ops/activations.h"

#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/scan.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/sorting.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/unary_kernel.h"

namespace namesake::ops {
namespace {

constexpr double kSeluScale = 1.0507009873554805;
constexpr double kSeluScaleAlpha = 1.7580993408473766;

double logistic(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
struct Relu {
  double operator()(double x) const { return x < 0 ? 0 : x; }
};
struct Relu6 {
  double operator()(double x) const { return x < 0 ? 0 : x > 6 ? 6 : x; }
};
struct Elu {
  double operator()(double x) const { return x > 0 ? x : std::expm1(x); }
};
struct Selu {
  double operator()(double x) const { return x > 0 ? kSeluScale * x : kSeluScaleAlpha * std::expm1(x); }
};
struct Softplus {
  double operator()(double x) const { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); }
};
struct Softsign {
  double operator()(double x) const { return x / (1 + std::abs(x)); }
};
struct Sigmoid {
  double operator()(double x) const { return logistic(x); }
};
struct Tanh {
  double operator()(double x) const { return std::tanh(x); }
};

struct ReluGrad {
  double operator()(double dy, double x) const { return x > 0 ? dy : 0; }
};
struct Relu6Grad {
  double operator()(double dy, double x) const { return x > 0 && x < 6 ? dy : 0; }
};
struct EluGrad {
  double operator()(double dy, double y) const { return y < 0 ? dy * (y + 1) : dy; }
};
struct SeluGrad {
  double operator()(double dy, double y) const { return y < 0 ? dy * (y + kSeluScaleAlpha) : dy * kSeluScale; }
};
struct SoftplusGrad {
  double operator()(double dy, double x) const { return dy * logistic(x); }
};
struct SoftsignGrad {
  double operator()(double dy, double x) const { return dy / ((1 + std::abs(x)) * (1 + std::abs(x))); }
};
struct SigmoidGrad {
  double operator()(double y, double dy) const { return dy * y * (1 - y); }
};
struct TanhGrad {
  double operator()(double y, double dy) const { return dy * (1 - y * y); }
};

// First gradients: the fused op over (dy, x), (dy, y) or (y, dy).
template <const OpRecord* kGrad>
void of_input(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(*kGrad, c.output_gradients[0], c.inputs[0], c.attrs);
}
template <const OpRecord* kGrad>
void of_output(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(*kGrad, c.output_gradients[0], c.outputs[0]);
}
template <const OpRecord* kGrad>
void of_output_first(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(*kGrad, c.outputs[0], c.output_gradients[0]);
}

// Second gradients. Those of piecewise linear functions are linear in dy and flat in x.
void second_flat(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(c.op, c.output_gradients[0], c.inputs[1], c.attrs);
  if (c.needs[1]) c.input_gradients[1] = zeros_like(c.inputs[1]);
}
// (dy, y) with dy * y below zero: linear in both there.
void second_elu(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &dy = c.inputs[0], &y = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = apply(c.op, g, y);
  if (c.needs[1]) c.input_gradients[1] = where(less(y, 0), g * dy, zeros_like(g));
}
void second_softplus(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &dy = c.inputs[0], &x = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = apply(c.op, g, x);
  if (c.needs[1]) c.input_gradients[1] = apply(kSigmoidGrad, sigmoid(x), g * dy);
}
void second_softsign(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &dy = c.inputs[0], &x = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = apply(c.op, g, x);
  if (c.needs[1]) c.input_gradients[1] = g * dy * sign(x) * -2 / power(abs(x) + 1, 3);
}
void second_sigmoid(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[0], &dy = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = g * dy * (1 - y * 2);
  if (c.needs[1]) c.input_gradients[1] = apply(c.op, y, g);
}
void second_tanh(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[0], &dy = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = g * dy * y * -2;
  if (c.needs[1]) c.input_gradients[1] = apply(c.op, y, g);
}

constexpr std::string_view kNamesFeatures[] = {"features"};
constexpr std::string_view kNamesActivations[] = {"activations"};
constexpr std::string_view kNamesGradients[] = {"gradients", "features"};
constexpr std::string_view kNamesGradientsOutputs[] = {"gradients", "outputs"};
constexpr std::string_view kNamesBackprops[] = {"backprops"};
constexpr OpRecord activation(std::string_view name, Kernel kernel, Gradient gradient) {
  return {.name = name,
          .input_names = kNamesFeatures,
          .output_names = kNamesActivations,
          .types = kTypeT,
          .infer = infer_floating_as_input,
          .kernel = kernel,
          .gradient = gradient};
}
constexpr OpRecord grad(std::string_view name, std::span<const std::string_view> inputs, Kernel kernel,
                        Gradient gradient) {
  return {.name = name,
          .input_names = inputs,
          .output_names = inputs.data() == kNamesYDy ? std::span<const std::string_view>(kNamesZ) : kNamesBackprops,
          .types = kTypeT,
          .infer = infer_gradient_pair,
          .kernel = kernel,
          .gradient = gradient};
}

// LeakyRelu has a slope.
constexpr AttrDef kAttrsLeaky[] = {{"alpha", AttrKind::kFloat, std::bit_cast<std::int64_t>(static_cast<double>(0.2f))}};
void leaky_kernel(const KernelContext& c) {
  const double alpha = c.attrs.real(0);
  if (c.inputs[0].dtype() == DType::kFloat32) {
    return kernels::table().leaky_relu(c.outputs[0].raw_as<float>(), c.inputs[0].raw_as<float>(),
                                       static_cast<float>(alpha), c.inputs[0].size());
  }
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  each_element<double>(c, [&](double x) { return x > 0 ? x : x * alpha; });
}
void leaky_grad_kernel(const KernelContext& c) {
  const double alpha = c.attrs.real(0);
  if (c.inputs[0].dtype() == DType::kFloat32) {
    return kernels::table().leaky_relu_grad(c.outputs[0].raw_as<float>(), c.inputs[0].raw_as<float>(),
                                            c.inputs[1].raw_as<float>(), static_cast<float>(alpha), c.inputs[0].size());
  }
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  each_pair<double>(c, [&](double dy, double x) { return x > 0 ? dy : dy * alpha; });
}

}  // namespace

constinit const OpRecord kRelu = activation("Relu", unary_kernel<kernels::kRelu, Relu>, of_input<&kReluGrad>);
constinit const OpRecord kRelu6 = activation("Relu6", unary_kernel<kernels::kRelu6, Relu6>, of_input<&kRelu6Grad>);
constinit const OpRecord kElu = activation("Elu", unary_kernel<kernels::kElu, Elu>, of_output<&kEluGrad>);
constinit const OpRecord kSelu = activation("Selu", unary_kernel<kernels::kSelu, Selu>, of_output<&kSeluGrad>);
constinit const OpRecord kSoftplus =
    activation("Softplus", unary_kernel<kernels::kSoftplus, Softplus>, of_input<&kSoftplusGrad>);
constinit const OpRecord kSoftsign =
    activation("Softsign", unary_kernel<kernels::kSoftsign, Softsign>, of_input<&kSoftsignGrad>);
constinit const OpRecord kSigmoid = unary_record(
    "Sigmoid", infer_floating_as_input, unary_kernel<kernels::kSigmoid, Sigmoid>, of_output_first<&kSigmoidGrad>);
constinit const OpRecord kTanh =
    unary_record("Tanh", infer_floating_as_input, unary_kernel<kernels::kTanh, Tanh>, of_output_first<&kTanhGrad>);
constinit const OpRecord kLeakyRelu = {.name = "LeakyRelu",
                                       .input_names = kNamesFeatures,
                                       .output_names = kNamesActivations,
                                       .attrs = kAttrsLeaky,
                                       .types = kTypeT,
                                       .infer = infer_floating_as_input,
                                       .kernel = leaky_kernel,
                                       .gradient = of_input<&kLeakyReluGrad>};
constinit const OpRecord kReluGrad =
    grad("ReluGrad", kNamesGradients, grad_kernel<kernels::kReluGrad, ReluGrad>, second_flat);
constinit const OpRecord kRelu6Grad =
    grad("Relu6Grad", kNamesGradients, grad_kernel<kernels::kRelu6Grad, Relu6Grad>, second_flat);
constinit const OpRecord kEluGrad =
    grad("EluGrad", kNamesGradientsOutputs, grad_kernel<kernels::kEluGrad, EluGrad>, second_elu);
constinit const OpRecord kSeluGrad =
    grad("SeluGrad", kNamesGradientsOutputs, grad_kernel<kernels::kSeluGrad, SeluGrad>, second_elu);
constinit const OpRecord kSoftplusGrad =
    grad("SoftplusGrad", kNamesGradients, grad_kernel<kernels::kSoftplusGrad, SoftplusGrad>, second_softplus);
constinit const OpRecord kSoftsignGrad =
    grad("SoftsignGrad", kNamesGradients, grad_kernel<kernels::kSoftsignGrad, SoftsignGrad>, second_softsign);
constinit const OpRecord kSigmoidGrad =
    grad("SigmoidGrad", kNamesYDy, grad_kernel<kernels::kSigmoidGrad, SigmoidGrad>, second_sigmoid);
constinit const OpRecord kTanhGrad =
    grad("TanhGrad", kNamesYDy, grad_kernel<kernels::kTanhGrad, TanhGrad>, second_tanh);
constinit const OpRecord kLeakyReluGrad = {.name = "LeakyReluGrad",
                                           .input_names = kNamesGradients,
                                           .output_names = kNamesBackprops,
                                           .attrs = kAttrsLeaky,
                                           .types = kTypeT,
                                           .infer = infer_gradient_pair,
                                           .kernel = leaky_grad_kernel,
                                           .gradient = second_flat};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

namespace {
Tensor floating(const OpRecord& op, const Tensor& x, const Attrs& attrs = {}) {
  return is_floating(x.dtype()) ? apply(op, x, attrs) : apply(op, cast(x, DType::kFloat32), attrs);
}
}  // namespace

Tensor relu(const Tensor& x) { return is_floating(x.dtype()) ? apply(kRelu, x) : maximum(x, 0); }
Tensor relu6(const Tensor& x) { return is_floating(x.dtype()) ? apply(kRelu6, x) : clip(x, 0, 6); }
Tensor leaky_relu(const Tensor& x, double negative_slope) { return floating(kLeakyRelu, x, Attrs::of(negative_slope)); }
Tensor elu(const Tensor& x, double alpha) {
  if (alpha == 1) return floating(kElu, x);
  return where(greater(x, 0), x, floating(kElu, x) * alpha);
}
Tensor selu(const Tensor& x) { return floating(kSelu, x); }
Tensor softplus(const Tensor& x) { return floating(kSoftplus, x); }
Tensor softsign(const Tensor& x) { return floating(kSoftsign, x); }
Tensor sigmoid(const Tensor& x) {
  const Tensor logits = is_floating(x.dtype()) ? x : cast(x, DType::kFloat32);
  Tensor y = apply(kSigmoid, logits);
  y.set_logits(logits);
  return y;
}
Tensor tanh(const Tensor& x) { return floating(kTanh, x); }

Tensor silu(const Tensor& x) { return x * sigmoid(x); }
Tensor gelu(const Tensor& x, bool approximate) {
  constexpr double kRootTwoOverPi = 0.7978845608028654, kRootHalf = 0.7071067811865476;
  if (approximate) return x * 0.5 * (tanh((x + power(x, 3) * 0.044715) * kRootTwoOverPi) + 1);
  return x * 0.5 * (erf(x * kRootHalf) + 1);
}
Tensor hard_sigmoid(const Tensor& x) { return relu6(x + 3) / 6; }
Tensor hard_silu(const Tensor& x) { return x * hard_sigmoid(x); }
Tensor hard_tanh(const Tensor& x) { return clip(x, -1, 1); }
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }
Tensor log_sigmoid(const Tensor& x) { return negative(softplus(negative(x))); }
Tensor celu(const Tensor& x, double alpha) { return maximum(x, 0.0) + alpha * expm1(minimum(x, 0.0) / alpha); }
Tensor tanh_shrink(const Tensor& x) { return x - tanh(x); }
Tensor soft_shrink(const Tensor& x, double threshold) {
  return where(greater(x, threshold), x - threshold, where(less(x, -threshold), x + threshold, zeros_like(x)));
}
Tensor hard_shrink(const Tensor& x, double threshold) { return where(greater(abs(x), threshold), x, zeros_like(x)); }
Tensor threshold(const Tensor& x, double threshold_value, double default_value) {
  return where(greater(x, threshold_value), x, number_beside(default_value, x));
}
Tensor squareplus(const Tensor& x, double b) { return (x + sqrt(square(x) + b)) / 2; }
Tensor sparse_plus(const Tensor& x) {
  return where(less_equal(x, -1), zeros_like(x), where(greater_equal(x, 1), x, square(x + 1) * 0.25));
}
Tensor sparse_sigmoid(const Tensor& x) {
  return where(less_equal(x, -1), zeros_like(x), where(greater_equal(x, 1), ones_like(x), (x + 1) * 0.5));
}

Tensor glu(const Tensor& x, int axis) {
  const Tensors halves = split(x, 2, axis);
  return halves[0] * sigmoid(halves[1]);
}
Tensor sparsemax(const Tensor& x, int axis) {
  const Tensor logits = is_floating(x.dtype()) ? x : cast(x, DType::kFloat32);
  const int place = checked_axis(kTopKV2, axis, x.rank());
  const Tensor sorted = namesake::sort(logits, place, true), sums = cumsum(sorted, place);
  Shape along = Shape::scalar();
  for (int i = 0; i < x.rank(); ++i) along.push_back(i == place ? -1 : 1);
  const std::int64_t n = x.shape()[place];
  const Tensor count = reshape(arange(1, static_cast<double>(n) + 1, 1, logits.dtype()), along);
  const Tensor support = greater(sorted - (sums - 1) / count, 0);
  const Tensor size = sum(cast(support, logits.dtype()), place, true);
  // As Keras 3.15 computes it: it adds up the running sums, where the paper takes the last one of them.
  const Tensor tau = (sum(where(support, sums, zeros_like(sums)), place, true) - 1) / size;
  return maximum(logits - tau, 0.0);
}

}  // namespace namesake
