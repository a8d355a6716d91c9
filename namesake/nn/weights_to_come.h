// While a WeightsToCome lives, layers that are built on this thread get their weights out of a file afterwards. So a config
// that asks for more numbers than its file has is refused before anything is allocated, and first values that would be
// written over need not be computed.
#pragma once

#include <cstdint>
#include <string>

#include "namesake/base/export.h"
#include "namesake/nn/initializers.h"
#include "namesake/tensor/tensor.h"

namespace namesake::nn {

class NAMESAKE_API WeightsToCome {
 public:
  /// `stored`: elements of all weights in `file`. `all`: every weight is in the file, or the load fails.
  [[nodiscard]] WeightsToCome(std::string file, std::uint64_t stored, bool all);
  ~WeightsToCome();
  WeightsToCome(const WeightsToCome&) = delete;
  WeightsToCome& operator=(const WeightsToCome&) = delete;

  /// What a new weight holds: what its initializer says, or, if the file has all, zeros, and in a large one whatever was in
  /// its memory. Throws FormatError once the weights have many more elements than the file.
  [[nodiscard]] static Tensor first_value(const Initializer& initializer, const Shape& shape, DType dtype);

 private:
  void count(const Shape& shape);

  std::string file_;
  std::uint64_t left_;  // elements
  bool all_;
  WeightsToCome* outer_;
};

}  // namespace namesake::nn
