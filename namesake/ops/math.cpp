#include "namesake/ops/math.h"

#include <cmath>
#include <type_traits>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

// Integers wrap round, as TensorFlow's do: arithmetic is done on unsigned numbers.
template <class T>
using Wrapping = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
template <class T, class F>
T wrapped(T a, T b, F f) {
  using U = Wrapping<T>;
  return static_cast<T>(f(static_cast<U>(a), static_cast<U>(b)));
}

struct Add {
  template <class T>
  static T of(T a, T b) {
    return wrapped(a, b, [](auto x, auto y) { return x + y; });
  }
};
struct Sub {
  template <class T>
  static T of(T a, T b) {
    return wrapped(a, b, [](auto x, auto y) { return x - y; });
  }
};
struct Mul {
  template <class T>
  static T of(T a, T b) {
    return wrapped(a, b, [](auto x, auto y) { return x * y; });
  }
};
struct Div {
  template <class T>
  static T of(T a, T b) {
    return a / b;
  }
};
struct DivNoNan {
  template <class T>
  static T of(T a, T b) {
    return b == T(0) ? T(0) : a / b;
  }
};
struct Max {
  template <class T>
  static T of(T a, T b) {
    return (a > b || a != a) ? a : b;
  }
};
struct Min {
  template <class T>
  static T of(T a, T b) {
    return (a < b || a != a) ? a : b;
  }
};
struct SquaredDifference {
  template <class T>
  static T of(T a, T b) {
    return Mul::of(Sub::of(a, b), Sub::of(a, b));
  }
};
struct FloorDiv {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::floor(a / b);
    } else {
      if (b == T(0)) return T(0);                                                   // refused before
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return Sub::of(T(0), a);  // the smallest number / -1 wraps
      return static_cast<T>(a / b - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0));
    }
  }
};
struct FloorMod {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const T rest = std::fmod(a, b);
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    } else {
      if (b == T(0) || (std::is_signed_v<T> && b == static_cast<T>(-1))) return T(0);
      const T rest = static_cast<T>(a % b);
      return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
    }
  }
};
struct Pow {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::pow(a, b);
    } else {
      if (b < 0) return a == 1 ? T(1) : T(0);
      T result = 1;
      for (T base = a, rest = b; rest > 0; rest = static_cast<T>(rest / 2)) {
        if (rest % 2 != 0) result = Mul::of(result, base);
        base = Mul::of(base, base);
      }
      return result;
    }
  }
};

