// malloc and its kin, defined by the program as glibc allows; each counts and goes on to glibc's own.
#include "benchmarks/mlp/allocations.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<std::uint64_t> count;

void* counted(void* block) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return block;
}

}  // namespace

namespace mlp {
std::uint64_t allocations() noexcept { return count.load(std::memory_order_relaxed); }
}  // namespace mlp

#define COUNTED extern "C" __attribute__((visibility("default")))  // so that every library calls these
COUNTED void* malloc(std::size_t size) noexcept { return counted(__libc_malloc(size)); }
COUNTED void* calloc(std::size_t number, std::size_t size) noexcept { return counted(__libc_calloc(number, size)); }
COUNTED void* realloc(void* block, std::size_t size) noexcept { return counted(__libc_realloc(block, size)); }
COUNTED void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return counted(__libc_memalign(alignment, size));
}
COUNTED void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }
COUNTED int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  *block = memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}
