// The sizes of a convolution, all in one place: what its three ops (forward, gradient of the images, gradient of the filter)
// and their kernels work with. Internal to ops.
#pragma once

#include "namesake/ops/window.h"

namespace namesake::ops {

/// Sizes may be Shape::kOpen in a symbolic call. A depthwise convolution is one with as many groups as channels.
struct ConvShape {
  std::int64_t format = kNhwc;
  std::int64_t batch = Shape::kOpen, in_channels = Shape::kOpen, out_channels = Shape::kOpen, groups = Shape::kOpen;
  WindowAxis height, width;

  [[nodiscard]] Shape images() const { return image_shape(format, batch, height.in, width.in, in_channels); }
  [[nodiscard]] Shape outputs() const { return image_shape(format, batch, height.out, width.out, out_channels); }
  /// Of one group.
  [[nodiscard]] std::int64_t group_in() const { return in_channels / groups; }
  [[nodiscard]] std::int64_t group_out() const { return out_channels / groups; }
  [[nodiscard]] std::int64_t image_count() const { return height.in * width.in * in_channels; }
  [[nodiscard]] std::int64_t output_count() const { return height.out * width.out * out_channels; }
  [[nodiscard]] std::int64_t filter_count() const { return height.kernel * width.kernel * group_in() * out_channels; }
  [[nodiscard]] double multiply_adds() const {
    return static_cast<double>(batch * height.out * width.out * out_channels) *
           static_cast<double>(height.kernel * width.kernel * group_in());
  }
};

/// Of images and a filter (height, width, in / groups, out), or depthwise (height, width, in, out / in); an unknown rank is
/// all open. Throws ShapeMismatch about `inputs` if they do not go together.
[[nodiscard]] ConvShape conv_shape(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs,
                                   const Shape& images, const Shape& filter, bool depthwise);

// For images, filters and outputs of any floating type, by plain loops.
template <class T>
void convolve_plainly(const ConvShape& s, const T* images, const T* filter, T* outputs);
template <class T>
void convolve_images_back_plainly(const ConvShape& s, const T* filter, const T* outputs, T* images);
template <class T>
void convolve_filter_back_plainly(const ConvShape& s, const T* images, const T* outputs, T* filter);

}  // namespace namesake::ops