/// float32 by the table, other dtypes by plain loops.
template <kernels::BinaryOp K, class F>
void kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kFloat32) {
    const auto& walks = kernels::table().binary[K];
    return run_binary(c, {walks[kernels::kBoth], walks[kernels::kOneB], walks[kernels::kOneA]});
  }
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kPlainLoops<F, decltype(zero)>); });
}
/// A factor for each row, as when a loss's gradient spreads over the logits.
bool is_factor_a_row(const Tensor& a, const Tensor& b) {
  const int last = a.rank() - 1;
  if (a.dtype() != DType::kFloat32 || b.rank() != a.rank() || last < 1 || b.shape()[last] != 1 || a.size() == 0)
    return false;
  for (int i = 0; i < last; ++i) {
    if (a.shape()[i] != b.shape()[i]) return false;
  }
  return true;
}
void mul_kernel(const KernelContext& c) {
  for (const std::size_t whole : {0, 1}) {
    const Tensor &a = c.inputs[whole], &b = c.inputs[1 - whole];
    if (!is_factor_a_row(a, b)) continue;
    return kernels::table().scale_rows(c.outputs[0].raw_as<float>(), a.raw_as<float>(), b.raw_as<float>(), b.size(),
                                       a.shape().back());
  }
  kernel<kernels::kMul, Mul>(c);
}
template <class F>
void plain_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kPlainLoops<F, decltype(zero)>); });
}
void gradient_add(const GradientContext& c) {
  fill_gradients(c, [&](std::size_t) { return c.output_gradients[0]; });
}
void gradient_sub(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  fill_gradients(c, [&](std::size_t i) { return i == 0 ? g : negative(g); });
}
void gradient_mul(const GradientContext& c) {
  fill_gradients(c, [&](std::size_t i) { return multiply(c.output_gradients[0], c.inputs[1 - i]); });
}
void gradient_div(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[1];
  fill_gradients(c, [&](std::size_t i) { return i == 0 ? divide(g, y) : negative(divide(multiply(g, c.outputs[0]), y)); });
}
void gradient_div_no_nan(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[1];
  fill_gradients(c, [&](std::size_t i) {
    return i == 0 ? divide_no_nan(g, y) : negative(divide_no_nan(multiply(g, c.outputs[0]), y));
  });
}
// Where the two are equal the first one has the gradient, as in TensorFlow.
void gradient_extreme(const GradientContext& c, const Tensor& first) {
  const Tensor& g = c.output_gradients[0];
  const Tensor nothing = zeros_like(g);
  fill_gradients(c, [&](std::size_t i) { return i == 0 ? where(first, g, nothing) : where(first, nothing, g); });
}
void gradient_max(const GradientContext& c) { gradient_extreme(c, greater_equal(c.inputs[0], c.inputs[1])); }
void gradient_min(const GradientContext& c) { gradient_extreme(c, less_equal(c.inputs[0], c.inputs[1])); }
void gradient_squared_difference(const GradientContext& c) {
  const Tensor half = multiply(c.output_gradients[0], subtract(c.inputs[0], c.inputs[1]));
  fill_gradients(c, [&](std::size_t i) { return multiply(half, i == 0 ? 2 : -2); });
}
void gradient_pow(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0], &y = c.inputs[1];
  fill_gradients(c, [&](std::size_t i) {
    if (i == 0) return multiply(multiply(g, y), power(x, subtract(y, 1)));
    const Tensor positive = greater(x, 0);  // log of the others is taken as 0
    const Tensor safe = where(positive, x, ones_like(x));
    return multiply(multiply(g, c.outputs[0]), where(positive, log(safe), zeros_like(x)));
  });
}
void gradient_floor_mod(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0], &y = c.inputs[1];
  fill_gradients(c, [&](std::size_t i) { return i == 0 ? g : negative(multiply(g, stop_gradient(floor_divide(x, y)))); });
}

constexpr OpRecord binary(std::string_view name, void (*infer)(const InferContext&), void (*run)(const KernelContext&),
                          void (*gradient)(const GradientContext&) = nullptr) {
  return {.name = name,
          .input_names = kNamesXY,
          .output_names = kNamesZ,
          .types = kTypeT,
          .infer = infer,
          .kernel = run,
          .gradient = gradient};
}
}  // namespace

using kernels::BinaryOp;
constinit const OpRecord kAddV2 = binary("AddV2", infer_broadcast, kernel<kernels::kAdd, Add>, gradient_add);
constinit const OpRecord kAdd = binary("Add", infer_broadcast, kernel<kernels::kAdd, Add>, gradient_add);
constinit const OpRecord kSub = binary("Sub", infer_broadcast, kernel<kernels::kSub, Sub>, gradient_sub);
constinit const OpRecord kMul = binary("Mul", infer_broadcast, mul_kernel, gradient_mul);
constinit const OpRecord kRealDiv =
    binary("RealDiv", infer_floating_broadcast, kernel<kernels::kDiv, Div>, gradient_div);
constinit const OpRecord kDivNoNan =
    binary("DivNoNan", infer_floating_broadcast, kernel<kernels::kDivNoNan, DivNoNan>, gradient_div_no_nan);
constinit const OpRecord kMaximum = binary("Maximum", infer_broadcast, kernel<kernels::kMax, Max>, gradient_max);
constinit const OpRecord kMinimum = binary("Minimum", infer_broadcast, kernel<kernels::kMin, Min>, gradient_min);
constinit const OpRecord kSquaredDifference =
    binary("SquaredDifference", infer_broadcast, kernel<kernels::kSquaredDifference, SquaredDifference>,
           gradient_squared_difference);
