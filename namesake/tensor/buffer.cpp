#include "namesake/tensor/buffer.h"

#include <memory>
#include <new>
#include <string>

#include "namesake/base/pool.h"

namespace namesake {
namespace {

// Header and data of an owned buffer are one block: the data begins at the first aligned byte behind the header.
constexpr std::size_t kHeader = (sizeof(Buffer) + base::kPoolAlignment - 1) / base::kPoolAlignment * base::kPoolAlignment;

}  // namespace

Buffer* Buffer::make(Kind kind, std::size_t bytes) {
  if (bytes > SIZE_MAX - kHeader) throw std::bad_alloc();
  auto* block = static_cast<std::byte*>(base::pool_allocate(kHeader + bytes));
  return new (block) Buffer(kind, block + kHeader, bytes);
}

base::RefPtr<Buffer> Buffer::allocate(std::size_t bytes) { return base::RefPtr<Buffer>::adopt(make(Kind::kPool, bytes)); }

base::RefPtr<Buffer> Buffer::strings(std::size_t count) {
  if (count > SIZE_MAX / sizeof(std::string)) throw std::bad_alloc();
  Buffer* buffer = make(Kind::kStrings, count * sizeof(std::string));
  std::uninitialized_default_construct_n(reinterpret_cast<std::string*>(buffer->data_), count);
  return base::RefPtr<Buffer>::adopt(buffer);
}

base::RefPtr<Buffer> Buffer::wrap(const std::byte* data, std::size_t bytes, std::shared_ptr<const void> owner) {
  void* block = base::pool_allocate(sizeof(Buffer));
  if (data == nullptr) data = static_cast<const std::byte*>(block);  // no bytes: still a place, never dereferenced
  // Written by nobody: writable() is false.
  return base::RefPtr<Buffer>::adopt(new (block) Buffer(Kind::kWrapped, const_cast<std::byte*>(data), bytes, std::move(owner)));
}

void Buffer::destroy() noexcept {
  const std::size_t block = kind_ == Kind::kWrapped ? sizeof(Buffer) : kHeader + bytes_;
  if (kind_ == Kind::kStrings) std::destroy_n(reinterpret_cast<std::string*>(data_), bytes_ / sizeof(std::string));
  this->~Buffer();
  base::pool_free(this, block);
}

}  // namespace namesake
