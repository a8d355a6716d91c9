#include "namesake/nn/layers/dropout.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/recorder.h"

namespace namesake::nn {

double checked_rate(const LayerBase& layer, double rate) {
  if (rate >= 0 && rate <= 1) return rate;
  throw InvalidArgument({.subject = "rate",
                         .what = fmt::format("{} needs a rate that is a probability.", layer.class_name()),
                         .expected = "0 <= rate <= 1",
                         .received = fmt::format("rate = {}", rate),
                         .places = {{"here", layer.site(), {}, {}}}});
}

bool only_infers(const Tensor& x) { return x.is_symbolic() && !ops::tracing(); }

Shape noise_shape_for(const LayerBase& layer, const Shape& wanted, const Shape& input) {
  if (!wanted.known_rank()) return input;
  if (wanted.rank() != input.rank()) {
    throw ShapeMismatch({.subject = layer.name(),
                         .what = fmt::format("The noise_shape of \"{}\" does not fit its input.", layer.name()),
                         .expected = fmt::format("{} axes", wanted.rank()),
                         .received = to_string(input),
                         .places = {{"layer", layer.site(), layer.describe(), layer.scope()->path()}}});
  }
  Shape shape = wanted;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] < 0) shape.set(axis, input[axis]);
  }
  return shape;
}

Tensor dropped(const Tensor& x, double rate, const Shape& noise_shape, const SeedGenerator& seeds) {
  if (rate == 1) return zeros_like(x);
  const Tensor uniform = stateless_random_uniform_like(x, noise_shape, seeds.next(), x.dtype());
  const Tensor kept = cast(uniform >= rate, x.dtype());
  return x * kept * (1 / (1 - rate));
}

void DropoutBody::config(Options& o, ConfigFields& f) {
  f("rate", o.rate);
  f("seed", o.seed);
  f("noise_shape", o.noise_shape);
}

DropoutBody::DropoutBody(const Options& options)
    : rate_(checked_rate(*this, options.rate)), noise_shape_(options.noise_shape), seeds_(*this, options.seed) {
  set_supports_masking(true);
}

Tensor DropoutBody::call(const Tensor& x, CallContext& context) {
  if (!context.training() || rate_ == 0 || only_infers(x)) return x;
  return dropped(x, rate_, noise_shape_for(*this, noise_shape_, x.shape()), seeds_);
}

template <int Positions>
void SpatialDropoutBody<Positions>::config(Options& o, ConfigFields& f) {
  f("rate", o.rate);
  f("seed", o.seed);
  if constexpr (Positions > 1) f.always("data_format", "channels_last");
}

template <int Positions>
SpatialDropoutBody<Positions>::SpatialDropoutBody(const Options& options) : rate_(checked_rate(*this, options.rate)), seeds_(*this, options.seed) {
  set_supports_masking(true);
}

template <int Positions>
Tensor SpatialDropoutBody<Positions>::call(const Tensor& x, CallContext& context) {
  Shape noise({Shape::kOpen});
  for (int i = 0; i < Positions; ++i) noise.push_back(1);
  noise.push_back(Shape::kOpen);
  const Shape shape = noise_shape_for(*this, noise, x.shape());
  if (!context.training() || rate_ == 0 || only_infers(x)) return x;
  return dropped(x, rate_, shape, seeds_);
}

// Keras's constructor does not know the option that every other layer has.
template <int Positions>
JsonValue SpatialDropoutBody<Positions>::config(std::string_view name) const {
  JsonValue config = LayerBase::config(name);
  config.erase("trainable");
  return config;
}

template class SpatialDropoutBody<1>;
template class SpatialDropoutBody<2>;

}  // namespace namesake::nn
