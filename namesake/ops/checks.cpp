// CheckNumerics, and a check of a range.
#include "namesake/ops/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

void check_numerics_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  const Tensor wide = x.dtype() == DType::kFloat64 ? x : cast(x, DType::kFloat32);
  std::int64_t nans = 0, infinite = 0;
  with_floating(c.op, wide.dtype(), [&](auto zero) {
    for (const auto value : wide.data<decltype(zero)>()) {
      nans += std::isnan(value) ? 1 : 0;
      infinite += std::isinf(value) ? 1 : 0;
    }
  });
  if (nans + infinite > 0) {
    throw_invalid(c.op, fmt::format("{}: the tensor has numbers that are not finite.", c.attrs.text(0)),
                  "finite numbers", fmt::format("{} NaN and {} infinite of {}", nans, infinite, x.size()));
  }
  c.outputs[0] = x.alias();
}
void gradient_check(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kCheckNumerics, c.output_gradients[0], c.attrs);
}
constexpr std::string_view kNamesTensor[] = {"tensor"};
constexpr AttrDef kAttrsCheck[] = {{"message", AttrKind::kText}};
constexpr std::size_t kMostText = Attrs::kMost * 8;

std::string place_text(const Shape& shape, std::int64_t place) {
  std::array<std::int64_t, Shape::kMaxRank> at{};
  for (int i = shape.rank() - 1; i >= 0; --i) {
    at[static_cast<std::size_t>(i)] = place % shape[i];
    place /= shape[i];
  }
  return fmt::format("[{}]", fmt::join(at.begin(), at.begin() + shape.rank(), ", "));
}

void check_in_range_kernel(const KernelContext& c) {
  const Tensor& x = c.inputs[0];
  const double low = c.attrs.real(0), high = c.attrs.real(1);
  const std::string_view what = c.attrs.text(2);
  const Tensor numbers = cast(x, DType::kFloat64);
  const auto values = numbers.data<double>();
  const auto outside = std::find_if(values.begin(), values.end(), [&](double v) { return !(v >= low && v <= high); });
  if (outside != values.end()) {
    throw InvalidArgument({.subject = std::string(what),
                           .what = fmt::format("{} has a number outside its range.", what),
                           .expected = fmt::format("{} <= {} <= {}", low, what, high),
                           .received = fmt::format("{} at {} of shape {}", *outside, place_text(x.shape(), outside - values.begin()), to_string(x.shape()))});
  }
  c.outputs[0] = x.alias();
}
void gradient_range(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = c.output_gradients[0];
}
constexpr AttrDef kAttrsRange[] = {{"low", AttrKind::kFloat}, {"high", AttrKind::kFloat}, {"message", AttrKind::kText}};
constexpr std::size_t kMostWhat = (Attrs::kMost - 2) * 8;

}  // namespace

// TensorFlow has no such op: it would be an Assert beside the value.
constinit const OpRecord kCheckInRange = {.name = "CheckInRange",
                                          .input_names = kNamesTensor,
                                          .output_names = kNamesOutput,
                                          .attrs = kAttrsRange,
                                          .types = kTypeT,
                                          .infer = infer_as_input,
                                          .kernel = check_in_range_kernel,
                                          .gradient = gradient_range,
                                          .makes_views = true};

constinit const OpRecord kCheckNumerics = {.name = "CheckNumerics",
                                           .input_names = kNamesTensor,
                                           .output_names = kNamesOutput,
                                           .attrs = kAttrsCheck,
                                           .types = kTypeT,
                                           .infer = infer_floating_as_input,
                                           .kernel = check_numerics_kernel,
                                           .gradient = gradient_check,
                                           .makes_views = true};

}  // namespace namesake::ops

namespace namesake {

Tensor check_numerics(const Tensor& x, std::string_view message) {
  ops::Attrs attrs;
  attrs.set_text(0, message.substr(0, ops::kMostText));
  return ops::apply(ops::kCheckNumerics, x, attrs);
}
Tensor check_in_range(const Tensor& x, double low, double high, std::string_view what) {
  ops::Attrs attrs = ops::Attrs::of(low, high);
  attrs.set_text(2, what.substr(0, ops::kMostWhat));
  return ops::apply(ops::kCheckInRange, x, attrs);
}

}  // namespace namesake
