// Operations of two tensors, elementwise, and choices between tensors.
#include <array>
#include <limits>

#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/trigonometry.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

using Binary = Tensor (*)(const Tensor&, const Tensor&);

// The two, each number beside the other one.
struct Pair {
  Operand first, second;
  explicit Pair(OpArguments& a, std::string_view name1 = "x1", std::string_view name2 = "x2")
      : first(a.operand(0, name1)), second(a.operand(1, name2)) {}
  template <class Function>
  Tensor operator()(const Tensors& in, Function function) const {
    if (first.is_number()) {
      const Tensor x2 = second(in);
      return function(first.beside(x2, in), x2);
    }
    const Tensor x1 = first(in);
    return function(x1, second.beside(x1, in));
  }
};

Compute binary(OpArguments& a, Binary function) {
  return one([pair = Pair(a), function](const Tensors& in) { return pair(in, function); });
}

Tensor heaviside(const Tensor& x1, const Tensor& x2) { return where(x1 < 0, zeros_like(x1), where(x1 > 0, ones_like(x1), x2)); }
Tensor hypot(const Tensor& x1, const Tensor& x2) {
  const Tensor a = abs(x1), b = abs(x2), most = maximum(a, b);
  return most * sqrt(square(divide_no_nan(minimum(a, b), most)) + 1.0);
}
Tensor logaddexp(const Tensor& x1, const Tensor& x2) {
  const Tensor apart = x1 - x2;
  return where(isnan(apart), x1 + x2, maximum(x1, x2) + log1p(exp(negative(abs(apart)))));
}
Tensor fmax(const Tensor& x1, const Tensor& x2) { return where(isnan(x1), x2, where(isnan(x2), x1, maximum(x1, x2))); }
Tensor fmin(const Tensor& x1, const Tensor& x2) { return where(isnan(x1), x2, where(isnan(x2), x1, minimum(x1, x2))); }

Compute make_isclose(OpArguments& a) {
  const bool equal_nan = a.boolean("equal_nan");
  const auto rtol = a.maybe_operand(2, "rtol"), atol = a.maybe_operand(3, "atol");
  return one([pair = Pair(a), equal_nan, rtol, atol](const Tensors& in) {
    return pair(in, [&](const Tensor& x1, const Tensor& x2) {
      if (!is_floating(x1.dtype()) && !is_floating(x2.dtype())) return equal(x1, x2);
      const Tensor size = abs(x2), relative = rtol ? rtol->beside(size, in) : Tensor(1e-5), absolute = atol ? atol->beside(size, in) : Tensor(1e-8);
      const Tensor close = less_equal(abs(x1 - x2), absolute + relative * size);
      return equal_nan ? logical_or(close, logical_and(isnan(x1), isnan(x2))) : close;
    });
  });
}

Compute make_where(OpArguments& a) {
  const Operand condition = a.operand(0, "condition"), x1 = a.operand(1, "x1"), x2 = a.operand(2, "x2");
  return one([=](const Tensors& in) {
    if (x1.is_number() && !x2.is_number()) {
      const Tensor second = x2(in);
      return where(condition(in), x1.beside(second, in), second);
    }
    const Tensor first = x1(in);
    return where(condition(in), first, x2.is_number() && x1.is_number() ? x2(in) : x2.beside(first, in));
  });
}

// The first choice whose condition holds.
Compute make_select(OpArguments& a) {
  const std::vector<Operand> conditions = a.operands(0, "condlist"), choices = a.operands(1, "choicelist");
  const auto otherwise = a.maybe_operand(2, "default");
  if (conditions.size() != choices.size()) a.fail("its lists differ in length.", "a choice for each condition");
  return one([=](const Tensors& in) {
    const Tensor last = choices.back()(in);
    Tensor result = otherwise ? otherwise->beside(last, in) : ops::number_beside(0, last);
    for (std::size_t i = choices.size(); i-- > 0;) result = where(conditions[i](in), choices[i].beside(last, in), result);
    return result;
  });
}

Compute make_clip(OpArguments& a) {
  const double low = a.number("x_min", -std::numeric_limits<double>::infinity()), high = a.number("x_max", std::numeric_limits<double>::infinity());
  return one([x = a.operand(0, "x"), low, high](const Tensors& in) {
    const Tensor value = x(in);
    return clip(value.dtype() == DType::kBool ? cast(value, DType::kInt32) : value, low, high);
  });
}

constexpr auto kClasses = std::to_array<OpClass>({
    {"Add", kNumpyOps, [](OpArguments& a) { return binary(a, add); }},
    {"Arctan2", kNumpyOps, [](OpArguments& a) { return binary(a, arctan2); }},
    {"Clip", kNumpyOps, make_clip},
    {"Divide", kNumpyOps, [](OpArguments& a) { return binary(a, divide); }},
    {"DivideNoNan", kNumpyOps, [](OpArguments& a) { return binary(a, divide_no_nan); }},
    {"Equal", kNumpyOps, [](OpArguments& a) { return binary(a, equal); }},
    {"FloorDivide", kNumpyOps, [](OpArguments& a) { return binary(a, floor_divide); }},
    {"Fmax", kNumpyOps, [](OpArguments& a) { return binary(a, fmax); }},
    {"Fmin", kNumpyOps, [](OpArguments& a) { return binary(a, fmin); }},
    {"Greater", kNumpyOps, [](OpArguments& a) { return binary(a, greater); }},
    {"GreaterEqual", kNumpyOps, [](OpArguments& a) { return binary(a, greater_equal); }},
    {"Heaviside", kNumpyOps, [](OpArguments& a) { return binary(a, heaviside); }},
    {"Hypot", kNumpyOps, [](OpArguments& a) { return binary(a, hypot); }},
    {"Isclose", kNumpyOps, make_isclose},
    {"Less", kNumpyOps, [](OpArguments& a) { return binary(a, less); }},
    {"LessEqual", kNumpyOps, [](OpArguments& a) { return binary(a, less_equal); }},
    {"Logaddexp", kNumpyOps, [](OpArguments& a) { return binary(a, logaddexp); }},
    {"LogicalAnd", kNumpyOps, [](OpArguments& a) { return binary(a, logical_and); }},
    {"LogicalOr", kNumpyOps, [](OpArguments& a) { return binary(a, logical_or); }},
    {"LogicalXor", kNumpyOps, [](OpArguments& a) { return binary(a, logical_xor); }},
    {"Maximum", kNumpyOps, [](OpArguments& a) { return binary(a, maximum); }},
    {"Minimum", kNumpyOps, [](OpArguments& a) { return binary(a, minimum); }},
    {"Mod", kNumpyOps, [](OpArguments& a) { return binary(a, mod); }},
    {"Multiply", kNumpyOps, [](OpArguments& a) { return binary(a, multiply); }},
    {"NotEqual", kNumpyOps, [](OpArguments& a) { return binary(a, not_equal); }},
    {"Power", kNumpyOps, [](OpArguments& a) { return binary(a, power); }},
    {"Select", kNumpyOps, make_select},
    {"Subtract", kNumpyOps, [](OpArguments& a) { return binary(a, subtract); }},
    {"TrueDivide", kNumpyOps, [](OpArguments& a) { return binary(a, divide); }},
    {"Where", kNumpyOps, make_where},
});

}  // namespace

std::span<const OpClass> arithmetic_ops() { return kClasses; }

}  // namespace namesake::nn
