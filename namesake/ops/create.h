// Making tensors, and changing their dtype. Names are keras.ops'.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

NAMESAKE_API Tensor zeros(const Shape& shape, DType dtype = DType::kFloat32);
NAMESAKE_API Tensor ones(const Shape& shape, DType dtype = DType::kFloat32);
NAMESAKE_API Tensor full(const Shape& shape, double value, DType dtype = DType::kFloat32);
/// Zeros and ones of x's shape and dtype; x may be symbolic.
NAMESAKE_API Tensor zeros_like(const Tensor& x);
NAMESAKE_API Tensor ones_like(const Tensor& x);
/// start, start + step, ... up to and without `stop`. Throws InvalidArgument for a step of 0.
NAMESAKE_API Tensor arange(double start, double stop, double step = 1, DType dtype = DType::kInt32);
NAMESAKE_API Tensor arange(std::int64_t stop);
/// `num` numbers at equal distances from `start` to `stop`, which is the last one if `endpoint`.
NAMESAKE_API Tensor linspace(double start, double stop, std::int64_t num = 50, bool endpoint = true,
                             DType dtype = DType::kFloat32);
/// A matrix of ones on diagonal k, above the main one if positive.
NAMESAKE_API Tensor eye(std::int64_t rows, std::int64_t columns = -1, DType dtype = DType::kFloat32,
                        std::int64_t k = 0);
/// x's integers as vectors of zeros with a one at that place, along a new axis; all zeros for an integer outside.
NAMESAKE_API Tensor one_hot(const Tensor& x, std::int64_t num_classes, int axis = -1, DType dtype = DType::kFloat32);
/// `x` itself if it has that dtype. Fractions are cut towards zero; float16 and bfloat16 round to nearest, even at a
/// tie.
NAMESAKE_API Tensor cast(const Tensor& x, DType dtype);

}  // namespace namesake
