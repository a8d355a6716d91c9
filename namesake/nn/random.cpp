#include "namesake/nn/random.h"

#include "namesake/nn/random_seed.h"
#include "namesake/ops/random.h"

namespace namesake::random {
namespace {

// Keras makes a seed of the number and 0; of the process-wide source both halves of one are used.
Tensor seed_of(std::optional<std::int64_t> seed) {
  if (seed) return random_seed(static_cast<std::int32_t>(static_cast<std::uint32_t>(*seed)), 0);
  const std::uint64_t next = next_seed();
  return random_seed(static_cast<std::int32_t>(next & 0xFFFFFFFF), static_cast<std::int32_t>(next >> 32));
}

}  // namespace

Tensor uniform(const Shape& shape, const UniformOptions& o) { return stateless_random_uniform(shape, seed_of(o.seed), o.minval, o.maxval, o.dtype); }
Tensor normal(const Shape& shape, const NormalOptions& o) { return stateless_random_normal(shape, seed_of(o.seed), o.mean, o.stddev, o.dtype); }
Tensor truncated_normal(const Shape& shape, const NormalOptions& o) {
  return stateless_truncated_normal(shape, seed_of(o.seed), o.mean, o.stddev, o.dtype);
}
Tensor randint(const Shape& shape, std::int64_t minval, std::int64_t maxval, const RandintOptions& o) {
  return stateless_random_randint(shape, seed_of(o.seed), minval, maxval, o.dtype);
}
Tensor shuffle(const Tensor& x, int axis, std::optional<std::int64_t> seed) { return stateless_shuffle(x, seed_of(seed), axis); }

}  // namespace namesake::random
