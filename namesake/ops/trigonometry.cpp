#include "namesake/ops/trigonometry.h"

#include <cmath>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/unary_kernel.h"

namespace namesake::ops {
namespace {

struct Tan {
  template <class T>
  T operator()(T x) const {
    return std::tan(x);
  }
};
struct Asin {
  template <class T>
  T operator()(T x) const {
    return std::asin(x);
  }
};
struct Acos {
  template <class T>
  T operator()(T x) const {
    return std::acos(x);
  }
};
struct Atan {
  template <class T>
  T operator()(T x) const {
    return std::atan(x);
  }
};
struct Sinh {
  template <class T>
  T operator()(T x) const {
    return std::sinh(x);
  }
};
struct Cosh {
  template <class T>
  T operator()(T x) const {
    return std::cosh(x);
  }
};
struct Asinh {
  template <class T>
  T operator()(T x) const {
    return std::asinh(x);
  }
};
struct Acosh {
  template <class T>
  T operator()(T x) const {
    return std::acosh(x);
  }
};
struct Atanh {
  template <class T>
  T operator()(T x) const {
    return std::atanh(x);
  }
};

Tensor of_tan(const Tensor& g, const Tensor&, const Tensor& y) { return g * (square(y) + 1); }
Tensor of_asin(const Tensor& g, const Tensor& x, const Tensor&) { return g * rsqrt(1 - square(x)); }
Tensor of_acos(const Tensor& g, const Tensor& x, const Tensor&) { return negative(g * rsqrt(1 - square(x))); }
Tensor of_atan(const Tensor& g, const Tensor& x, const Tensor&) { return g / (square(x) + 1); }
Tensor of_sinh(const Tensor& g, const Tensor& x, const Tensor&) { return g * cosh(x); }
Tensor of_cosh(const Tensor& g, const Tensor& x, const Tensor&) { return g * sinh(x); }
Tensor of_asinh(const Tensor& g, const Tensor&, const Tensor& y) { return g / cosh(y); }
Tensor of_acosh(const Tensor& g, const Tensor&, const Tensor& y) { return g / sinh(y); }
Tensor of_atanh(const Tensor& g, const Tensor& x, const Tensor&) { return g / (1 - square(x)); }

// Atan2.
struct Atan2 {
  template <class T>
  static T of(T y, T x) {
    return std::atan2(y, x);
  }
};
void atan2_kernel(const KernelContext& c) {
  with_floating(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kPlainLoops<Atan2, decltype(zero)>); });
}
void infer_atan2(const InferContext& c) {
  check_floating(c, 0);
  infer_broadcast(c);
}
void gradient_atan2(const GradientContext& c) {
  const Tensor &y = c.inputs[0], &x = c.inputs[1];
  const Tensor share = c.output_gradients[0] / (square(x) + square(y));
  if (c.needs[0]) c.input_gradients[0] = sum_to_shape(share * x, y.shape());
  if (c.needs[1]) c.input_gradients[1] = sum_to_shape(negative(share * y), x.shape());
}
constexpr std::string_view kNamesYX[] = {"y", "x"};

}  // namespace

constinit const OpRecord kTan = unary_record("Tan", infer_floating_as_input, library_kernel<Tan>, gradient<of_tan>);
constinit const OpRecord kAsin = unary_record("Asin", infer_floating_as_input, library_kernel<Asin>, gradient<of_asin>);
constinit const OpRecord kAcos = unary_record("Acos", infer_floating_as_input, library_kernel<Acos>, gradient<of_acos>);
constinit const OpRecord kAtan = unary_record("Atan", infer_floating_as_input, library_kernel<Atan>, gradient<of_atan>);
constinit const OpRecord kSinh = unary_record("Sinh", infer_floating_as_input, library_kernel<Sinh>, gradient<of_sinh>);
constinit const OpRecord kCosh = unary_record("Cosh", infer_floating_as_input, library_kernel<Cosh>, gradient<of_cosh>);
constinit const OpRecord kAsinh =
    unary_record("Asinh", infer_floating_as_input, library_kernel<Asinh>, gradient<of_asinh>);
constinit const OpRecord kAcosh =
    unary_record("Acosh", infer_floating_as_input, library_kernel<Acosh>, gradient<of_acosh>);
constinit const OpRecord kAtanh =
    unary_record("Atanh", infer_floating_as_input, library_kernel<Atanh>, gradient<of_atanh>);
constinit const OpRecord kAtan2 = {.name = "Atan2",
                                   .input_names = kNamesYX,
                                   .output_names = kNamesZ,
                                   .types = kTypeT,
                                   .infer = infer_atan2,
                                   .kernel = atan2_kernel,
                                   .gradient = gradient_atan2};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor tan(const Tensor& x) { return apply_floating(kTan, x); }
Tensor arcsin(const Tensor& x) { return apply_floating(kAsin, x); }
Tensor arccos(const Tensor& x) { return apply_floating(kAcos, x); }
Tensor arctan(const Tensor& x) { return apply_floating(kAtan, x); }
Tensor arctan2(const Tensor& x1, const Tensor& x2) {
  DType dtype = result_type(x1.dtype(), x2.dtype());
  if (!is_floating(dtype)) dtype = DType::kFloat32;
  return apply(kAtan2, cast(x1, dtype), cast(x2, dtype));
}
Tensor sinh(const Tensor& x) { return apply_floating(kSinh, x); }
Tensor cosh(const Tensor& x) { return apply_floating(kCosh, x); }
Tensor arcsinh(const Tensor& x) { return apply_floating(kAsinh, x); }
Tensor arccosh(const Tensor& x) { return apply_floating(kAcosh, x); }
Tensor arctanh(const Tensor& x) { return apply_floating(kAtanh, x); }

}  // namespace namesake
