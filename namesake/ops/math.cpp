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

struct Equal {
  template <class T>
  static bool of(T a, T b) {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  static bool of(T a, T b) {
    return a != b;
  }
};
struct Greater {
  template <class T>
  static bool of(T a, T b) {
    return a > b;
  }
};
struct GreaterEqual {
  template <class T>
  static bool of(T a, T b) {
    return a >= b;
  }
};
struct Less {
  template <class T>
  static bool of(T a, T b) {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  static bool of(T a, T b) {
    return a <= b;
  }
};
struct And {
  static bool of(bool a, bool b) { return a && b; }
};
struct Or {
  static bool of(bool a, bool b) { return a || b; }
};

template <class F, class T, int kStepA, int kStepB>
void loop(void* out, const void* a, const void* b, std::int64_t n) {
  using R = decltype(F::of(T{}, T{}));
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
  R* z = static_cast<R*>(out);
  for (std::int64_t i = 0; i < n; ++i) z[i] = F::of(x[i * kStepA], y[i * kStepB]);
}
template <class F, class T>
constexpr BinaryLoops kLoops = {loop<F, T, 1, 1>, loop<F, T, 1, 0>, loop<F, T, 0, 1>};

/// float32 by the table, other dtypes by plain loops.
template <kernels::BinaryOp K, class F>
void kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kFloat32) {
    const auto& walks = kernels::table().binary[K];
    return run_binary(c, {walks[kernels::kBoth], walks[kernels::kOneB], walks[kernels::kOneA]});
  }
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kLoops<F, decltype(zero)>); });
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
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kLoops<F, decltype(zero)>); });
}
template <class F>
void integer_division_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_floating_point_v<T>) {
      for (const T value : c.inputs[1].data<T>()) {
        if (value == 0) throw_invalid(c.op, std::string(c.op.name) + " cannot divide integers by zero.");
      }
    }
    run_binary(c, kLoops<F, T>);
  });
}
template <class F>
void equality_kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() == DType::kBool) return run_binary(c, kLoops<F, bool>);
  plain_kernel<F>(c);
}
template <class F>
void logical_kernel(const KernelContext& c) {
  run_binary(c, kLoops<F, bool>);
}

void infer_floating_broadcast(const InferContext& c) {
  check_floating(c, 0);
  infer_broadcast(c);
}
void infer_logical(const InferContext& c) {
  for (const Tensor& input : c.inputs) {
    if (input.dtype() != DType::kBool)
      throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs bool inputs.", "bool");
  }
  infer_broadcast(c);
}

/// Fills the gradients that are wanted; `make` gives that of input i before the sum over broadcast axes.
template <class Make>
void fill(const GradientContext& c, Make make) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (c.needs[i]) c.input_gradients[i] = sum_to_shape(make(i), c.inputs[i].shape());
  }
}

void gradient_add(const GradientContext& c) {
  fill(c, [&](std::size_t) { return c.output_gradients[0]; });
}
void gradient_sub(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  fill(c, [&](std::size_t i) { return i == 0 ? g : negative(g); });
}
void gradient_mul(const GradientContext& c) {
  fill(c, [&](std::size_t i) { return multiply(c.output_gradients[0], c.inputs[1 - i]); });
}
void gradient_div(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[1];
  fill(c, [&](std::size_t i) { return i == 0 ? divide(g, y) : negative(divide(multiply(g, c.outputs[0]), y)); });
}
void gradient_div_no_nan(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[1];
  fill(c, [&](std::size_t i) {
    return i == 0 ? divide_no_nan(g, y) : negative(divide_no_nan(multiply(g, c.outputs[0]), y));
  });
}
// Where the two are equal the first one has the gradient, as in TensorFlow.
void gradient_extreme(const GradientContext& c, const Tensor& first) {
  const Tensor& g = c.output_gradients[0];
  const Tensor nothing = zeros_like(g);
  fill(c, [&](std::size_t i) { return i == 0 ? where(first, g, nothing) : where(first, nothing, g); });
}
void gradient_max(const GradientContext& c) { gradient_extreme(c, greater_equal(c.inputs[0], c.inputs[1])); }
void gradient_min(const GradientContext& c) { gradient_extreme(c, less_equal(c.inputs[0], c.inputs[1])); }
void gradient_squared_difference(const GradientContext& c) {
  const Tensor half = multiply(c.output_gradients[0], subtract(c.inputs[0], c.inputs[1]));
  fill(c, [&](std::size_t i) { return multiply(half, i == 0 ? 2 : -2); });
}
void gradient_pow(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0], &y = c.inputs[1];
  fill(c, [&](std::size_t i) {
    if (i == 0) return multiply(multiply(g, y), power(x, subtract(y, 1)));
    const Tensor positive = greater(x, 0);  // log of the others is taken as 0
    const Tensor safe = where(positive, x, ones_like(x));
    return multiply(multiply(g, c.outputs[0]), where(positive, log(safe), zeros_like(x)));
  });
}
void gradient_floor_mod(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0], &y = c.inputs[1];
  fill(c, [&](std::size_t i) { return i == 0 ? g : negative(multiply(g, stop_gradient(floor_divide(x, y)))); });
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
constexpr OpRecord logical(std::string_view name, void (*run)(const KernelContext&)) {
  return {.name = name, .input_names = kNamesXY, .output_names = kNamesZ, .infer = infer_logical, .kernel = run};
}

