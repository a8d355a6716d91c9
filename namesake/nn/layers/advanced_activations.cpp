#include "namesake/nn/layers/advanced_activations.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

void check_not_negative(const LayerBase& layer, std::string_view option, double value) {
  if (value >= 0) return;
  throw InvalidArgument({.subject = std::string(option),
                         .what = fmt::format("{} needs a {} that is not negative.", layer.class_name(), option),
                         .expected = fmt::format("{} >= 0", option),
                         .received = fmt::format("{} = {}", option, value),
                         .places = {{"here", layer.site(), {}, {}}}});
}

}  // namespace

// ---- ReLU

void ReLUBody::config(Options& o, ConfigFields& f) {
  f("max_value", o.max_value);
  f("negative_slope", o.negative_slope);
  f("threshold", o.threshold);
}

ReLUBody::ReLUBody(const Options& options) : options_(options) {
  set_supports_masking(true);
  check_not_negative(*this, "max_value", options.max_value.value_or(0));
  check_not_negative(*this, "negative_slope", options.negative_slope);
  check_not_negative(*this, "threshold", options.threshold);
}

Tensor ReLUBody::call(const Tensor& x, CallContext&) {
  const std::optional<double> max_value = options_.max_value;
  const double slope = options_.negative_slope, threshold = options_.threshold;
  if (slope != 0 && !max_value && threshold == 0) return leaky_relu(x, slope);
  Tensor y;
  if (threshold != 0) {
    y = x * cast(x > threshold, x.dtype());
  } else {
    y = max_value == 6.0 ? relu6(x) : relu(x);
  }
  if (max_value && !(threshold == 0 && *max_value == 6)) y = clip(y, 0, *max_value);
  if (slope != 0) y = y - relu(threshold - x) * slope;
  return y;
}

// ---- LeakyReLU

void LeakyReLUBody::config(Options& o, ConfigFields& f) {
  if (f.reading()) f("alpha", o.negative_slope);  // Keras 2
  f("negative_slope", o.negative_slope);
}

LeakyReLUBody::LeakyReLUBody(const Options& options) : negative_slope_(options.negative_slope) {
  set_supports_masking(true);
  check_not_negative(*this, "negative_slope", negative_slope_);
}

Tensor LeakyReLUBody::call(const Tensor& x, CallContext&) { return leaky_relu(x, negative_slope_); }

// ---- PReLU

void PReLUBody::config(Options& o, ConfigFields& f) {
  f("alpha_initializer", o.alpha_initializer);
  f("alpha_regularizer", o.alpha_regularizer);
  f("alpha_constraint", o.alpha_constraint);
  f("shared_axes", o.shared_axes);
}

PReLUBody::PReLUBody(Options options) : options_(std::move(options)) { set_supports_masking(true); }

void PReLUBody::build(const Shape& input) {
  Shape shape = input.rank() > 0 ? Shape(input.sizes().subspan(1)) : Shape();
  for (const std::int64_t axis : options_.shared_axes.values()) {
    if (axis < 1 || axis > shape.rank()) {
      throw InvalidArgument({.subject = name(),
                             .what = fmt::format("PReLU \"{}\" shares an axis that its input does not have.", name()),
                             .expected = fmt::format("axes from 1 to {}", shape.rank()),
                             .received = std::to_string(axis),
                             .places = {{"here", site(), describe(), scope()->path()}}});
    }
    shape.set(static_cast<int>(axis) - 1, 1);
  }
  alpha_ = add_weight({.name = "alpha",
                       .shape = shape,
                       .initializer = options_.alpha_initializer,
                       .regularizer = options_.alpha_regularizer,
                       .constraint = options_.alpha_constraint});
}

Tensor PReLUBody::call(const Tensor& x, CallContext&) { return relu(x) - alpha_.value() * relu(-x); }

// ---- ELU

void ELUBody::config(Options& o, ConfigFields& f) { f("alpha", o.alpha); }

ELUBody::ELUBody(const Options& options) : alpha_(options.alpha) { set_supports_masking(true); }

Tensor ELUBody::call(const Tensor& x, CallContext&) { return elu(x, alpha_); }

// ---- Softmax

void SoftmaxBody::config(Options& o, ConfigFields& f) { f("axis", o.axis); }

SoftmaxBody::SoftmaxBody(Options options) : options_(std::move(options)) {
  set_supports_masking(true);
  set_takes_mask(true);
}

Tensor SoftmaxBody::call(const Tensor& x, CallContext&) {
  const Tensor mask = x.mask();
  const auto& axes = options_.axis.values();
  const Tensor input = mask.defined() ? where(mask, x, ops::number_beside(x.dtype() == DType::kFloat16 ? -3e4 : -1e9, x)) : x;
  Tensor y;
  if (axes.size() == 1) {
    y = softmax(input, static_cast<int>(axes[0]));
  } else {
    const Axes several{std::span<const std::int64_t>(axes)};
    const Tensor powers = exp(input - stop_gradient(max(input, several, true)));
    y = powers / sum(powers, several, true);
  }
  return mask.defined() ? where(mask, y, ops::number_beside(0.0, y)) : y;
}

}  // namespace namesake::nn
