// Random numbers as keras.random has them: by a seed of the caller's (then always the same, and Keras's own numbers), or by the next one of the
// process (set_random_seed).
//   Tensor noise = random::normal({32, 10}, {.stddev = 0.1});      Tensor fixed = random::uniform({3}, {.seed = 7});
#pragma once

#include <cstdint>
#include <optional>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake::random {

struct UniformOptions {
  double minval = 0, maxval = 1;
  DType dtype = DType::kFloat32;
  std::optional<std::int64_t> seed = std::nullopt;
};
struct NormalOptions {
  double mean = 0, stddev = 1;
  DType dtype = DType::kFloat32;
  std::optional<std::int64_t> seed = std::nullopt;
};
struct RandintOptions {
  DType dtype = DType::kInt32;
  std::optional<std::int64_t> seed = std::nullopt;
};

/// At least minval, below maxval.
[[nodiscard]] NAMESAKE_API Tensor uniform(const Shape& shape, const UniformOptions& options = {});
[[nodiscard]] NAMESAKE_API Tensor normal(const Shape& shape, const NormalOptions& options = {});
/// At most two standard deviations from the mean.
[[nodiscard]] NAMESAKE_API Tensor truncated_normal(const Shape& shape, const NormalOptions& options = {});
/// Integers at least `minval`, below `maxval`. Throws InvalidArgument if there is none.
[[nodiscard]] NAMESAKE_API Tensor randint(const Shape& shape, std::int64_t minval, std::int64_t maxval, const RandintOptions& options = {});
/// x in another order along `axis`.
[[nodiscard]] NAMESAKE_API Tensor shuffle(const Tensor& x, int axis = 0, std::optional<std::int64_t> seed = std::nullopt);

}  // namespace namesake::random
