// Counts what a program asks of the heap: malloc and its kin, so `new` and every library too.
#pragma once

#include <cstdint>

namespace mlp {

/// Blocks asked for by all threads since the program started.
std::uint64_t allocations() noexcept;

}  // namespace mlp
