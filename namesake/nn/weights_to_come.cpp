#include "namesake/nn/weights_to_come.h"

#include <fmt/format.h>

#include <utility>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"

namespace namesake::nn {
namespace {

// Beside those of the file: layers keep a few numbers that Keras does not store.
constexpr std::uint64_t kAlwaysAllowed = std::uint64_t{1} << 22;

constexpr std::size_t kLarge = std::size_t{1} << 20;  // bytes

thread_local constinit WeightsToCome* innermost = nullptr;

}  // namespace

WeightsToCome::WeightsToCome(std::string file, std::uint64_t stored, bool all)
    : file_(std::move(file)), left_(stored + kAlwaysAllowed), all_(all), outer_(std::exchange(innermost, this)) {}

WeightsToCome::~WeightsToCome() { innermost = outer_; }

void WeightsToCome::count(const Shape& shape) {
  const auto elements = shape.elements();
  if (!elements || static_cast<std::uint64_t>(*elements) > left_) {
    throw FormatError(file_, "", {.what = "The config asks for many more weights than the file has.",
                                  .expected = fmt::format("at most {} more numbers", left_),
                                  .received = fmt::format("a weight of the shape {}", to_string(shape))});
  }
  left_ -= static_cast<std::uint64_t>(*elements);
}

Tensor WeightsToCome::first_value(const Initializer& initializer, const Shape& shape, DType dtype) {
  if (innermost == nullptr) return initializer(shape, dtype);
  innermost->count(shape);
  if (!innermost->all_) return initializer(shape, dtype);
  // A gigabyte would be cleared only to be written over.
  return static_cast<std::size_t>(shape.count()) >= kLarge / size_of(dtype) ? Tensor::empty(dtype, shape) : zeros(shape, dtype);
}

}  // namespace namesake::nn
