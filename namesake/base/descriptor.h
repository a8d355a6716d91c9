// Descriptor: an open file that closes itself.
#pragma once

#include <utility>

namespace namesake::base {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  /// -1: none is open.
  [[nodiscard]] int get() const noexcept { return number_; }
  /// Closes now. Returns 0, or the errno that close() failed with; the descriptor is gone either way.
  [[nodiscard]] int close() noexcept;

 private:
  int number_ = -1;
};

}  // namespace namesake::base
