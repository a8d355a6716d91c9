// Loops over many numbers, each by itself, on our threads. Internal to ops.
#pragma once

#include <algorithm>
#include <cstdint>

#include "namesake/base/parallel_for.h"

namespace namesake::ops {

/// Numbers below which a second thread gains nothing, even for functions that take their time.
inline constexpr std::int64_t kOneThreadNumbers = 1 << 17;

/// Calls work(begin, count) for pieces of [0, n). They begin at multiples of 64, so that vectors fall as they do in one piece: results
/// do not depend on the number of threads.
template <class Work>
void in_pieces(std::int64_t n, Work work) {
  constexpr std::int64_t kAlign = 64;
  const std::int64_t threads = base::thread_count();
  if (n < kOneThreadNumbers || threads == 1) return work(std::int64_t{0}, n);
  const std::int64_t length = ((n + threads - 1) / threads + kAlign - 1) / kAlign * kAlign;
  base::parallel_for((n + length - 1) / length, [&](std::int64_t i) { work(i * length, std::min(length, n - i * length)); });
}

}  // namespace namesake::ops
