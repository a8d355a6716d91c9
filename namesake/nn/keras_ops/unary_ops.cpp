// Functions of each element of one tensor.
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/trigonometry.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

Tensor floating(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::kFloat32); }

Tensor float_floor(const Tensor& x) { return floor(floating(x)); }
Tensor float_ceil(const Tensor& x) { return ceil(floating(x)); }
Tensor trunc(const Tensor& x) { return is_floating(x.dtype()) ? sign(x) * floor(abs(x)) : x; }
Tensor exp2(const Tensor& x) { return power(ops::number_beside(2, floating(x)), floating(x)); }
Tensor cbrt(const Tensor& x) { return sign(floating(x)) * power(abs(floating(x)), 1.0 / 3); }
Tensor erfc(const Tensor& x) { return 1.0 - erf(x); }
Tensor deg2rad(const Tensor& x) { return floating(x) * (std::numbers::pi / 180); }
Tensor rad2deg(const Tensor& x) { return floating(x) * (180 / std::numbers::pi); }
Tensor sinc(const Tensor& x) {
  const Tensor angle = floating(x) * std::numbers::pi, safe = where(equal(angle, 0.0), ones_like(angle), angle);
  return where(equal(angle, 0.0), ones_like(angle), sin(safe) / safe);
}
Tensor isposinf(const Tensor& x) { return equal(floating(x), std::numeric_limits<double>::infinity()); }
Tensor isneginf(const Tensor& x) { return equal(floating(x), -std::numeric_limits<double>::infinity()); }
// The sign of -0.0 shows in its reciprocal.
Tensor signbit(const Tensor& x) {
  if (!is_floating(x.dtype())) return less(x, 0);
  return less(where(equal(x, 0.0), reciprocal(x), x), 0.0);
}

Compute make_round(OpArguments& a) {
  const std::int64_t decimals = a.integer("decimals", 0);
  return one([x = a.operand(0, "x"), decimals](const Tensors& in) {
    const Tensor value = x(in);
    if (decimals == 0) return round(value);
    const double scale = std::pow(10.0, static_cast<double>(decimals));
    if (is_floating(value.dtype())) return round(value * scale) / scale;
    return cast(round(cast(value, DType::kFloat32) * scale) / scale, value.dtype());
  });
}

// `value` in the place of what is not finite; left out: the largest number of the dtype.
Compute make_nan_to_num(OpArguments& a) {
  const double nan = a.number("nan", 0);
  const auto posinf = a.maybe_number("posinf"), neginf = a.maybe_number("neginf");
  return one([x = a.operand(0, "x"), nan, posinf, neginf](const Tensors& in) {
    const Tensor value = x(in);
    if (!is_floating(value.dtype())) return value;
    const double most = value.dtype() == DType::kFloat64    ? std::numeric_limits<double>::max()
                        : value.dtype() == DType::kFloat16 ? 65504.0
                                                           : static_cast<double>(std::numeric_limits<float>::max());
    Tensor result = where(isnan(value), ops::number_beside(nan, value), value);
    result = where(isposinf(value), ops::number_beside(posinf.value_or(most), value), result);
    return where(isneginf(value), ops::number_beside(neginf.value_or(-most), value), result);
  });
}

Compute make_cast(OpArguments& a) {
  const auto dtype = a.dtype();
  if (!dtype) a.fail("\"dtype\" is missing.", "a dtype");
  return one([x = a.operand(0, "x"), dtype](const Tensors& in) { return cast(x(in), *dtype); });
}

// Numbers outside the range of an integer dtype become its ends.
Compute make_saturate_cast(OpArguments& a) {
  const auto dtype = a.dtype();
  if (!dtype) a.fail("\"dtype\" is missing.", "a dtype");
  if (*dtype != DType::kUInt8 && *dtype != DType::kInt32 && !is_floating(*dtype)) a.unsupported("only to uint8, int32 and floating dtypes.");
  return one([x = a.operand(0, "x"), dtype](const Tensors& in) {
    const Tensor value = x(in);
    if (*dtype == DType::kUInt8) return cast(clip(value, 0, 255), *dtype);
    if (*dtype == DType::kInt32 && is_floating(value.dtype())) {
      constexpr double kMost = 2147483647;
      return cast(clip(cast(value, DType::kFloat64), -kMost - 1, kMost), *dtype);
    }
    return cast(value, *dtype);
  });
}

Compute make_convert(OpArguments& a) {
  a.ignore("ragged");
  if (a.boolean("sparse")) a.unsupported("sparse tensors are not done here.");
  const auto dtype = a.dtype();
  return one([x = a.operand(0, "x"), dtype](const Tensors& in) {
    const Tensor value = x(in);
    return dtype && *dtype != value.dtype() ? cast(value, *dtype) : identity(value);
  });
}

Compute like(OpArguments& a, Tensor (*function)(const Tensor&)) {
  const auto dtype = a.dtype();
  return one([x = a.operand(0, "x"), function, dtype](const Tensors& in) {
    const Tensor value = x(in);
    return function(dtype ? cast(value, *dtype) : value);
  });
}

