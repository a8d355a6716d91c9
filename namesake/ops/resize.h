// Images of other sizes. Names are keras.ops'.
#pragma once

#include <string_view>

#include "namesake/base/export.h"
#include "namesake/ops/sizes.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Images (batch, height, width, channels) in the sizes of `size`, an int32 tensor of (height, width), each pixel's centre
/// half a pixel off its corner. "nearest" keeps the dtype, "bilinear" gives float32. Throws InvalidArgument for another word.
NAMESAKE_API Tensor resize_images(const Tensor& images, const Tensor& size, std::string_view interpolation = "bilinear");
NAMESAKE_API Tensor resize_images(const Tensor& images, const Sizes2D& size, std::string_view interpolation = "bilinear");

}  // namespace namesake
