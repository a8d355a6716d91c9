// The process-wide source of seeds: for whatever is random and was given no seed of its own (initializers, dropout,
// shuffling). The n-th seed after set_random_seed(s) depends on s and n only. Part of the listed global state.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"

namespace namesake {

/// Makes what follows in this process reproducible. Until it is called, seeds come from the operating system's entropy.
NAMESAKE_API void set_random_seed(std::uint64_t seed);
/// The next seed. Threads may call it at once; each seed is given once.
[[nodiscard]] NAMESAKE_API std::uint64_t next_seed();
/// Where the source is; with it set again, the same seeds follow.
[[nodiscard]] NAMESAKE_API std::uint64_t random_seed_state();
NAMESAKE_API void set_random_seed_state(std::uint64_t state);

}  // namespace namesake
