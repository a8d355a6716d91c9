// What the resizing ops share. Internal to ops.
#pragma once

#include "namesake/ops/op.h"

namespace namesake::ops {

/// Output 0: the images of input 0 in the height and width that input 1 asks for, in their dtype. Throws for sizes below 1, or images without pixels.
void infer_resized_images(const InferContext& c);
/// Output 0: of input 1's dtype and shape, from float32 gradients, input 0, of these images in another size.
void infer_resize_gradient(const InferContext& c);
/// `factor` of TensorFlow's resizes: how many pixels of `from` there are for each of `to`.
[[nodiscard]] float resize_factor(std::int64_t from, std::int64_t to, bool align_corners);
/// (height, width) of images, also in a symbolic call.
[[nodiscard]] Tensor size_of_images(const Tensor& images);

}  // namespace namesake::ops
