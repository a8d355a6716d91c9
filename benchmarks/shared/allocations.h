// Counts what a program asks of the heap: malloc and its kin, so `new` and every library too.
#pragma once

#include <cstdint>

namespace bench {

/// Blocks asked for, by all threads.
struct Allocations {
  std::int64_t own = 0;
  std::int64_t in_onednn = 0;  // by oneDNN itself: room for repacked matrices
};

/// Since count_allocations_from_now().
Allocations allocations() noexcept;
/// Counting takes time, so it is off until asked for.
void count_allocations_from_now() noexcept;

}  // namespace bench
