#include "namesake/nn/random_seed.h"

#include <atomic>
#include <random>

namespace namesake {
namespace {

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio: every counter value is met once

/// Mixes the bits of a counter so that near counters give unlike seeds (the finalizer of SplitMix64).
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t entropy() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::atomic<std::uint64_t>& counter() {
  static std::atomic<std::uint64_t> value{entropy()};
  return value;
}

}  // namespace

void set_random_seed(std::uint64_t seed) { counter().store(mix(seed + kStep)); }

std::uint64_t random_seed_state() { return counter().load(); }

void set_random_seed_state(std::uint64_t state) { counter().store(state); }

std::uint64_t next_seed() { return mix(counter().fetch_add(kStep) + kStep); }

}  // namespace namesake
