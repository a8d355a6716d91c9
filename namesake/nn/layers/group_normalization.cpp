#include "namesake/nn/layers/group_normalization.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/gamma_beta.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {

void GroupNormalizationBody::config(Options& o, ConfigFields& f) {
  f("groups", o.groups);
  f("axis", o.axis);
  f("epsilon", o.epsilon);
  f("center", o.center);
  f("scale", o.scale);
  f("beta_initializer", o.beta_initializer);
  f("gamma_initializer", o.gamma_initializer);
  f("beta_regularizer", o.beta_regularizer);
  f("gamma_regularizer", o.gamma_regularizer);
  f("beta_constraint", o.beta_constraint);
  f("gamma_constraint", o.gamma_constraint);
}

GroupNormalizationBody::GroupNormalizationBody(Options options) : options_(std::move(options)) {
  set_supports_masking(true);
  set_autocasts(false);
  if (options_.groups > 0 || options_.groups == -1) return;
  throw InvalidArgument({.subject = "groups",
                         .what = "GroupNormalization got a number of groups that it cannot use.",
                         .expected = "groups >= 1, or -1 for a group each channel",
                         .received = fmt::format("groups = {}", options_.groups),
                         .places = {{"here", site(), {}, {}}}});
}

void GroupNormalizationBody::build(const Shape& input) {
  channel_axis_ = static_cast<int>(options_.axis < 0 ? options_.axis + input.rank() : options_.axis);
  channels_ = channel_axis_ > 0 && channel_axis_ < input.rank() ? input[channel_axis_] : Shape::kOpen;
  groups_ = options_.groups == -1 ? channels_ : options_.groups;
  if (channels_ < 1 || channels_ % groups_ != 0) {
    refuse_input(fmt::format("at axis {} a size that {} divides", options_.axis, groups_), to_string(input),
                 "the default is 32 groups: set .groups");
  }
  if (options_.scale) gamma_ = add_weight(gamma_of(options_, {channels_}));
  if (options_.center) beta_ = add_weight(beta_of(options_, {channels_}));
}

// The channel axis becomes two, groups and channels of a group; all but the batch and the groups are reduced.
Tensor GroupNormalizationBody::call(const Tensor& input, CallContext&) {
  Shape grouped = Shape::scalar(), weight = Shape::scalar();
  std::vector<std::int64_t> reduced;
  for (int axis = 0; axis < input.rank(); ++axis) {
    const bool own = axis == channel_axis_;
    if (own) grouped.push_back(groups_);
    if (own) weight.push_back(groups_);
    if (axis > 0) reduced.push_back(grouped.rank());
    grouped.push_back(own ? channels_ / groups_ : input.shape()[axis]);
    weight.push_back(own ? channels_ / groups_ : 1);
  }
  const Tensor x = reshape(cast(input, input.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32), grouped);
  const Axes axes{std::span<const std::int64_t>(reduced)};
  const auto [middle, spread] = moments(x, axes, true);
  Tensor factor = rsqrt(spread + options_.epsilon);
  if (gamma_.defined()) factor = factor * reshape(cast(gamma_, x.dtype()), weight);
  Tensor shift = -(middle * factor);
  if (beta_.defined()) shift = shift + reshape(cast(beta_, x.dtype()), weight);
  return cast(reshape(x * factor + shift, input.shape()), compute_dtype());
}

void UnitNormalizationBody::config(Options& o, ConfigFields& f) { f("axis", o.axis); }

UnitNormalizationBody::UnitNormalizationBody(Options options) : options_(std::move(options)) { set_supports_masking(true); }

Tensor UnitNormalizationBody::call(const Tensor& x, CallContext&) {
  const auto axes = options_.axis.resolved(x.rank(), class_name());
  constexpr double kLeast = 1e-24;  // of the square: lengths below 1e-12 count as that
  return l2_normalize(x, Axes(std::span<const std::int64_t>(axes)), kLeast);
}

}  // namespace namesake::nn
