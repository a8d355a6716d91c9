#include "namesake/train/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "namesake/base/error.h"

namespace namesake::train {
namespace {

std::int64_t rows_of(const Tensor& tensor, const char* what) {
  if (!tensor.defined() || tensor.is_symbolic() || tensor.rank() < 1) {
    throw ShapeMismatch({.subject = what,
                         .what = fmt::format("{} has no rows.", what),
                         .expected = "numbers with a batch axis first",
                         .received = to_string(tensor)});
  }
  return tensor.shape()[0];
}

// splitmix64 (Steele, Lea, Flood 2014): a counter-based generator, good enough for an order of rows.
std::uint64_t mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace

Batches::Batches(Tensor x, Tensor y, Tensor sample_weight, std::int64_t batch_size)
    : x_(std::move(x)), y_(std::move(y)), sample_weight_(std::move(sample_weight)), rows_(rows_of(x_, "x")), batch_size_(batch_size) {
  if (batch_size_ < 1) {
    throw InvalidArgument({.subject = "batch_size", .what = "The batch size is not positive.", .received = std::to_string(batch_size_)});
  }
  if (rows_ == 0) throw InvalidArgument({.subject = "x", .what = "There are no rows.", .received = to_string(x_.shape())});
  for (const auto& [tensor, name] : {std::pair(&y_, "y"), std::pair(&sample_weight_, "sample_weight")}) {
    if (!tensor->defined()) continue;
    if (const std::int64_t rows = rows_of(*tensor, name); rows != rows_) {
      throw ShapeMismatch({.subject = name,
                           .what = fmt::format("x and {} have unequal numbers of rows.", name),
                           .expected = fmt::format("{} rows, as x {} has", rows_, to_string(x_.shape())),
                           .received = fmt::format("{} {}", name, to_string(tensor->shape()))});
    }
  }
}

void Batches::shuffle(std::uint64_t seed) {
  if (order_.empty()) {
    order_.resize(static_cast<std::size_t>(rows_));
  }
  std::iota(order_.begin(), order_.end(), 0);
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[mix(seed) % i]);
}

Tensor Batches::take(const Tensor& all, std::int64_t begin, std::int64_t end) const {
  if (!all.defined()) return {};
  if (order_.empty()) return all.rows(begin, end);
  Shape shape = all.shape();
  shape.set(0, end - begin);
  Tensor out = Tensor::empty(all.dtype(), shape);
  const std::size_t row = all.bytes().size() / static_cast<std::size_t>(rows_);
  for (std::int64_t i = begin; i < end; ++i) {
    const auto source = static_cast<std::size_t>(order_[static_cast<std::size_t>(i)]);
    std::memcpy(out.raw() + static_cast<std::size_t>(i - begin) * row, all.raw() + source * row, row);
  }
  return out;
}

Batches::Batch Batches::operator[](std::int64_t step) const {
  const std::int64_t begin = step * batch_size_;
  const std::int64_t end = std::min(rows_, begin + batch_size_);
  return {take(x_, begin, end), take(y_, begin, end), take(sample_weight_, begin, end), end - begin};
}

}  // namespace namesake::train
