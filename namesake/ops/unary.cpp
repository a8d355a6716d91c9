#include "namesake/ops/unary.h"

#include <cmath>
#include <limits>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/unary_kernel.h"

namespace namesake::ops {
namespace {

struct Neg {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(std::make_unsigned_t<T>{0} - static_cast<std::make_unsigned_t<T>>(x));
    else
      return -x;
  }
};
struct Abs {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::abs(x);
    else
      return x < 0 ? Neg{}(x) : x;
  }
};
struct Sign {
  template <class T>
  T operator()(T x) const {
    return x > 0 ? T(1) : x < 0 ? static_cast<T>(-1) : x;
  }
};
struct Square {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(std::make_unsigned_t<T>(x) * std::make_unsigned_t<T>(x));
    else
      return x * x;
  }
};
struct Sqrt {
  double operator()(double x) const { return std::sqrt(x); }
};
struct Rsqrt {
  double operator()(double x) const { return 1 / std::sqrt(x); }
};
struct Reciprocal {
  double operator()(double x) const { return 1 / x; }
};
struct Exp {
  double operator()(double x) const { return std::exp(x); }
};
struct Expm1 {
  double operator()(double x) const { return std::expm1(x); }
};
struct Log {
  double operator()(double x) const { return std::log(x); }
};
struct Log1p {
  double operator()(double x) const { return std::log1p(x); }
};
struct Floor {
  double operator()(double x) const { return std::floor(x); }
};
struct Ceil {
  double operator()(double x) const { return std::ceil(x); }
};
struct Round {
  double operator()(double x) const { return std::nearbyint(x); }
};
struct Erf {
  double operator()(double x) const { return std::erf(x); }
};
/// A first guess (S. Winitzki, "A handy approximation for the error function and its inverse"), then Newton's steps.
struct Erfinv {
  template <class T>
  T operator()(T x) const {
    const double goal = static_cast<double>(x);
    if (!(std::abs(goal) < 1)) {
      if (std::abs(goal) == 1) return static_cast<T>(std::copysign(std::numeric_limits<double>::infinity(), goal));
      return std::numeric_limits<T>::quiet_NaN();
    }
    constexpr double kA = 0.147, kPi = 3.14159265358979323846, kTwoOverRootPi = 1.1283791670955126;
    const double size = std::abs(goal), log = std::log1p(-size * size), half = 2 / (kPi * kA) + log / 2;
    double y = std::sqrt(std::sqrt(half * half - log / kA) - half);
    for (int i = 0; i < 4; ++i) {  // from the far side 1 - erf keeps its digits
      const double error = size < 0.5 ? std::erf(y) - size : (1 - size) - std::erfc(y);
      y -= error / (kTwoOverRootPi * std::exp(-y * y));
    }
    return static_cast<T>(std::copysign(y, goal));
  }
};
struct SqrtGrad {
  double operator()(double y, double dy) const { return dy * 0.5 / y; }
};
struct RsqrtGrad {
  double operator()(double y, double dy) const { return -0.5 * dy * y * y * y; }
};
struct ReciprocalGrad {
  double operator()(double y, double dy) const { return -dy * y * y; }
};

struct Sin {
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
};
struct Cos {
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
};

template <class F>
void test_kernel(const KernelContext& c) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* in = c.inputs[0].raw_as<T>();
    bool* out = c.outputs[0].raw_as<bool>();
    for (std::int64_t i = 0, n = c.inputs[0].size(); i < n; ++i) out[i] = F{}(in[i]);
  });
}
struct IsFinite {
  template <class T>
  bool operator()(T x) const {
    return std::isfinite(x);
  }
};
struct IsNan {
  template <class T>
  bool operator()(T x) const {
    return std::isnan(x);
  }
};
struct IsInf {
  template <class T>
  bool operator()(T x) const {
    return std::isinf(x);
  }
};
void infer_test(const InferContext& c) {
  infer_floating_as_input(c);
  c.outputs[0].dtype = DType::kBool;
}

void identity_kernel(const KernelContext& c) { c.outputs[0] = c.inputs[0].alias(); }

