#include "namesake/base/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace namesake::base {
namespace {

TEST(ParallelFor, RunsEveryPieceOnce) {
  for (const std::int64_t pieces : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> runs(static_cast<std::size_t>(pieces));
    parallel_for(pieces, [&](std::int64_t i) { runs[static_cast<std::size_t>(i)].fetch_add(1); });
    for (const auto& count : runs) EXPECT_EQ(count.load(), 1) << pieces;
  }
}

TEST(ParallelFor, MayBeNestedAndCalledByManyThreads) {
  std::atomic<int> total{0};
  const auto work = [&] {
    for (int round = 0; round < 50; ++round) {
      parallel_for(4, [&](std::int64_t) { parallel_for(3, [&](std::int64_t) { total.fetch_add(1); }); });
    }
  };
  std::thread one(work), two(work);
  work();
  one.join();
  two.join();
  EXPECT_EQ(total.load(), 3 * 50 * 12);
}

TEST(ParallelFor, RethrowsWhatAPieceThrewAfterTheOthersAreDone) {
  std::atomic<int> done{0};
  EXPECT_THROW(parallel_for(8,
                            [&](std::int64_t i) {
                              done.fetch_add(1);
                              if (i == 3) throw std::runtime_error("piece 3");
                            }),
               std::runtime_error);
  EXPECT_EQ(done.load(), 8);
}

TEST(ParallelFor, SleepersWakeForTheNextJob) {
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> sum{0};
    parallel_for(100, [&](std::int64_t i) { sum.fetch_add(static_cast<int>(i)); });
    EXPECT_EQ(sum.load(), 4950);
  }
}

}  // namespace
}  // namespace namesake::base
