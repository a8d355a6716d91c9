#include "namesake/nn/layers/dropout.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"

namespace namesake::nn {

void DropoutBody::config(Options& o, ConfigFields& f) {
  f("rate", o.rate);
  f("seed", o.seed);
  f.always("noise_shape", nullptr);
}

DropoutBody::DropoutBody(const Options& options) : rate_(options.rate), seeds_(options.seed) {
  if (!(rate_ >= 0 && rate_ <= 1)) {
    throw InvalidArgument({.subject = "rate",
                           .what = "Dropout needs a rate that is a probability.",
                           .expected = "0 <= rate <= 1",
                           .received = fmt::format("rate = {}", rate_),
                           .places = {{"here", site(), {}, {}}}});
  }
}

Tensor DropoutBody::call(const Tensor& x, CallContext& context) {
  if (!context.training() || rate_ == 0 || x.is_symbolic()) return x;  // a symbolic call infers
  if (rate_ == 1) return zeros_like(x);
  const Tensor uniform = stateless_random_uniform(x.shape(), seeds_.next(), 0, 1, x.dtype());
  const Tensor kept = cast(greater_equal(uniform, cast(Tensor(rate_), x.dtype())), x.dtype());
  return multiply(multiply(x, kept), cast(Tensor(1 / (1 - rate_)), x.dtype()));
}

}  // namespace namesake::nn