// Gradients of one input.
Tensor of_neg(const Tensor& g, const Tensor&, const Tensor&) { return negative(g); }
Tensor of_abs(const Tensor& g, const Tensor& x, const Tensor&) { return g * sign(x); }
Tensor of_step(const Tensor& g, const Tensor&, const Tensor&) { return zeros_like(g); }
Tensor of_square(const Tensor& g, const Tensor& x, const Tensor&) { return g * (x * 2); }
Tensor of_sqrt(const Tensor& g, const Tensor&, const Tensor& y) { return apply(kSqrtGrad, y, g); }
Tensor of_rsqrt(const Tensor& g, const Tensor&, const Tensor& y) { return apply(kRsqrtGrad, y, g); }
Tensor of_reciprocal(const Tensor& g, const Tensor&, const Tensor& y) { return apply(kReciprocalGrad, y, g); }
Tensor of_exp(const Tensor& g, const Tensor&, const Tensor& y) { return g * y; }
Tensor of_expm1(const Tensor& g, const Tensor&, const Tensor& y) { return g * (y + 1); }
Tensor of_log(const Tensor& g, const Tensor& x, const Tensor&) { return g / x; }
Tensor of_log1p(const Tensor& g, const Tensor& x, const Tensor&) { return g / (x + 1); }
Tensor of_sin(const Tensor& g, const Tensor& x, const Tensor&) { return g * cos(x); }
Tensor of_cos(const Tensor& g, const Tensor& x, const Tensor&) { return negative(g * sin(x)); }
Tensor of_erf(const Tensor& g, const Tensor& x, const Tensor&) {
  constexpr double kTwoOverRootPi = 1.1283791670955126;
  return g * exp(negative(square(x))) * kTwoOverRootPi;
}
Tensor of_erfinv(const Tensor& g, const Tensor&, const Tensor& y) {
  constexpr double kHalfRootPi = 0.886226925452758;
  return g * exp(square(y)) * kHalfRootPi;
}
Tensor of_identity(const Tensor& g, const Tensor&, const Tensor&) { return g; }

// Gradients of gradients: inputs y and dy, each may be asked for.
void gradient_sqrt_grad(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[0];
  const Tensor quotient = g / y;
  if (c.needs[0]) c.input_gradients[0] = negative(c.outputs[0] * quotient);
  if (c.needs[1]) c.input_gradients[1] = quotient * 0.5;
}
void gradient_rsqrt_grad(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[0], &dy = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = g * dy * square(y) * -1.5;
  if (c.needs[1]) c.input_gradients[1] = apply(kRsqrtGrad, y, g);
}
void gradient_reciprocal_grad(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &y = c.inputs[0], &dy = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = g * dy * y * -2;
  if (c.needs[1]) c.input_gradients[1] = apply(kReciprocalGrad, y, g);
}
constexpr OpRecord pair_grad(std::string_view name, Kernel kernel, Gradient gradient_of) {
  return {.name = name,
          .input_names = kNamesYDy,
          .output_names = kNamesZ,
          .types = kTypeT,
          .infer = infer_gradient_pair,
          .kernel = kernel,
          .gradient = gradient_of};
}

void infer_clip(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  check_same_dtype(c, 0, 2);
  for (const std::size_t i : {1, 2}) {
    const Shape& bound = c.inputs[i].shape();
    if (!bound.compatible_with(c.inputs[0].shape()) && bound.rank() != 0) {
      throw_mismatch(c.op, c.inputs, "ClipByValue needs bounds that are scalars, or of the tensor's shape.");
    }
  }
  infer_as_input(c);
}
void clip_kernel(const KernelContext& c) {
  const Tensor &x = c.inputs[0], &low = c.inputs[1], &high = c.inputs[2];
  const bool scalars = low.size() == 1 && high.size() == 1;
  if (x.dtype() == DType::kFloat32 && scalars) {
    return kernels::table().clip(c.outputs[0].raw_as<float>(), x.raw_as<float>(), *low.raw_as<float>(),
                                 *high.raw_as<float>(), x.size());
  }
  with_number(c.op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t low_step = low.size() == 1 ? 0 : 1, high_step = high.size() == 1 ? 0 : 1;
    const T *in = x.raw_as<T>(), *lows = low.raw_as<T>(), *highs = high.raw_as<T>();
    for (std::int64_t i = 0, n = x.size(); i < n; ++i) {
      const T capped = in[i] > highs[i * high_step] ? highs[i * high_step] : in[i];
      c.outputs[0].raw_as<T>()[i] = capped < lows[i * low_step] ? lows[i * low_step] : capped;
    }
  });
}
void gradient_clip(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0];
  const Tensor nothing = zeros_like(g);
  const Tensor below = less(x, c.inputs[1]), above = greater(x, c.inputs[2]);
  if (c.needs[0]) c.input_gradients[0] = where(logical_or(below, above), nothing, g);
  const auto to_bound = [&](std::size_t i, const Tensor& outside) {
    if (c.needs[i]) c.input_gradients[i] = sum_to_shape(where(outside, g, nothing), c.inputs[i].shape());
  };
  to_bound(1, below);
  to_bound(2, above);
}
constexpr std::string_view kNamesClip[] = {"t", "clip_value_min", "clip_value_max"};

}  // namespace

