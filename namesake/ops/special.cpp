// Functions that graphs have but layers here do not: Erfc, Lgamma, Digamma, Ndtri, Rint, Inv; Xdivy, Xlogy, Xlog1py, MulNoNan; and division
// that rounds towards zero: Div, TruncateDiv, Mod, TruncateMod.
#include <cmath>
#include <limits>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/unary_kernel.h"

namespace namesake::ops {
namespace {

constexpr double kPi = 3.14159265358979323846;

struct Erfc {
  template <class T>
  T operator()(T x) const {
    return std::erfc(x);
  }
};
struct Lgamma {
  template <class T>
  T operator()(T x) const {
    int sign = 0;  // std::lgamma would write it to a variable of the process
    return static_cast<T>(::lgamma_r(static_cast<double>(x), &sign));
  }
};
/// Small numbers are moved up by psi(x) = psi(x + 1) - 1 / x, negative ones turned over by psi(1 - x) - psi(x) = pi / tan(pi x); the rest is the
/// asymptotic series (Abramowitz and Stegun 6.3.18).
struct Digamma {
  template <class T>
  T operator()(T number) const {
    double x = static_cast<double>(number), result = 0;
    if (x <= 0) {
      if (x == std::floor(x)) return x == 0 ? static_cast<T>(std::copysign(std::numeric_limits<double>::infinity(), -x)) : std::numeric_limits<T>::quiet_NaN();
      result = -kPi / std::tan(kPi * x);
      x = 1 - x;
    }
    for (; x < 10; x += 1) result -= 1 / x;
    const double s = 1 / (x * x);
    const double series = s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132 - s * (691.0 / 32760))))));
    return static_cast<T>(result + std::log(x) - 0.5 / x - series);
  }
};
/// The x that a standard normal number lies below with this probability: a first guess (Abramowitz and Stegun 26.2.23), then Halley's steps.
struct Ndtri {
  template <class T>
  T operator()(T probability) const {
    const double p = static_cast<double>(probability);
    if (!(p > 0 && p < 1)) {
      if (p == 0 || p == 1) return static_cast<T>(std::copysign(std::numeric_limits<double>::infinity(), p - 0.5));
      return std::numeric_limits<T>::quiet_NaN();
    }
    const double tail = p < 0.5 ? p : 1 - p, t = std::sqrt(-2 * std::log(tail));
    double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 3; ++i) {  // of the upper tail at x
      const double error = (0.5 * std::erfc(x / std::sqrt(2.0)) - tail) * std::sqrt(2 * kPi) * std::exp(x * x / 2);
      x += error / (1 - x * error / 2);
    }
    return static_cast<T>(p < 0.5 ? -x : x);
  }
};

Tensor of_erfc(const Tensor& g, const Tensor& x, const Tensor&) {
  constexpr double kTwoOverRootPi = 1.1283791670955126;
  return g * exp(negative(square(x))) * -kTwoOverRootPi;
}
Tensor of_lgamma(const Tensor& g, const Tensor& x, const Tensor&) { return g * apply(kDigamma, x); }
Tensor of_ndtri(const Tensor& g, const Tensor&, const Tensor& y) { return g * exp(square(y) * 0.5) * std::sqrt(2 * kPi); }
Tensor of_rint(const Tensor& g, const Tensor&, const Tensor&) { return zeros_like(g); }
Tensor of_inv(const Tensor& g, const Tensor&, const Tensor& y) { return apply(kReciprocalGrad, y, g); }

void rint_kernel(const KernelContext& c) { kRound.kernel(c); }
void inv_kernel(const KernelContext& c) { kReciprocal.kernel(c); }

// 0 wherever the first (of MulNoNan: the second) is 0, whatever the other.
struct Xdivy {
  template <class T>
  static T of(T x, T y) {
    return x == T(0) ? T(0) : x / y;
  }
};
struct Xlogy {
  template <class T>
  static T of(T x, T y) {
    return x == T(0) ? T(0) : x * std::log(y);
  }
};
struct Xlog1py {
  template <class T>
  static T of(T x, T y) {
    return x == T(0) ? T(0) : x * std::log1p(y);
  }
};
struct MulNoNan {
  template <class T>
  static T of(T x, T y) {
    return y == T(0) ? T(0) : x * y;
  }
};
struct TruncateDiv {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return a / b;
    } else {
      using U = std::make_unsigned_t<T>;
      if (b == T(0)) return T(0);                                                          // refused before
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return static_cast<T>(U(0) - U(a));  // the smallest number / -1 wraps
      return static_cast<T>(a / b);
    }
  }
};
struct TruncateDivFloats {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      return std::trunc(a / b);
    else
      return TruncateDiv::of(a, b);
  }
};
struct TruncateMod {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      return std::fmod(a, b);
    else
      return b == T(0) || (std::is_signed_v<T> && b == static_cast<T>(-1)) ? T(0) : static_cast<T>(a % b);
  }
};

