// Convolutions over images. Names and words are keras.ops'.
//   Tensor y = conv(images, kernel, {.strides = 2, .padding = "same"});
#pragma once

#include <string_view>

#include "namesake/base/export.h"
#include "namesake/ops/sizes.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

struct ConvOptions {
  Sizes2D strides = 1;
  std::string_view padding = "valid";  // or "same"
  std::string_view data_format = "channels_last";  // or "channels_first"
  Sizes2D dilation_rate = 1;
};

/// Images (batch, height, width, channels), or (batch, channels, height, width), with a kernel (height, width, channels /
/// groups, filters). Throws ShapeMismatch, InvalidArgument.
NAMESAKE_API Tensor conv(const Tensor& images, const Tensor& kernel, const ConvOptions& options = {});
/// The same for each channel by itself, with a kernel (height, width, channels, multiplier).
NAMESAKE_API Tensor depthwise_conv(const Tensor& images, const Tensor& kernel, const ConvOptions& options = {});
/// The gradient of conv() with respect to images of shape `input_sizes`, as an operation of its own: what transposed
/// convolutions are. The kernel is (height, width, filters, channels of x).
NAMESAKE_API Tensor conv_backprop_input(const Tensor& input_sizes, const Tensor& kernel, const Tensor& x,
                                        const ConvOptions& options = {});

namespace ops {

/// The place of Keras's word in the attribute "padding", "data_format". Throws InvalidArgument for another word.
[[nodiscard]] NAMESAKE_API std::int64_t padding_word(std::string_view keras_word);
[[nodiscard]] NAMESAKE_API std::int64_t format_word(std::string_view keras_word);

}  // namespace ops
}  // namespace namesake