Compute make_full_like(OpArguments& a) {
  const auto dtype = a.dtype();
  return one([x = a.operand(0, "x"), fill = a.operand(1, "fill_value"), dtype](const Tensors& in) {
    const Tensor zeros = zeros_like(dtype ? cast(x(in), *dtype) : x(in));
    return zeros + cast(fill.beside(zeros, in), zeros.dtype());
  });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"Abs", kNumpyOps, [](OpArguments& a) { return of_one(a, abs); }},
    {"Absolute", kNumpyOps, [](OpArguments& a) { return of_one(a, abs); }},
    {"Arccos", kNumpyOps, [](OpArguments& a) { return of_one(a, arccos); }},
    {"Arccosh", kNumpyOps, [](OpArguments& a) { return of_one(a, arccosh); }},
    {"Arcsin", kNumpyOps, [](OpArguments& a) { return of_one(a, arcsin); }},
    {"Arcsinh", kNumpyOps, [](OpArguments& a) { return of_one(a, arcsinh); }},
    {"Arctan", kNumpyOps, [](OpArguments& a) { return of_one(a, arctan); }},
    {"Arctanh", kNumpyOps, [](OpArguments& a) { return of_one(a, arctanh); }},
    {"Cast", kCoreOps, make_cast},
    {"Cbrt", kNumpyOps, [](OpArguments& a) { return of_one(a, cbrt); }},
    {"Ceil", kNumpyOps, [](OpArguments& a) { return of_one(a, float_ceil); }},
    {"ConvertToTensor", kCoreOps, make_convert},
    {"Copy", kNumpyOps, [](OpArguments& a) { return of_one(a, identity); }},
    {"Cos", kNumpyOps, [](OpArguments& a) { return of_one(a, cos); }},
    {"Cosh", kNumpyOps, [](OpArguments& a) { return of_one(a, cosh); }},
    {"Deg2rad", kNumpyOps, [](OpArguments& a) { return of_one(a, deg2rad); }},
    {"Erf", kMathOps, [](OpArguments& a) { return of_one(a, erf); }},
    {"Erfc", kMathOps, [](OpArguments& a) { return of_one(a, erfc); }},
    {"Erfinv", kMathOps, [](OpArguments& a) { return of_one(a, erfinv); }},
    {"Exp", kNumpyOps, [](OpArguments& a) { return of_one(a, exp); }},
    {"Exp2", kNumpyOps, [](OpArguments& a) { return of_one(a, exp2); }},
    {"Expm1", kNumpyOps, [](OpArguments& a) { return of_one(a, expm1); }},
    {"Floor", kNumpyOps, [](OpArguments& a) { return of_one(a, float_floor); }},
    {"FullLike", kNumpyOps, make_full_like},
    {"Isfinite", kNumpyOps, [](OpArguments& a) { return of_one(a, isfinite); }},
    {"Isinf", kNumpyOps, [](OpArguments& a) { return of_one(a, isinf); }},
    {"Isnan", kNumpyOps, [](OpArguments& a) { return of_one(a, isnan); }},
    {"Isneginf", kNumpyOps, [](OpArguments& a) { return of_one(a, isneginf); }},
    {"Isposinf", kNumpyOps, [](OpArguments& a) { return of_one(a, isposinf); }},
    {"Log", kNumpyOps, [](OpArguments& a) { return of_one(a, log); }},
    {"Log10", kNumpyOps, [](OpArguments& a) { return of_one(a, log10); }},
    {"Log1p", kNumpyOps, [](OpArguments& a) { return of_one(a, log1p); }},
    {"Log2", kNumpyOps, [](OpArguments& a) { return of_one(a, log2); }},
    {"LogicalNot", kNumpyOps, [](OpArguments& a) { return of_one(a, logical_not); }},
    {"NanToNum", kNumpyOps, make_nan_to_num},
    {"Negative", kNumpyOps, [](OpArguments& a) { return of_one(a, negative); }},
    {"OnesLike", kNumpyOps, [](OpArguments& a) { return like(a, ones_like); }},
    {"Rad2deg", kNumpyOps, [](OpArguments& a) { return of_one(a, rad2deg); }},
    {"Real", kNumpyOps, [](OpArguments& a) { return of_one(a, identity); }},
    {"Reciprocal", kNumpyOps, [](OpArguments& a) { return of_one(a, reciprocal); }},
    {"Round", kNumpyOps, make_round},
    {"Rsqrt", kMathOps, [](OpArguments& a) { return of_one(a, rsqrt); }},
    {"SaturateCast", kCoreOps, make_saturate_cast},
    {"Sign", kNumpyOps, [](OpArguments& a) { return of_one(a, sign); }},
    {"Signbit", kNumpyOps, [](OpArguments& a) { return of_one(a, signbit); }},
    {"Sin", kNumpyOps, [](OpArguments& a) { return of_one(a, sin); }},
    {"Sinc", kNumpyOps, [](OpArguments& a) { return of_one(a, sinc); }},
    {"Sinh", kNumpyOps, [](OpArguments& a) { return of_one(a, sinh); }},
    {"Sqrt", kNumpyOps, [](OpArguments& a) { return of_one(a, sqrt); }},
    {"Square", kNumpyOps, [](OpArguments& a) { return of_one(a, square); }},
    {"StopGradient", kCoreOps, [](OpArguments& a) { return of_one(a, stop_gradient, "variable"); }},
    {"Tan", kNumpyOps, [](OpArguments& a) { return of_one(a, tan); }},
    {"Tanh", kNumpyOps, [](OpArguments& a) { return of_one(a, tanh); }},
    {"Trunc", kNumpyOps, [](OpArguments& a) { return of_one(a, trunc); }},
    {"ZerosLike", kNumpyOps, [](OpArguments& a) { return like(a, zeros_like); }},
});

}  // namespace

std::span<const OpClass> unary_ops() { return kClasses; }

}  // namespace namesake::nn
