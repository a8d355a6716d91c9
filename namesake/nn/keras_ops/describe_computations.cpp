// Records that compute, elementwise or over axes, as Keras's classes.
#include <array>
#include <numeric>
#include <string>

#include "namesake/nn/keras_ops/description.h"

namespace namesake::nn {
namespace {

using Ints = std::vector<std::int64_t>;

bool of_floating_x(Description& d) {  // Keras makes floats of integers
  d.arguments({0});
  return is_floating(d.input(0).dtype());
}
bool describe_round(Description& d) {
  d.config("decimals", 0);
  return of_x(d);
}
bool with_last_axis(Description& d) {
  d.config("axis", -1);
  return of_x(d);
}
bool with_unit_alpha(Description& d) {
  d.config("alpha", 1.0);
  return of_x(d);
}
bool describe_leaky_relu(Description& d) {
  d.config("negative_slope", d.attrs().real(0));
  return of_x(d);
}
bool like(Description& d) {
  d.config("dtype", nullptr);
  return of_x(d);
}
bool describe_cast(Description& d) {
  d.config("dtype", to_string(d.attrs().type(0)));
  return of_x(d);
}
bool describe_clip(Description& d) {
  if (!d.known(1) || !d.known(2)) return false;
  d.config("x_min", Description::number(d.input(1)));
  d.config("x_max", Description::number(d.input(2)));
  return of_x(d);
}

// Reductions: all axes in order are null.
void reduced_axes(Description& d) {
  const Ints axes = d.ints(1);
  Ints every(static_cast<std::size_t>(std::max(0, d.input(0).rank())));
  std::iota(every.begin(), every.end(), std::int64_t{0});
  d.config("axis", axes == every && every.size() > 1 ? JsonValue() : int_or_list(axes));
  d.config("keepdims", d.attrs().boolean(0));
}
bool describe_reduction(Description& d) {
  if (!d.known(1)) return false;
  reduced_axes(d);
  return of_x(d);
}
bool describe_extreme(Description& d) {
  if (!describe_reduction(d)) return false;
  d.config("initial", nullptr);
  return true;
}
bool describe_prod(Description& d) {
  if (!describe_reduction(d)) return false;
  d.config("dtype", nullptr);
  return true;
}
bool describe_place(Description& d) {
  if (!d.known(1) || d.attrs().type(0) != DType::kInt32) return false;
  d.config("axis", d.integer(1));
  d.config("keepdims", false);
  return of_x(d);
}
bool describe_running(Description& d) {
  if (!d.known(1) || d.attrs().boolean(0) || d.attrs().boolean(1)) return false;
  d.config("axis", d.integer(1));
  d.config("dtype", nullptr);
  return of_x(d);
}

// Encodings, order, products.
bool describe_one_hot(Description& d) {
  if (!d.known(1) || !d.known(2) || !d.known(3) || d.input(2).item<double>() != 1 || d.input(3).item<double>() != 0) return false;
  d.config("num_classes", d.integer(1));
  d.config("axis", d.attrs().integer(0));
  d.config("dtype", to_string(d.input(2).dtype()));
  d.config("sparse", false);
  return of_x(d);
}
bool describe_top_k(Description& d) {
  if (!d.known(1) || d.attrs().type(1) != DType::kInt32) return false;
  d.config("k", d.integer(1));
  d.config("sorted", d.attrs().boolean(0));
  return of_x(d);
}
bool describe_in_top_k(Description& d) {
  if (!d.known(2)) return false;
  d.config("k", d.integer(2));
  d.arguments({1, 0});
  return true;
}
bool describe_matmul(Description& d) { return !d.attrs().boolean(0) && !d.attrs().boolean(1) && of_pair(d); }
// A product with a transposed factor.
bool describe_turned_matmul(Description& d) {
  d.config("subscripts", std::string(d.attrs().boolean(0) ? "...ji" : "...ij") + "," + (d.attrs().boolean(1) ? "...kj" : "...jk") + "->...ik");
  return of_pair(d);
}

bool describe_einsum(Description& d) {
  d.config("subscripts", d.attrs().text(0));
  for (std::size_t i = 0; i < d.inputs(); ++i) d.arguments({i});
  return true;
}

constexpr auto kOps = std::to_array<DescribedOp>({
    {"Abs", "Absolute", kNumpyOps, of_x},
    {"Acos", "Arccos", kNumpyOps, of_x},
    {"Acosh", "Arccosh", kNumpyOps, of_x},
    {"Add", "Add", kNumpyOps, of_pair},
    {"AddV2", "Add", kNumpyOps, of_pair},
    {"All", "All", kNumpyOps, describe_reduction},
    {"Any", "Any", kNumpyOps, describe_reduction},
    {"ArgMax", "Argmax", kNumpyOps, describe_place},
    {"ArgMin", "Argmin", kNumpyOps, describe_place},
    {"Asin", "Arcsin", kNumpyOps, of_x},
    {"Asinh", "Arcsinh", kNumpyOps, of_x},
    {"Atan", "Arctan", kNumpyOps, of_x},
    {"Atan2", "Arctan2", kNumpyOps, of_pair},
    {"Atanh", "Arctanh", kNumpyOps, of_x},
    {"BatchMatMulV2", "Matmul", kNumpyOps, describe_matmul},
    {"BatchMatMulV2", "Einsum", kNumpyOps, describe_turned_matmul},
    {"BiasAdd", "Add", kNumpyOps, of_pair},
    {"Cast", "Cast", kCoreOps, describe_cast},
    {"Ceil", "Ceil", kNumpyOps, of_floating_x},
    {"ClipByValue", "Clip", kNumpyOps, describe_clip},
    {"Cos", "Cos", kNumpyOps, of_x},
    {"Cosh", "Cosh", kNumpyOps, of_x},
    {"Cumprod", "Cumprod", kNumpyOps, describe_running},
    {"Cumsum", "Cumsum", kNumpyOps, describe_running},
    {"DivNoNan", "DivideNoNan", kNumpyOps, of_pair},
    {"Einsum", "Einsum", kNumpyOps, describe_einsum},
    {"Elu", "Elu", kNnOps, with_unit_alpha},
    {"Equal", "Equal", kNumpyOps, of_pair},
    {"Erf", "Erf", kMathOps, of_x},
    {"Erfinv", "Erfinv", kMathOps, of_x},
    {"Exp", "Exp", kNumpyOps, of_x},
    {"Expm1", "Expm1", kNumpyOps, of_x},
    {"Floor", "Floor", kNumpyOps, of_floating_x},
    {"FloorDiv", "FloorDivide", kNumpyOps, of_pair},
    {"FloorMod", "Mod", kNumpyOps, of_pair},
    {"Greater", "Greater", kNumpyOps, of_pair},
    {"GreaterEqual", "GreaterEqual", kNumpyOps, of_pair},
    {"Identity", "Copy", kNumpyOps, of_x},
    {"InTopKV2", "InTopK", kMathOps, describe_in_top_k},
    {"IsFinite", "Isfinite", kNumpyOps, of_x},
    {"IsInf", "Isinf", kNumpyOps, of_x},
    {"IsNan", "Isnan", kNumpyOps, of_x},
    {"LeakyRelu", "LeakyRelu", kNnOps, describe_leaky_relu},
    {"Less", "Less", kNumpyOps, of_pair},
    {"LessEqual", "LessEqual", kNumpyOps, of_pair},
    {"Log", "Log", kNumpyOps, of_x},
    {"Log1p", "Log1p", kNumpyOps, of_x},
    {"LogSoftmax", "LogSoftmax", kNnOps, with_last_axis},
    {"LogicalAnd", "LogicalAnd", kNumpyOps, of_pair},
    {"LogicalNot", "LogicalNot", kNumpyOps, of_x},
    {"LogicalOr", "LogicalOr", kNumpyOps, of_pair},
    {"MatMul", "Matmul", kNumpyOps, describe_matmul},
    {"MatMul", "Einsum", kNumpyOps, describe_turned_matmul},
    {"Max", "Max", kNumpyOps, describe_extreme},
    {"Maximum", "Maximum", kNumpyOps, of_pair},
    {"Mean", "Mean", kNumpyOps, describe_reduction},
    {"Min", "Min", kNumpyOps, describe_extreme},
    {"Minimum", "Minimum", kNumpyOps, of_pair},
    {"Mul", "Multiply", kNumpyOps, of_pair},
    {"Neg", "Negative", kNumpyOps, of_x},
    {"NotEqual", "NotEqual", kNumpyOps, of_pair},
    {"OneHot", "OneHot", kNnOps, describe_one_hot},
    {"OnesLike", "OnesLike", kNumpyOps, like},
    {"Pow", "Power", kNumpyOps, of_pair},
    {"Prod", "Prod", kNumpyOps, describe_prod},
    {"RealDiv", "Divide", kNumpyOps, of_pair},
    {"Reciprocal", "Reciprocal", kNumpyOps, of_x},
    {"Relu", "Relu", kNnOps, of_x},
    {"Relu6", "Relu6", kNnOps, of_x},
    {"Round", "Round", kNumpyOps, describe_round},
    {"Rsqrt", "Rsqrt", kMathOps, of_x},
    {"SelectV2", "Where", kNumpyOps, of_three},
    {"Selu", "Selu", kNnOps, of_x},
    {"Sigmoid", "Sigmoid", kNnOps, of_x},
    {"Sign", "Sign", kNumpyOps, of_x},
    {"Sin", "Sin", kNumpyOps, of_x},
    {"Sinh", "Sinh", kNumpyOps, of_x},
    {"Softmax", "Softmax", kNnOps, with_last_axis},
    {"Softplus", "Softplus", kNnOps, of_x},
    {"Softsign", "Softsign", kNnOps, of_x},
    {"Sqrt", "Sqrt", kNumpyOps, of_x},
    {"Square", "Square", kNumpyOps, of_x},
    {"StopGradient", "StopGradient", kCoreOps, of_x},
    {"Sub", "Subtract", kNumpyOps, of_pair},
    {"Sum", "Sum", kNumpyOps, describe_reduction},
    {"Tan", "Tan", kNumpyOps, of_x},
    {"Tanh", "Tanh", kNumpyOps, of_x},
    {"TopKV2", "TopK", kMathOps, describe_top_k},
    {"ZerosLike", "ZerosLike", kNumpyOps, like},
});

}  // namespace

std::span<const DescribedOp> described_computations() { return kOps; }

}  // namespace namesake::nn
