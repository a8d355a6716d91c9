#include "namesake/nn/seed_generator.h"

#include "namesake/nn/layer.h"
#include "namesake/nn/random_seed.h"

namespace namesake::nn {
namespace {

/// As Keras's TensorFlow backend makes an int32 of it.
std::int32_t folded(std::uint32_t number) { return static_cast<std::int32_t>(number % 0x7ffffffe); }

}  // namespace

SeedGenerator::SeedGenerator(std::optional<std::int64_t> seed) {
  const auto start = static_cast<std::uint32_t>(seed ? static_cast<std::uint64_t>(*seed) : next_seed());
  state_ = Variable(Tensor::of<std::uint32_t>({start, 0}, {2}), {.name = "seed_generator_state", .trainable = false});
}

SeedGenerator::SeedGenerator(LayerBase& owner, std::optional<std::int64_t> seed) : SeedGenerator(seed) { owner.add_seed_state(state_); }

Tensor SeedGenerator::next() const {
  const Tensor state = state_.value();
  const auto now = state.data<std::uint32_t>();
  const Tensor seed = Tensor::of<std::int32_t>({folded(now[0]), folded(now[1])}, {2});
  state_.assign(Tensor::of<std::uint32_t>({now[0], now[1] + 1}, {2}));
  return seed;
}

}  // namespace namesake::nn