void not_kernel(const KernelContext& c) {
  const bool* in = c.inputs[0].raw_as<bool>();
  bool* out = c.outputs[0].raw_as<bool>();
  for (std::int64_t i = 0, n = c.inputs[0].size(); i < n; ++i) out[i] = !in[i];
}
void infer_not(const InferContext& c) {
  if (c.inputs[0].dtype() != DType::kBool) throw_mismatch(c.op, c.inputs, "LogicalNot needs a bool input.", "bool");
  infer_as_input(c);
}

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
constexpr std::string_view kNamesSelect[] = {"condition", "t", "e"};
constexpr TypeAttr kTypesSelect[] = {{"T", 1}};

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
constinit const OpRecord kFloorDiv = binary("FloorDiv", infer_broadcast, integer_division_kernel<FloorDiv>);
constinit const OpRecord kFloorMod =
    binary("FloorMod", infer_broadcast, integer_division_kernel<FloorMod>, gradient_floor_mod);
constinit const OpRecord kEqual = binary("Equal", infer_comparison, equality_kernel<Equal>);
constinit const OpRecord kNotEqual = binary("NotEqual", infer_comparison, equality_kernel<NotEqual>);
constinit const OpRecord kGreater = binary("Greater", infer_comparison, plain_kernel<Greater>);
constinit const OpRecord kGreaterEqual = binary("GreaterEqual", infer_comparison, plain_kernel<GreaterEqual>);
constinit const OpRecord kLess = binary("Less", infer_comparison, plain_kernel<Less>);
constinit const OpRecord kLessEqual = binary("LessEqual", infer_comparison, plain_kernel<LessEqual>);
constinit const OpRecord kLogicalAnd = logical("LogicalAnd", logical_kernel<And>);
constinit const OpRecord kLogicalOr = logical("LogicalOr", logical_kernel<Or>);
constinit const OpRecord kLogicalNot = {
    .name = "LogicalNot", .input_names = kNamesX, .output_names = kNamesY, .infer = infer_not, .kernel = not_kernel};
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
Tensor as_bool(const Tensor& x) { return cast(x, DType::kBool); }

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
Tensor squared_difference(const Tensor& x1, const Tensor& x2) { return promoted(kSquaredDifference, x1, x2); }
Tensor equal(const Tensor& x1, const Tensor& x2) { return promoted(kEqual, x1, x2); }
Tensor not_equal(const Tensor& x1, const Tensor& x2) { return promoted(kNotEqual, x1, x2); }
Tensor greater(const Tensor& x1, const Tensor& x2) { return promoted(kGreater, x1, x2); }
Tensor greater_equal(const Tensor& x1, const Tensor& x2) { return promoted(kGreaterEqual, x1, x2); }
Tensor less(const Tensor& x1, const Tensor& x2) { return promoted(kLess, x1, x2); }
Tensor less_equal(const Tensor& x1, const Tensor& x2) { return promoted(kLessEqual, x1, x2); }
Tensor logical_and(const Tensor& x1, const Tensor& x2) { return apply(kLogicalAnd, as_bool(x1), as_bool(x2)); }
Tensor logical_or(const Tensor& x1, const Tensor& x2) { return apply(kLogicalOr, as_bool(x1), as_bool(x2)); }
Tensor logical_not(const Tensor& x) { return apply(kLogicalNot, as_bool(x)); }
Tensor where(const Tensor& condition, const Tensor& x1, const Tensor& x2) {
  const DType dtype = result_type(x1.dtype(), x2.dtype());
  return apply(kSelectV2, as_bool(condition), cast(x1, dtype), cast(x2, dtype));
}
Tensor operator-(const Tensor& x) { return negative(x); }

}  // namespace namesake