constinit const OpRecord kNeg =
    unary_record("Neg", infer_as_input, number_kernel<kernels::kNeg, Neg>, gradient<of_neg>);
constinit const OpRecord kAbs =
    unary_record("Abs", infer_as_input, number_kernel<kernels::kAbs, Abs>, gradient<of_abs>);
constinit const OpRecord kSign =
    unary_record("Sign", infer_as_input, number_kernel<kernels::kSign, Sign>, gradient<of_step>);
constinit const OpRecord kSquare =
    unary_record("Square", infer_as_input, number_kernel<kernels::kSquare, Square>, gradient<of_square>);
constinit const OpRecord kSqrt =
    unary_record("Sqrt", infer_floating_as_input, unary_kernel<kernels::kSqrt, Sqrt>, gradient<of_sqrt>);
constinit const OpRecord kRsqrt =
    unary_record("Rsqrt", infer_floating_as_input, unary_kernel<kernels::kRsqrt, Rsqrt>, gradient<of_rsqrt>);
constinit const OpRecord kReciprocal = unary_record(
    "Reciprocal", infer_floating_as_input, unary_kernel<kernels::kReciprocal, Reciprocal>, gradient<of_reciprocal>);
constinit const OpRecord kExp =
    unary_record("Exp", infer_floating_as_input, unary_kernel<kernels::kExp, Exp>, gradient<of_exp>);
constinit const OpRecord kExpm1 =
    unary_record("Expm1", infer_floating_as_input, unary_kernel<kernels::kExpm1, Expm1>, gradient<of_expm1>);
constinit const OpRecord kLog =
    unary_record("Log", infer_floating_as_input, unary_kernel<kernels::kLog, Log>, gradient<of_log>);
constinit const OpRecord kLog1p =
    unary_record("Log1p", infer_floating_as_input, unary_kernel<kernels::kLog1p, Log1p>, gradient<of_log1p>);
constinit const OpRecord kSin = unary_record("Sin", infer_floating_as_input, library_kernel<Sin>, gradient<of_sin>);
constinit const OpRecord kCos = unary_record("Cos", infer_floating_as_input, library_kernel<Cos>, gradient<of_cos>);
constinit const OpRecord kFloor =
    unary_record("Floor", infer_floating_as_input, unary_kernel<kernels::kFloor, Floor>, gradient<of_step>);
constinit const OpRecord kCeil =
    unary_record("Ceil", infer_floating_as_input, unary_kernel<kernels::kCeil, Ceil>, gradient<of_step>);
constinit const OpRecord kRound =
    unary_record("Round", infer_floating_as_input, unary_kernel<kernels::kRound, Round>, gradient<of_step>);
constinit const OpRecord kErf =
    unary_record("Erf", infer_floating_as_input, unary_kernel<kernels::kErf, Erf>, gradient<of_erf>);
constinit const OpRecord kErfinv =
    unary_record("Erfinv", infer_floating_as_input, library_kernel<Erfinv>, gradient<of_erfinv>);
