// Random numbers without a state: each is a function of the seed, an int32 tensor of two numbers, and its own place.
// The numbers are those of TensorFlow's Stateless ops (Philox4x32-10): uniforms bit by bit, normals up to rounding.
#pragma once

#include <cstdint>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// An int32 tensor of two numbers.
[[nodiscard]] NAMESAKE_API Tensor random_seed(std::int32_t first, std::int32_t second);
/// At least `minval`, below `maxval`.
NAMESAKE_API Tensor stateless_random_uniform(const Shape& shape, const Tensor& seed, double minval = 0,
                                             double maxval = 1, DType dtype = DType::kFloat32);
NAMESAKE_API Tensor stateless_random_normal(const Shape& shape, const Tensor& seed, double mean = 0, double stddev = 1,
                                            DType dtype = DType::kFloat32);
/// The same for a shape with open sizes: those of `like`, which has as many axes, when it runs.
NAMESAKE_API Tensor stateless_random_uniform_like(const Tensor& like, const Shape& shape, const Tensor& seed, DType dtype = DType::kFloat32);
NAMESAKE_API Tensor stateless_random_normal_like(const Tensor& like, const Shape& shape, const Tensor& seed, double mean = 0,
                                                 double stddev = 1, DType dtype = DType::kFloat32);
/// Normal numbers at most two standard deviations from the mean.
NAMESAKE_API Tensor stateless_truncated_normal(const Shape& shape, const Tensor& seed, double mean = 0,
                                               double stddev = 1, DType dtype = DType::kFloat32);
/// Integers at least `minval`, below `maxval`. Throws InvalidArgument if there is none.
NAMESAKE_API Tensor stateless_random_randint(const Shape& shape, const Tensor& seed, std::int64_t minval,
                                             std::int64_t maxval, DType dtype = DType::kInt32);

/// x in another order along `axis`: Keras's own for this seed.
NAMESAKE_API Tensor stateless_shuffle(const Tensor& x, const Tensor& seed, int axis = 0);

}  // namespace namesake
