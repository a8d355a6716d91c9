#include "namesake/nn/layers/normalization.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {

// Keras writes the axis as a list.
void NormalizationBody::config(Options& o, ConfigFields& f) {
  AxisList axis = o.axis.single() || !o.axis ? AxisList(o.axis.values()) : o.axis;
  f("axis", axis);
  o.axis = axis;
  f("invert", o.invert);
  f("mean", o.mean);
  f("variance", o.variance);
}

NormalizationBody::NormalizationBody(Options options) : options_(std::move(options)) {
  set_supports_masking(true);
  if (options_.mean.shape() == options_.variance.shape()) return;
  throw InvalidArgument({.subject = "mean",
                         .what = "Normalization needs both statistics, of one shape, or none.",
                         .received = fmt::format("mean {}, variance {}", to_string(options_.mean.shape()), to_string(options_.variance.shape())),
                         .places = {{"here", site(), {}, {}}}});
}

void NormalizationBody::build(const Shape& input) {
  kept_ = options_.axis.resolved(input.rank(), class_name());
  std::sort(kept_.begin(), kept_.end());
  Shape own = Shape::scalar();
  aligned_ = Shape::scalar();
  for (int axis = 0; axis < input.rank(); ++axis) {
    const bool kept = std::find(kept_.begin(), kept_.end(), axis) != kept_.end();
    if (kept) own.push_back(input[axis]);
    aligned_.push_back(kept ? input[axis] : 1);
  }
  if (!own.fully_known()) refuse_input("known sizes of the axes with statistics of their own", to_string(input));
  if (options_.mean) return;
  mean_ = add_weight({.name = "mean", .shape = own, .initializer = "zeros", .trainable = false});
  variance_ = add_weight({.name = "variance", .shape = own, .initializer = "ones", .trainable = false});
  add_weight({.name = "count", .initializer = "zeros", .trainable = false, .dtype = "int64"});  // nobody reads it: Keras's files have it
}

// Given statistics are aligned to the kept axes from the right.
Tensor NormalizationBody::statistic(const Variable& adapted, const NumberList& given) const {
  if (!given) return reshape(cast(adapted, compute_dtype()), aligned_);
  const Tensor value = given.tensor(compute_dtype());
  const auto missing = static_cast<int>(kept_.size()) - value.rank();
  if (missing < 0) {
    throw ShapeMismatch({.subject = name(),
                         .what = fmt::format("The statistics of \"{}\" have more axes than it keeps.", name()),
                         .expected = fmt::format("at most {}", kept_.size()),
                         .received = to_string(value.shape())});
  }
  Shape shape = Shape::scalar();
  for (int i = 0; i < aligned_.rank(); ++i) shape.push_back(1);
  for (int i = 0; i < value.rank(); ++i) shape.set(static_cast<int>(kept_[static_cast<std::size_t>(missing + i)]), value.shape()[i]);
  return reshape(value, shape);
}

Tensor NormalizationBody::call(const Tensor& input, CallContext&) {
  constexpr double kLeast = 1e-7;  // keras.backend.epsilon()
  const Tensor x = cast(input, compute_dtype());
  const Tensor middle = statistic(mean_, options_.mean);
  const Tensor deviation = maximum(sqrt(statistic(variance_, options_.variance)), kLeast);
  return options_.invert ? middle + x * deviation : (x - middle) / deviation;
}

void NormalizationBody::adapt(const Tensor& data) {
  if (options_.mean) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("Normalization \"{}\" was given its mean and variance.", name()),
                           .places = {{"here", site(), describe(), scope()->path()}},
                           .fix = "leave both options out to take them of data"});
  }
  const ops::StopRecording quiet;
  ensure_built({&data.shape(), 1});
  std::vector<std::int64_t> others;
  for (int axis = 0; axis < data.rank(); ++axis) {
    if (std::find(kept_.begin(), kept_.end(), axis) == kept_.end()) others.push_back(axis);
  }
  const Axes axes{std::span<const std::int64_t>(others)};
  const Tensor x = cast(data, mean_.dtype());
  mean_.assign(mean(x, axes));
  variance_.assign(variance(x, axes));
}

}  // namespace namesake::nn
