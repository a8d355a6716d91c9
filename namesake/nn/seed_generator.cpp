#include "namesake/nn/seed_generator.h"

#include "namesake/nn/layer.h"
#include "namesake/nn/random_seed.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"

namespace namesake::nn {
namespace {

/// As Keras's TensorFlow backend makes an int32 of it.
constexpr std::uint32_t kFold = 0x7ffffffe;
std::int32_t folded(std::uint32_t number) { return static_cast<std::int32_t>(number % kFold); }

}  // namespace

SeedGenerator::SeedGenerator(std::optional<std::int64_t> seed) {
  const auto start = static_cast<std::uint32_t>(seed ? static_cast<std::uint64_t>(*seed) : next_seed());
  state_ = Variable(Tensor::of<std::uint32_t>({start, 0}, {2}), {.name = "seed_generator_state", .trainable = false});
}

SeedGenerator::SeedGenerator(LayerBase& owner, std::optional<std::int64_t> seed) : SeedGenerator(seed) { owner.add_seed_state(state_); }

// The same by ops, which a graph repeats each time it runs.
Tensor SeedGenerator::next_by_ops() const {
  const Tensor now = cast(state_.value(), DType::kInt64);
  state_.assign(cast(now + Tensor::of<std::int64_t>({0, 1}, {2}), DType::kUInt32));
  return cast(mod(now, Tensor(std::int64_t{kFold})), DType::kInt32);
}

Tensor SeedGenerator::next() const {
  if (ops::tracing()) return next_by_ops();
  const Tensor state = state_.value();
  const auto now = state.data<std::uint32_t>();
  const Tensor seed = Tensor::of<std::int32_t>({folded(now[0]), folded(now[1])}, {2});
  state_.assign(Tensor::of<std::uint32_t>({now[0], now[1] + 1}, {2}));
  return seed;
}

}  // namespace namesake::nn
