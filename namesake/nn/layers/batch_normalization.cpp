#include "namesake/nn/layers/batch_normalization.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/gamma_beta.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/normalize.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {

void BatchNormalizationBody::config(Options& o, ConfigFields& f) {
  f("axis", o.axis);
  f("momentum", o.momentum);
  f("epsilon", o.epsilon);
  f("center", o.center);
  f("scale", o.scale);
  f("beta_initializer", o.beta_initializer);
  f("gamma_initializer", o.gamma_initializer);
  f("moving_mean_initializer", o.moving_mean_initializer);
  f("moving_variance_initializer", o.moving_variance_initializer);
  f("beta_regularizer", o.beta_regularizer);
  f("gamma_regularizer", o.gamma_regularizer);
  f("beta_constraint", o.beta_constraint);
  f("gamma_constraint", o.gamma_constraint);
  f.always("synchronized", false);
  f.ignore("renorm_momentum");  // means something with `renorm` only, which is refused
}

BatchNormalizationBody::BatchNormalizationBody(Options options) : options_(std::move(options)) {
  set_supports_masking(true);
  set_takes_mask(true);
}

void BatchNormalizationBody::build(const Shape& input) {
  const int rank = input.rank();
  channel_axis_ = static_cast<int>(options_.axis < 0 ? options_.axis + rank : options_.axis);
  if (channel_axis_ < 0 || channel_axis_ >= rank || input[channel_axis_] < 0) {
    refuse_input(fmt::format("a shape with a known size at axis {}", options_.axis), to_string(input));
  }
  channels_ = input[channel_axis_];
  for (int axis = 0; axis < rank; ++axis) {
    if (axis != channel_axis_) other_axes_.push_back(axis);
  }
  if (options_.scale) gamma_ = add_weight(gamma_of(options_, {channels_}));
  if (options_.center) beta_ = add_weight(beta_of(options_, {channels_}));
  moving_mean_ = add_weight({.name = "moving_mean", .shape = {channels_}, .initializer = options_.moving_mean_initializer, .trainable = false});
  moving_variance_ =
      add_weight({.name = "moving_variance", .shape = {channels_}, .initializer = options_.moving_variance_initializer, .trainable = false});
}

Moments BatchNormalizationBody::moments(const Tensor& x, const Tensor& mask) const {
  const Axes axes{std::span<const std::int64_t>(other_axes_)};
  if (!mask.defined()) return namesake::moments(x, axes);
  if (mask.rank() != x.rank() - 1) {
    throw ShapeMismatch({.subject = name(),
                         .what = fmt::format("The mask does not fit the input of \"{}\".", name()),
                         .expected = fmt::format("{} axes: the input's {} without the last", x.rank() - 1, to_string(x.shape())),
                         .received = to_string(mask.shape())});
  }
  constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()
  const Tensor counted = broadcast_like(cast(expand_dims(mask, -1), x.dtype()), x);
  const Tensor count = sum(counted, axes, true) + kEpsilon;
  const Tensor middle = sum(x * counted, axes, true) / count;
  const Tensor spread = sum(square(x - middle) * counted, axes, true) / count;
  return {reshape(middle, {channels_}), reshape(spread, {channels_})};
}

// The statistics are assigned, not written: a tracer sees it. A tape need not.
void BatchNormalizationBody::move(const Variable& average, const Tensor& now) const {
  const Tensor kept = average.value() * options_.momentum;
  average.assign(cast(kept + stop_gradient(now) * (1 - options_.momentum), average.dtype()));
}

// By the batch's own statistics, in one op.
Tensor BatchNormalizationBody::normalized(const Tensor& x) const {
  const Tensor gamma = options_.scale ? cast(gamma_, x.dtype()) : ones({channels_}, x.dtype());
  const Tensor beta = options_.center ? cast(beta_, x.dtype()) : zeros({channels_}, x.dtype());
  const ops::Normalized result = ops::normalize(x, gamma, beta, ops::NormalizeOver::kRows, options_.epsilon);
  move(moving_mean_, result.mean);
  move(moving_variance_, result.variance);
  return result.y;
}

Tensor BatchNormalizationBody::call(const Tensor& input, CallContext& context) {
  const ops::VariableAutocast as_they_are(DType::kInvalid);
  const Tensor x = cast(input, input.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32);
  const bool learns = context.training() && trainable(), last = channel_axis_ == x.rank() - 1, fused = last && ops::may_fuse(x);
  if (learns && fused && !input.mask().defined()) return cast(normalized(x), compute_dtype());
  Moments used{cast(moving_mean_, x.dtype()), cast(moving_variance_, x.dtype())};
  if (learns) {
    used = moments(x, input.mask());
    move(moving_mean_, used.mean);
    move(moving_variance_, used.variance);
  }
  Tensor factor = rsqrt(used.variance + options_.epsilon);
  if (options_.scale) factor = factor * cast(gamma_, x.dtype());
  Tensor shift = -(used.mean * factor);
  if (options_.center) shift = shift + cast(beta_, x.dtype());
  if (fused) return cast(ops::scale_columns(x, reshape(factor, {channels_}), reshape(shift, {channels_})), compute_dtype());
  if (channel_axis_ != x.rank() - 1) {
    Shape aligned = Shape::scalar();
    for (int axis = 0; axis < x.rank(); ++axis) aligned.push_back(axis == channel_axis_ ? channels_ : 1);
    factor = reshape(factor, aligned);
    shift = reshape(shift, aligned);
  }
  return cast(x * factor + shift, compute_dtype());
}

}  // namespace namesake::nn
