// Memory for tensors, their data and the tape: blocks by size class, kept by each thread for its next request, so that a
// steady training loop asks the system for nothing. Blocks may be freed by another thread than the one that took them.
// Under a sanitizer every block comes from the system, so that its errors are seen.
#pragma once

#include <cstddef>

#include "namesake/base/export.h"

namespace namesake::base {

/// Alignment of every block, in bytes: a cache line, and the widest vector register.
inline constexpr std::size_t kPoolAlignment = 64;

/// A block of at least `bytes` bytes, not cleared. Throws std::bad_alloc.
[[nodiscard]] NAMESAKE_API void* pool_allocate(std::size_t bytes);
/// Gives back a block; `bytes` is what was asked for.
NAMESAKE_API void pool_free(void* block, std::size_t bytes) noexcept;
/// Gives what the calling thread keeps back to the system.
NAMESAKE_API void pool_release_kept() noexcept;

/// A standard allocator over the pool.
template <class T>
struct PoolAllocator {
  using value_type = T;
  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(pool_allocate(n * sizeof(T))); }
  void deallocate(T* block, std::size_t n) noexcept { pool_free(block, n * sizeof(T)); }
  friend bool operator==(PoolAllocator, PoolAllocator) { return true; }
};

}  // namespace namesake::base
