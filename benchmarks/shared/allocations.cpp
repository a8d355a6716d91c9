// malloc and its kin, defined by the program as glibc allows; each goes on to glibc's own. So does `new`, which would
// otherwise hide its caller behind the standard library.
#include "benchmarks/shared/allocations.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<bool> counting;
std::atomic<std::int64_t> own, in_onednn;

void count(const void* caller) noexcept {
  if (!counting.load(std::memory_order_relaxed)) return;
  Dl_info library;
  const bool onednn = dladdr(caller, &library) != 0 && library.dli_fname != nullptr &&
                      std::string_view(library.dli_fname).find("libdnnl") != std::string_view::npos;
  (onednn ? in_onednn : own).fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

namespace bench {

Allocations allocations() noexcept { return {own.load(), in_onednn.load()}; }

void count_allocations_from_now() noexcept {
  own = in_onednn = 0;
  counting = true;
}

}  // namespace bench

#define COUNTED extern "C" __attribute__((visibility("default")))  // so that every library calls these

COUNTED void* malloc(std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}

COUNTED void* calloc(std::size_t number, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_calloc(number, size);
}

COUNTED void* realloc(void* block, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_realloc(block, size);
}

COUNTED void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

COUNTED void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

COUNTED int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  *block = __libc_memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

namespace {

void* counted_new(std::size_t size, const void* caller) {
  count(caller);
  void* block = __libc_malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) { return counted_new(size, __builtin_return_address(0)); }
void* operator new[](std::size_t size) { return counted_new(size, __builtin_return_address(0)); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
