// Pooling over images. Names and words are keras.ops'.
//   Tensor y = max_pool(images, 2);   average_pool(images, {3, 2}, {.strides = 1, .padding = "same"})
#pragma once

#include <string_view>

#include "namesake/base/export.h"
#include "namesake/ops/sizes.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

struct PoolOptions {
  Sizes2D strides = {};  // left out: the pool's size
  std::string_view padding = "valid";              // or "same"
  std::string_view data_format = "channels_last";  // or "channels_first"
};

/// The greatest number of each window of images (batch, height, width, channels). Throws ShapeMismatch, InvalidArgument.
NAMESAKE_API Tensor max_pool(const Tensor& images, const Sizes2D& pool_size, const PoolOptions& options = {});
/// The mean of each window; padding does not count.
NAMESAKE_API Tensor average_pool(const Tensor& images, const Sizes2D& pool_size, const PoolOptions& options = {});

}  // namespace namesake
