// The batches of an epoch: rows of x and y (and weights), in order or shuffled. In order a batch is a view of the rows;
// shuffled, a copy.
#pragma once

#include <cstdint>
#include <vector>

#include "namesake/tensor/tensor.h"

namespace namesake::train {

class Batches {
 public:
  struct Batch {
    Tensor x, y, sample_weight;  // y and sample_weight may be undefined
    std::int64_t rows = 0;
  };

  /// Throws ShapeMismatch if the row counts differ, InvalidArgument for a batch size below 1 or no rows at all.
  Batches(Tensor x, Tensor y, Tensor sample_weight, std::int64_t batch_size);

  [[nodiscard]] std::int64_t steps() const noexcept { return (rows_ + batch_size_ - 1) / batch_size_; }
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// The last batch has what is left.
  [[nodiscard]] Batch operator[](std::int64_t step) const;
  /// Another order of the rows, decided by `seed` alone.
  void shuffle(std::uint64_t seed);

 private:
  [[nodiscard]] Tensor take(const Tensor& all, std::int64_t begin, std::int64_t end) const;

  Tensor x_, y_, sample_weight_;
  std::int64_t rows_, batch_size_;
  std::vector<std::int64_t> order_;  // empty: as they stand
};

}  // namespace namesake::train
