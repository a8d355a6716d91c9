#include "namesake/ops/cast.h"

#include <bit>
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

#include "namesake/ops/create.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/tensor/small_floats.h"

namespace namesake::ops {
namespace {

template <class T>
constexpr bool kSmallFloat = std::is_same_v<T, Half> || std::is_same_v<T, Brain>;

/// What conversion instructions do outside the integer's range: the smallest integer, as TensorFlow on x86.
template <class To, class From>
To whole(From value) {
  using Wide = std::conditional_t<(sizeof(To) < 8), std::int64_t, To>;
  constexpr From kLimit = static_cast<From>(std::is_same_v<To, std::uint64_t>         ? 0x1p64
                                            : sizeof(To) == 4 && std::is_signed_v<To> ? 0x1p31
                                                                                      : 0x1p63);
  constexpr From kLowest = std::is_same_v<To, std::uint64_t> ? From(-1) : -kLimit;
  if (value >= kLowest && value < kLimit && (kLowest != From(-1) || value > From(-1))) {
    return static_cast<To>(static_cast<Wide>(value));
  }
  return std::is_signed_v<To> ? std::numeric_limits<To>::min() : std::numeric_limits<To>::max();
}

template <class T>
constexpr bool kComplex = std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

template <class To, class From>
To convert(From value) {
  if constexpr (kComplex<From>) {  // the real part, where there is room for nothing else
    if constexpr (kComplex<To>)
      return To(static_cast<typename To::value_type>(value.real()), static_cast<typename To::value_type>(value.imag()));
    else if constexpr (std::is_same_v<To, bool>)
      return value != From(0);
    else
      return convert<To>(value.real());
  } else if constexpr (kComplex<To>) {
    return To(convert<typename To::value_type>(value));
  } else if constexpr (kSmallFloat<From>) {
    if constexpr (std::is_same_v<To, From>)
      return value;
    else
      return convert<To>(value.value());
  } else if constexpr (kSmallFloat<To>) {
    return To::from(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    return whole<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <class Visit>
bool with_stored(DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kFloat32:
      visit(float{});
      return true;
    case DType::kFloat64:
      visit(double{});
      return true;
    case DType::kFloat16:
      visit(Half{});
      return true;
    case DType::kBFloat16:
      visit(Brain{});
      return true;
    case DType::kInt8:
      visit(std::int8_t{});
      return true;
    case DType::kInt16:
      visit(std::int16_t{});
      return true;
    case DType::kInt32:
      visit(std::int32_t{});
      return true;
    case DType::kInt64:
      visit(std::int64_t{});
      return true;
    case DType::kUInt8:
      visit(std::uint8_t{});
      return true;
    case DType::kUInt16:
      visit(std::uint16_t{});
      return true;
    case DType::kUInt32:
      visit(std::uint32_t{});
      return true;
    case DType::kUInt64:
      visit(std::uint64_t{});
      return true;
    case DType::kBool:
      visit(bool{});
      return true;
    case DType::kComplex64:
      visit(std::complex<float>{});
      return true;
    case DType::kComplex128:
      visit(std::complex<double>{});
      return true;
    default:
      return false;
  }
}

constexpr AttrDef kAttrsCast[] = {{"DstT", AttrKind::kType}};
constexpr TypeAttr kTypesCast[] = {{"SrcT", 0}};

void infer_cast(const InferContext& c) {
  const DType to = c.attrs.type(0);
  for (const DType dtype : {c.inputs[0].dtype(), to}) {
    if (!with_stored(dtype, [](auto) {})) throw_unsupported_dtype(c.op, dtype);
  }
  c.outputs[0] = {to, c.inputs[0].shape()};
}
void cast_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  static_cast<void>(cast_numbers(out.dtype(), out.raw(), in.dtype(), in.raw(), in.size()));
}
void gradient_cast(const GradientContext& c) {
  if (!c.needs[0]) return;
  const DType from = c.inputs[0].dtype();
  if (is_floating(from) && is_floating(c.attrs.type(0))) c.input_gradients[0] = cast(c.output_gradients[0], from);
}

}  // namespace

bool cast_numbers(DType to, std::byte* out, DType from, const std::byte* in, std::int64_t n) {
  bool known = false;
  with_stored(from, [&](auto from_zero) {
    known = with_stored(to, [&](auto to_zero) {
      const auto* x = reinterpret_cast<const decltype(from_zero)*>(in);
      auto* y = reinterpret_cast<decltype(to_zero)*>(out);
      for (std::int64_t i = 0; i < n; ++i) y[i] = convert<decltype(to_zero)>(x[i]);
    });
  });
  return known;
}

constinit const OpRecord kCast = {.name = "Cast",
                                  .input_names = kNamesX,
                                  .output_names = kNamesY,
                                  .attrs = kAttrsCast,
                                  .types = kTypesCast,
                                  .infer = infer_cast,
                                  .kernel = cast_kernel,
                                  .gradient = gradient_cast,
                                  .any_width = true};

}  // namespace namesake::ops

namespace namesake {

Tensor cast(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : ops::apply(ops::kCast, x, ops::Attrs::of(dtype));
}

}  // namespace namesake
