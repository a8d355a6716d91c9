// RefPtr: a shared pointer with the count inside the object, one pointer wide. T offers retain() and release().
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace namesake::base {

/// Base of counted objects; starts at one reference. T needs `void destroy() noexcept`, called when the last one goes.
template <class T>
class RefCounted {
 public:
  void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    // The only reference is the caller's: nobody else can make another one, so that no atomic subtraction is needed.
    if (unique() || references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      const_cast<T*>(static_cast<const T*>(this))->destroy();
    }
  }
  /// True if there is no other reference.
  [[nodiscard]] bool unique() const noexcept { return references_.load(std::memory_order_acquire) == 1; }

 protected:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  ~RefCounted() = default;

 private:
  mutable std::atomic<std::uint32_t> references_{1};
};

template <class T>
class RefPtr {
 public:
  RefPtr() = default;
  RefPtr(std::nullptr_t) {}
  /// Takes over the reference that a new object is born with.
  [[nodiscard]] static RefPtr adopt(T* object) noexcept {
    RefPtr p;
    p.object_ = object;
    return p;
  }
  /// One more reference.
  [[nodiscard]] static RefPtr share(T* object) noexcept {
    if (object != nullptr) object->retain();
    return adopt(object);
  }
  RefPtr(const RefPtr& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) object_->retain();
  }
  RefPtr(RefPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  RefPtr& operator=(RefPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~RefPtr() {
    if (object_ != nullptr) object_->release();
  }

  [[nodiscard]] T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const RefPtr& a, const RefPtr& b) noexcept { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace namesake::base
