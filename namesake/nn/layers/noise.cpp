#include "namesake/nn/layers/noise.h"

#include <fmt/format.h>

#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"

namespace namesake::nn {

void GaussianNoiseBody::config(Options& o, ConfigFields& f) {
  f("stddev", o.stddev);
  f("seed", o.seed);
}

GaussianNoiseBody::GaussianNoiseBody(const Options& options) : stddev_(options.stddev), seeds_(*this, options.seed) {
  set_supports_masking(true);
  if (stddev_ >= 0 && stddev_ <= 1) return;
  throw InvalidArgument({.subject = "stddev",
                         .what = "GaussianNoise got a stddev that it cannot use.",
                         .expected = "0 <= stddev <= 1",
                         .received = fmt::format("stddev = {}", stddev_),
                         .places = {{"here", site(), {}, {}}}});
}

Tensor GaussianNoiseBody::call(const Tensor& x, CallContext& context) {
  if (!context.training() || stddev_ == 0 || only_infers(x)) return x;
  return x + stateless_random_normal_like(x, x.shape(), seeds_.next(), 0, stddev_, x.dtype());
}

void GaussianDropoutBody::config(Options& o, ConfigFields& f) {
  f("rate", o.rate);
  f("seed", o.seed);
}

GaussianDropoutBody::GaussianDropoutBody(const Options& options) : rate_(checked_rate(*this, options.rate)), seeds_(*this, options.seed) {
  set_supports_masking(true);
}

Tensor GaussianDropoutBody::call(const Tensor& x, CallContext& context) {
  if (!context.training() || rate_ == 0 || only_infers(x)) return x;
  return x * stateless_random_normal_like(x, x.shape(), seeds_.next(), 1, std::sqrt(rate_ / (1 - rate_)), x.dtype());
}

void AlphaDropoutBody::config(Options& o, ConfigFields& f) {
  f("rate", o.rate);
  f("seed", o.seed);
  f("noise_shape", o.noise_shape);
}

AlphaDropoutBody::AlphaDropoutBody(const Options& options)
    : rate_(checked_rate(*this, options.rate)), noise_shape_(options.noise_shape), seeds_(*this, options.seed) {
  set_supports_masking(true);
}

Tensor AlphaDropoutBody::call(const Tensor& x, CallContext& context) {
  if (!context.training() || rate_ == 0 || only_infers(x)) return x;
  constexpr double kLimit = -1.6732632423543772848 * 1.0507009873554804934;  // what SELU tends to
  const Shape noise = noise_shape_for(*this, noise_shape_, x.shape());
  const Tensor kept = cast(stateless_random_uniform_like(x, noise, seeds_.next()) >= rate_, x.dtype());
  const double a = 1 / std::sqrt((1 - rate_) * (1 + rate_ * kLimit * kLimit));
  const double b = -a * kLimit * rate_;
  return (x * kept + (1 - kept) * kLimit) * a + b;
}

}  // namespace namesake::nn
