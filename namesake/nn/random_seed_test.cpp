#include "namesake/nn/random_seed.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace namesake {
namespace {

std::vector<std::uint64_t> seeds(int count) {
  std::vector<std::uint64_t> out;
  for (int i = 0; i < count; ++i) out.push_back(next_seed());
  return out;
}

TEST(RandomSeed, GivesTheSameSeedsAfterTheSameStart) {
  set_random_seed(7);
  const auto first = seeds(20);
  set_random_seed(7);
  EXPECT_EQ(seeds(20), first);
  set_random_seed(8);
  EXPECT_NE(seeds(20), first);
}

TEST(RandomSeed, NeverGivesASeedTwice) {
  set_random_seed(0);
  std::set<std::uint64_t> seen;
  for (const std::uint64_t seed : seeds(10000)) seen.insert(seed);
  EXPECT_EQ(seen.size(), 10000U);
}

TEST(RandomSeed, GivesEachThreadItsOwnSeeds) {
  set_random_seed(1);
  std::vector<std::vector<std::uint64_t>> given(4);
  std::vector<std::thread> threads;
  for (auto& mine : given) threads.emplace_back([&mine] { mine = seeds(1000); });
  for (std::thread& thread : threads) thread.join();
  std::set<std::uint64_t> seen;
  for (const auto& mine : given) seen.insert(mine.begin(), mine.end());
  EXPECT_EQ(seen.size(), 4000U);
}

TEST(RandomSeed, DiffersInManyBitsForNearStarts) {
  set_random_seed(1);
  const std::uint64_t a = next_seed();
  set_random_seed(2);
  const std::uint64_t b = next_seed();
  EXPECT_GT(__builtin_popcountll(a ^ b), 10);
}

}  // namespace
}  // namespace namesake