template <class F>
void floating_pair_kernel(const KernelContext& c) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kPlainLoops<F, decltype(zero)>); });
}

/// What input i of the two gets, before the sum over the axes it was broadcast along.
using PairGradient = Tensor (*)(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& z, std::size_t i);
template <PairGradient kOf>
void pair_gradient(const GradientContext& c) {
  fill_gradients(c, [&](std::size_t i) { return kOf(c.output_gradients[0], c.inputs[0], c.inputs[1], c.outputs[0], i); });
}
Tensor not_zero(const Tensor& x) { return cast(not_equal(x, 0), x.dtype()); }
Tensor of_xdivy(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor&, std::size_t i) {
  return g * (i == 0 ? apply(kXdivy, not_zero(x), y) : apply(kXdivy, negative(x), square(y)));
}
Tensor of_xlogy(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor&, std::size_t i) {
  return g * (i == 0 ? apply(kXlogy, not_zero(x), y) : apply(kXdivy, x, y));
}
Tensor of_xlog1py(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor&, std::size_t i) {
  return g * (i == 0 ? apply(kXlog1py, not_zero(x), y) : apply(kXdivy, x, y + 1));
}
Tensor of_mul_no_nan(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor&, std::size_t i) {
  return i == 0 ? apply(kMulNoNan, g, y) : apply(kMulNoNan, x, g);
}
Tensor of_div(const Tensor& g, const Tensor&, const Tensor& y, const Tensor& z, std::size_t i) {
  return i == 0 ? g / y : negative(g * z / y);
}

constexpr OpRecord pair_record(std::string_view name, Infer infer, Kernel kernel, Gradient gradient) {
  return {.name = name, .input_names = kNamesXY, .output_names = kNamesZ, .types = kTypeT, .infer = infer, .kernel = kernel, .gradient = gradient};
}
constexpr OpRecord pair_record(std::string_view name, Infer infer, Kernel kernel) {
  OpRecord record = pair_record(name, infer, kernel, nullptr);
  record.blocks_gradient = true;
  return record;
}

}  // namespace

constinit const OpRecord kErfc = unary_record("Erfc", infer_floating_as_input, library_kernel<Erfc>, gradient<of_erfc>);
constinit const OpRecord kLgamma = unary_record("Lgamma", infer_floating_as_input, library_kernel<Lgamma>, gradient<of_lgamma>);
constinit const OpRecord kDigamma = unary_record("Digamma", infer_floating_as_input, library_kernel<Digamma>);
constinit const OpRecord kNdtri = unary_record("Ndtri", infer_floating_as_input, library_kernel<Ndtri>, gradient<of_ndtri>);
constinit const OpRecord kRint = unary_record("Rint", infer_floating_as_input, rint_kernel, gradient<of_rint>);
constinit const OpRecord kInv = unary_record("Inv", infer_floating_as_input, inv_kernel, gradient<of_inv>);
constinit const OpRecord kXdivy = pair_record("Xdivy", infer_floating_broadcast, floating_pair_kernel<Xdivy>, pair_gradient<of_xdivy>);
constinit const OpRecord kXlogy = pair_record("Xlogy", infer_floating_broadcast, floating_pair_kernel<Xlogy>, pair_gradient<of_xlogy>);
constinit const OpRecord kXlog1py = pair_record("Xlog1py", infer_floating_broadcast, floating_pair_kernel<Xlog1py>, pair_gradient<of_xlog1py>);
constinit const OpRecord kMulNoNan = pair_record("MulNoNan", infer_floating_broadcast, floating_pair_kernel<MulNoNan>, pair_gradient<of_mul_no_nan>);
constinit const OpRecord kDiv = pair_record("Div", infer_broadcast, integer_division_kernel<TruncateDiv>, pair_gradient<of_div>);
constinit const OpRecord kTruncateDiv = pair_record("TruncateDiv", infer_broadcast, integer_division_kernel<TruncateDivFloats>);
constinit const OpRecord kTruncateMod = pair_record("TruncateMod", infer_broadcast, integer_division_kernel<TruncateMod>);
constinit const OpRecord kMod = pair_record("Mod", infer_broadcast, integer_division_kernel<TruncateMod>);

}  // namespace namesake::ops
