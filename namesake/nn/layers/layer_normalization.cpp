#include "namesake/nn/layers/layer_normalization.h"

#include <algorithm>

#include "namesake/nn/layers/gamma_beta.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/normalize.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

std::vector<std::int64_t> sorted_axes(const LayerBase& layer, const AxisList& axis, const Shape& input) {
  std::vector<std::int64_t> axes = axis.resolved(input.rank(), layer.class_name());
  std::sort(axes.begin(), axes.end());
  return axes;
}

// The sizes of those axes, which must be known.
Shape sizes_of(const LayerBase& layer, const std::vector<std::int64_t>& axes, const Shape& input) {
  Shape shape = Shape::scalar();
  for (const std::int64_t axis : axes) shape.push_back(input[static_cast<int>(axis)]);
  if (shape.fully_known()) return shape;
  layer.refuse_input("known sizes of the axes that it normalizes over", to_string(input));
}

DType wide(DType dtype) { return dtype == DType::kFloat64 ? dtype : DType::kFloat32; }

}  // namespace

void LayerNormalizationBody::config(Options& o, ConfigFields& f) {
  f("axis", o.axis);
  f("epsilon", o.epsilon);
  f("center", o.center);
  f("scale", o.scale);
  f("rms_scaling", o.rms_scaling);
  f("beta_initializer", o.beta_initializer);
  f("gamma_initializer", o.gamma_initializer);
  f("beta_regularizer", o.beta_regularizer);
  f("gamma_regularizer", o.gamma_regularizer);
  f("beta_constraint", o.beta_constraint);
  f("gamma_constraint", o.gamma_constraint);
}

LayerNormalizationBody::LayerNormalizationBody(Options options) : options_(std::move(options)) {
  set_supports_masking(true);
  set_autocasts(false);
}

void LayerNormalizationBody::build(const Shape& input) {
  axes_ = sorted_axes(*this, options_.axis, input);
  const Shape shape = sizes_of(*this, axes_, input);
  if (options_.scale || options_.rms_scaling) gamma_ = add_weight(gamma_of(options_, shape));
  if (options_.center && !options_.rms_scaling) beta_ = add_weight(beta_of(options_, shape));
}

// A weight with axes of size 1 where x has axes that are not normalized over.
Tensor LayerNormalizationBody::aligned(const Variable& weight, const Tensor& x) const {
  const Tensor value = cast(weight, x.dtype());
  if (axes_.size() == 1 && axes_[0] == x.rank() - 1) return value;
  Shape shape = Shape::scalar();
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool own = std::find(axes_.begin(), axes_.end(), axis) != axes_.end();
    shape.push_back(own ? x.shape()[axis] : 1);
  }
  return reshape(value, shape);
}

Tensor LayerNormalizationBody::call(const Tensor& input, CallContext&) {
  const Tensor x = cast(input, wide(input.dtype()));
  const bool last = axes_.front() + static_cast<std::int64_t>(axes_.size()) == x.rank();
  if (last && gamma_.defined() && beta_.defined() && ops::may_fuse(x))
    return cast(ops::normalize(x, cast(gamma_, x.dtype()), cast(beta_, x.dtype()), ops::NormalizeOver::kColumns, options_.epsilon).y, compute_dtype());
  const Axes axes{std::span<const std::int64_t>(axes_)};
  const auto [middle, spread] = namesake::moments(x, axes, true);
  Tensor factor = rsqrt(spread + options_.epsilon);
  if (gamma_.defined()) factor = factor * aligned(gamma_, x);
  if (options_.rms_scaling) return cast(x * factor, compute_dtype());
  Tensor shift = -(middle * factor);
  if (beta_.defined()) shift = shift + aligned(beta_, x);
  return cast(x * factor + shift, compute_dtype());
}

void RMSNormalizationBody::config(Options& o, ConfigFields& f) {
  f("axis", o.axis);
  f("epsilon", o.epsilon);
}

RMSNormalizationBody::RMSNormalizationBody(Options options) : options_(std::move(options)) {}

void RMSNormalizationBody::build(const Shape& input) {
  axes_ = sorted_axes(*this, options_.axis, input);
  scale_ = add_weight({.name = "scale", .shape = sizes_of(*this, axes_, input), .initializer = "ones"});
}

// The scale is broadcast from the last axis on, as Keras does.
Tensor RMSNormalizationBody::call(const Tensor& input, CallContext&) {
  const Tensor x = cast(input, wide(input.dtype()));
  const Axes axes{std::span<const std::int64_t>(axes_)};
  const Tensor y = x * rsqrt(mean(square(x), axes, true) + options_.epsilon);
  return cast(y * cast(scale_, x.dtype()), input.dtype());
}

}  // namespace namesake::nn
