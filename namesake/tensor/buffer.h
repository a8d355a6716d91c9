// Buffer: the storage of one or more tensors (views share it): pool memory, string or handle objects, or somebody else's
// bytes (a mapped file), kept alive by an owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "namesake/base/export.h"
#include "namesake/base/ref.h"

namespace namesake {

class NAMESAKE_API Buffer : public base::RefCounted<Buffer> {
 public:
  /// `bytes` bytes of pool memory, not cleared, aligned to 64. Throws std::bad_alloc.
  [[nodiscard]] static base::RefPtr<Buffer> allocate(std::size_t bytes);
  /// `count` empty std::string objects.
  [[nodiscard]] static base::RefPtr<Buffer> strings(std::size_t count);
  /// Read-only bytes of somebody else, alive as long as `owner`.
  [[nodiscard]] static base::RefPtr<Buffer> wrap(const std::byte* data, std::size_t bytes, std::shared_ptr<const void> owner);

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// False for wrapped bytes, which nobody may write.
  [[nodiscard]] bool writable() const noexcept { return kind_ != Kind::kWrapped; }

  void destroy() noexcept;  // for RefCounted

 private:
  enum class Kind : std::uint8_t { kPool, kStrings, kWrapped };
  Buffer(Kind kind, std::byte* data, std::size_t bytes, std::shared_ptr<const void> owner = nullptr)
      : kind_(kind), data_(data), bytes_(bytes), owner_(std::move(owner)) {}
  ~Buffer() = default;
  static Buffer* make(Kind kind, std::size_t bytes);

  Kind kind_;
  std::byte* data_;
  std::size_t bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace namesake
