#include "namesake/tensor/shape.h"

#include <fmt/format.h>

#include "namesake/base/error.h"

namespace namesake {

Shape::Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}

Shape::Shape(std::span<const std::int64_t> sizes) : rank_(0) {
  for (const std::int64_t size : sizes) push_back(size);
}

void Shape::push_back(std::int64_t size) {
  if (rank_ < 0) rank_ = 0;
  if (rank_ == kMaxRank) {
    throw ShapeMismatch({.what = "A shape has too many axes.", .expected = fmt::format("at most {} axes", kMaxRank)});
  }
  if (size < kOpen) {
    throw InvalidArgument({.what = "A size of a shape is negative.",
                           .expected = "a size of 0 or more, or -1 for an open one",
                           .received = std::to_string(size)});
  }
  sizes_[static_cast<std::size_t>(rank_++)] = size;
}

bool Shape::fully_known() const noexcept {
  if (rank_ < 0) return false;
  for (int i = 0; i < rank_; ++i) {
    if ((*this)[i] < 0) return false;
  }
  return true;
}

std::optional<std::int64_t> Shape::elements() const noexcept {
  if (rank_ < 0) return std::nullopt;
  std::int64_t n = 1;
  bool empty = false, too_many = false;
  for (int i = 0; i < rank_; ++i) {
    const std::int64_t size = (*this)[i];
    if (size < 0) return std::nullopt;
    empty |= size == 0;
    std::int64_t product = 0;
    too_many |= __builtin_mul_overflow(n, size, &product);
    n = product;
  }
  if (empty) return 0;
  if (too_many) return std::nullopt;
  return n;
}

bool Shape::compatible_with(const Shape& other) const noexcept {
  if (rank_ < 0 || other.rank_ < 0) return true;
  if (rank_ != other.rank_) return false;
  for (int i = 0; i < rank_; ++i) {
    if ((*this)[i] >= 0 && other[i] >= 0 && (*this)[i] != other[i]) return false;
  }
  return true;
}

std::string to_string(const Shape& shape) {
  if (!shape.known_rank()) return "<unknown>";
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) {
    if (i > 0) text += ", ";
    text += shape[i] < 0 ? "None" : std::to_string(shape[i]);
  }
  return text + (shape.rank() == 1 ? ",)" : ")");
}

}  // namespace namesake