constinit const OpRecord kIsFinite = unary_record("IsFinite", infer_test, test_kernel<IsFinite>);
constinit const OpRecord kIsNan = unary_record("IsNan", infer_test, test_kernel<IsNan>);
constinit const OpRecord kIsInf = unary_record("IsInf", infer_test, test_kernel<IsInf>);
constinit const OpRecord kSqrtGrad =
    pair_grad("SqrtGrad", grad_kernel<kernels::kSqrtGrad, SqrtGrad>, gradient_sqrt_grad);
constinit const OpRecord kRsqrtGrad =
    pair_grad("RsqrtGrad", grad_kernel<kernels::kRsqrtGrad, RsqrtGrad>, gradient_rsqrt_grad);
constinit const OpRecord kReciprocalGrad =
    pair_grad("ReciprocalGrad", grad_kernel<kernels::kReciprocalGrad, ReciprocalGrad>, gradient_reciprocal_grad);
constinit const OpRecord kClipByValue = {.name = "ClipByValue",
                                         .input_names = kNamesClip,
                                         .output_names = kNamesOutput,
                                         .types = kTypeT,
                                         .infer = infer_clip,
                                         .kernel = clip_kernel,
                                         .gradient = gradient_clip};
constinit const OpRecord kIdentity = {.name = "Identity",
                                      .input_names = kNamesInput,
                                      .output_names = kNamesOutput,
                                      .types = kTypeT,
                                      .infer = infer_as_input,
                                      .kernel = identity_kernel,
                                      .gradient = gradient<of_identity>,
                                      .makes_views = true};
constinit const OpRecord kStopGradient = {.name = "StopGradient",
                                          .input_names = kNamesInput,
                                          .output_names = kNamesOutput,
                                          .types = kTypeT,
                                          .infer = infer_as_input,
                                          .kernel = identity_kernel,
                                          .makes_views = true,
                                          .blocks_gradient = true};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

namespace {
Tensor rounding(const OpRecord& op, const Tensor& x) { return is_floating(x.dtype()) ? apply(op, x) : x; }
}  // namespace

Tensor negative(const Tensor& x) { return apply(kNeg, x); }
Tensor abs(const Tensor& x) { return x.dtype() == DType::kBool ? x : apply(kAbs, x); }
Tensor sign(const Tensor& x) { return apply(kSign, x); }
Tensor square(const Tensor& x) { return apply(kSquare, x); }
Tensor sqrt(const Tensor& x) { return apply_floating(kSqrt, x); }
Tensor rsqrt(const Tensor& x) { return apply_floating(kRsqrt, x); }
Tensor reciprocal(const Tensor& x) { return apply_floating(kReciprocal, x); }
Tensor exp(const Tensor& x) { return apply_floating(kExp, x); }
Tensor expm1(const Tensor& x) { return apply_floating(kExpm1, x); }
Tensor log(const Tensor& x) { return apply_floating(kLog, x); }
Tensor log2(const Tensor& x) { return log(x) / 0.6931471805599453; }
Tensor log10(const Tensor& x) { return log(x) / 2.302585092994046; }
Tensor log1p(const Tensor& x) { return apply_floating(kLog1p, x); }
Tensor sin(const Tensor& x) { return apply_floating(kSin, x); }
Tensor cos(const Tensor& x) { return apply_floating(kCos, x); }
Tensor floor(const Tensor& x) { return rounding(kFloor, x); }
Tensor ceil(const Tensor& x) { return rounding(kCeil, x); }
Tensor round(const Tensor& x) { return rounding(kRound, x); }
Tensor erf(const Tensor& x) { return apply_floating(kErf, x); }
Tensor erfinv(const Tensor& x) { return apply_floating(kErfinv, x); }
Tensor isfinite(const Tensor& x) { return apply_floating(kIsFinite, x); }
Tensor isnan(const Tensor& x) { return apply_floating(kIsNan, x); }
Tensor isinf(const Tensor& x) { return apply_floating(kIsInf, x); }
Tensor clip(const Tensor& x, double x_min, double x_max) {
  return apply(kClipByValue, x, full(Shape::scalar(), x_min, x.dtype()), full(Shape::scalar(), x_max, x.dtype()));
}
Tensor stop_gradient(const Tensor& x) { return apply(kStopGradient, x); }
Tensor identity(const Tensor& x) { return apply(kIdentity, x); }

}  // namespace namesake