constinit const OpRecord kPow = binary("Pow", infer_broadcast, plain_kernel<Pow>, gradient_pow);
constinit const OpRecord kFloorDiv = {.name = "FloorDiv",
                                      .input_names = kNamesXY,
                                      .output_names = kNamesZ,
                                      .types = kTypeT,
                                      .infer = infer_broadcast,
                                      .kernel = integer_division_kernel<FloorDiv>,
                                      .blocks_gradient = true};
constinit const OpRecord kFloorMod =
    binary("FloorMod", infer_broadcast, integer_division_kernel<FloorMod>, gradient_floor_mod);
DType result_type(DType a, DType b) {
  if (a == b) return a;
  if (is_floating(a) != is_floating(b)) return is_floating(a) ? a : b;
  if (a == DType::kBool) return b;
  if (b == DType::kBool) return a;
  if (is_floating(a)) return size_of(a) == size_of(b) ? DType::kFloat32 : size_of(a) > size_of(b) ? a : b;
  const auto is_signed = [](DType t) {
    return t == DType::kInt8 || t == DType::kInt16 || t == DType::kInt32 || t == DType::kInt64;
  };
  if (is_signed(a) == is_signed(b)) return size_of(a) > size_of(b) ? a : b;
  const DType with_sign = is_signed(a) ? a : b;
  switch (size_of(is_signed(a) ? b : a)) {  // the smallest signed dtype that holds both
    case 1:
      return size_of(with_sign) > 1 ? with_sign : DType::kInt16;
    case 2:
      return size_of(with_sign) > 2 ? with_sign : DType::kInt32;
    case 4:
      return DType::kInt64;
    default:
      return DType::kFloat32;
  }
}

Tensor number_beside(double value, bool is_whole, const Tensor& tensor) {
  DType dtype = tensor.dtype();
  if (!is_floating(dtype)) {
    if (!is_whole)
      dtype = DType::kFloat32;
    else if (dtype == DType::kBool)
      dtype = DType::kInt32;
  }
  return full(Shape::scalar(), value, dtype);
}

namespace {

Tensor promoted(const OpRecord& op, const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return apply(op, a, b);
  const DType dtype = result_type(a.dtype(), b.dtype());
  return apply(op, cast(a, dtype), cast(b, dtype));
}
Tensor promoted_to_float(const OpRecord& op, const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype() && is_floating(a.dtype())) return apply(op, a, b);
  DType dtype = result_type(a.dtype(), b.dtype());
  if (!is_floating(dtype)) dtype = DType::kFloat32;
  return apply(op, cast(a, dtype), cast(b, dtype));
}

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor add(const Tensor& x1, const Tensor& x2) { return promoted(kAddV2, x1, x2); }
Tensor subtract(const Tensor& x1, const Tensor& x2) { return promoted(kSub, x1, x2); }
Tensor multiply(const Tensor& x1, const Tensor& x2) { return promoted(kMul, x1, x2); }
Tensor divide(const Tensor& x1, const Tensor& x2) { return promoted_to_float(kRealDiv, x1, x2); }
Tensor divide_no_nan(const Tensor& x1, const Tensor& x2) { return promoted_to_float(kDivNoNan, x1, x2); }
Tensor floor_divide(const Tensor& x1, const Tensor& x2) { return promoted(kFloorDiv, x1, x2); }
Tensor mod(const Tensor& x1, const Tensor& x2) { return promoted(kFloorMod, x1, x2); }
Tensor power(const Tensor& x1, const Tensor& x2) { return promoted(kPow, x1, x2); }
Tensor maximum(const Tensor& x1, const Tensor& x2) { return promoted(kMaximum, x1, x2); }
Tensor minimum(const Tensor& x1, const Tensor& x2) { return promoted(kMinimum, x1, x2); }
Tensor squared_difference(const Tensor& x1, const Tensor& x2) {
  // Of symbolic tensors by two ops: Keras has no class for this one, and a model with it could not be saved.
  if (x1.is_symbolic() || x2.is_symbolic()) return square(subtract(x1, x2));
  return promoted(kSquaredDifference, x1, x2);
}
Tensor operator-(const Tensor& x) { return negative(x); }

}  // namespace namesake
