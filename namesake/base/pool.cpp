#include "namesake/base/pool.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <new>

namespace namesake::base {
namespace {

constexpr std::size_t kSmallestBits = 6;                         // 64 bytes
constexpr std::size_t kLargestBits = 26;                         // 64 MiB; larger blocks go straight to the system
constexpr std::size_t kClasses = (kLargestBits - kSmallestBits) * 4 + 1;  // four steps between powers of two
constexpr std::size_t kMostKept = std::size_t{128} << 20;        // bytes a thread keeps at most

struct FreeBlock {
  FreeBlock* next;
};

// Trivially destructible: usable until the very end of the thread, after every other thread-local object is gone.
struct Kept {
  std::array<FreeBlock*, kClasses> lists;
  std::size_t bytes;
  bool guarded;
  bool closed;
};
thread_local constinit Kept kept{};

struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

SizeClass size_class(std::size_t bytes) noexcept {
  if (bytes <= (std::size_t{1} << kSmallestBits)) return {0, std::size_t{1} << kSmallestBits};
  const std::size_t bits = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 2^bits < bytes <= 2^(bits+1)
  const std::size_t step = std::size_t{1} << (bits - 2);
  const std::size_t steps = (bytes - (std::size_t{1} << bits) + step - 1) / step;  // 1..4
  return {(bits - kSmallestBits) * 4 + steps, (std::size_t{1} << bits) + steps * step};
}

void* from_system(std::size_t bytes) {
  const std::size_t rounded = (bytes + kPoolAlignment - 1) / kPoolAlignment * kPoolAlignment;
  void* block = rounded < bytes ? nullptr : std::aligned_alloc(kPoolAlignment, rounded);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

struct CloseAtThreadEnd {
  ~CloseAtThreadEnd() {
    pool_release_kept();
    kept.closed = true;
  }
};

#ifdef NAMESAKE_SANITIZED
constexpr bool kKeep = false;
#else
constexpr bool kKeep = true;
#endif

}  // namespace

void* pool_allocate(std::size_t bytes) {
  if (!kKeep || bytes > (std::size_t{1} << kLargestBits)) return from_system(bytes);
  const SizeClass size = size_class(bytes);
  FreeBlock*& list = kept.lists[size.index];
  if (list == nullptr) return from_system(size.bytes);
  FreeBlock* block = list;
  list = block->next;
  kept.bytes -= size.bytes;
  return block;
}

void pool_free(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  if (!kKeep || bytes > (std::size_t{1} << kLargestBits) || kept.closed) return std::free(block);
  const SizeClass size = size_class(bytes);
  if (kept.bytes + size.bytes > kMostKept) return std::free(block);
  if (!kept.guarded) {
    kept.guarded = true;
    thread_local CloseAtThreadEnd guard;
    static_cast<void>(guard);
  }
  auto* entry = static_cast<FreeBlock*>(block);
  entry->next = kept.lists[size.index];
  kept.lists[size.index] = entry;
  kept.bytes += size.bytes;
}

void pool_release_kept() noexcept {
  for (FreeBlock*& list : kept.lists) {
    while (list != nullptr) {
      FreeBlock* next = list->next;
      std::free(list);
      list = next;
    }
  }
  kept.bytes = 0;
}

}  // namespace namesake::base
