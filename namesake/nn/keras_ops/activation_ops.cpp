// Activation functions.
#include "namesake/ops/activations.h"

#include <array>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

Compute along_axis(OpArguments& a, Tensor (*function)(const Tensor&, int axis)) {
  return one([x = a.operand(0, "x"), axis = a.axis(), function](const Tensors& in) { return function(x(in), axis); });
}
Compute with_number(OpArguments& a, Tensor (*function)(const Tensor&, double), std::string_view key, double fallback) {
  return one([x = a.operand(0, "x"), number = a.number(key, fallback), function](const Tensors& in) { return function(x(in), number); });
}

// keras.activations.relu with its options.
Compute make_relu(OpArguments& a) {
  const double slope = a.number("negative_slope", 0), threshold = a.number("threshold", 0);
  const auto most = a.maybe_number("max_value");
  return one([x = a.operand(0, "x"), slope, threshold, most](const Tensors& in) {
    const Tensor value = x(in);
    Tensor result = threshold != 0 ? where(greater(value, threshold), value, zeros_like(value)) : relu(value);
    if (most) result = clip(result, 0, *most);
    return slope == 0 ? result : result - relu(threshold - value) * slope;
  });
}

Compute make_gelu(OpArguments& a) {
  return one([x = a.operand(0, "x"), approximate = a.boolean("approximate", true)](const Tensors& in) { return gelu(x(in), approximate); });
}

Compute make_threshold(OpArguments& a) {
  const double limit = a.number("threshold", 0), otherwise = a.number("default_value", 0);
  return one([x = a.operand(0, "x"), limit, otherwise](const Tensors& in) { return threshold(x(in), limit, otherwise); });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"Celu", kNnOps, [](OpArguments& a) { return with_number(a, celu, "alpha", 1); }},
    {"Elu", kNnOps, [](OpArguments& a) { return with_number(a, elu, "alpha", 1); }},
    {"Gelu", kNnOps, make_gelu},
    {"Glu", kNnOps, [](OpArguments& a) { return along_axis(a, glu); }},
    {"HardShrink", kNnOps, [](OpArguments& a) { return with_number(a, hard_shrink, "threshold", 0.5); }},
    {"HardSigmoid", kNnOps, [](OpArguments& a) { return of_one(a, hard_sigmoid); }},
    {"HardSilu", kNnOps, [](OpArguments& a) { return of_one(a, hard_silu); }},
    {"HardTanh", kNnOps, [](OpArguments& a) { return of_one(a, hard_tanh); }},
    {"LeakyRelu", kNnOps, [](OpArguments& a) { return with_number(a, leaky_relu, "negative_slope", 0.2); }},
    {"LogSigmoid", kNnOps, [](OpArguments& a) { return of_one(a, log_sigmoid); }},
    {"LogSoftmax", kNnOps, [](OpArguments& a) { return along_axis(a, log_softmax); }},
    {"Mish", kActivations, [](OpArguments& a) { return of_one(a, mish); }},
    {"ReLU", kActivations, make_relu},
    {"Relu", kNnOps, [](OpArguments& a) { return of_one(a, relu); }},
    {"Relu6", kNnOps, [](OpArguments& a) { return of_one(a, relu6); }},
    {"Selu", kNnOps, [](OpArguments& a) { return of_one(a, selu); }},
    {"Sigmoid", kNnOps, [](OpArguments& a) { return of_one(a, sigmoid); }},
    {"Silu", kNnOps, [](OpArguments& a) { return of_one(a, silu); }},
    {"SoftShrink", kNnOps, [](OpArguments& a) { return with_number(a, soft_shrink, "threshold", 0.5); }},
    {"Softmax", kNnOps, [](OpArguments& a) { return along_axis(a, softmax); }},
    {"Softplus", kNnOps, [](OpArguments& a) { return of_one(a, softplus); }},
    {"Softsign", kNnOps, [](OpArguments& a) { return of_one(a, softsign); }},
    {"SparsePlus", kNnOps, [](OpArguments& a) { return of_one(a, sparse_plus); }},
    {"SparseSigmoid", kNnOps, [](OpArguments& a) { return of_one(a, sparse_sigmoid); }},
    {"Sparsemax", kNnOps, [](OpArguments& a) { return along_axis(a, sparsemax); }},
    {"Squareplus", kNnOps, [](OpArguments& a) { return with_number(a, squareplus, "b", 4); }},
    {"TanhShrink", kNnOps, [](OpArguments& a) { return of_one(a, tanh_shrink); }},
    {"Threshold", kNnOps, make_threshold},
});

}  // namespace

std::span<const OpClass> activation_ops() { return kClasses; }

}  // namespace namesake::nn
