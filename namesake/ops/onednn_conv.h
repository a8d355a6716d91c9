// Convolutions of float32 by oneDNN, cut into pieces of the batch for our own threads. Internal to ops.
#pragma once

#include "namesake/ops/conv_shape.h"

namespace namesake::ops {

// Every size of `s` is known. Arrays are in the layout that s.format says, filters (height, width, in / groups, out).
// A filter that serves again and again may be given as a tensor too (`lasting`, may be null): a large one then stays reordered for the
// next small batch.
void convolve(const ConvShape& s, const float* images, const float* filter, float* outputs, const Tensor* lasting = nullptr);
/// With channels last: and a bias for each channel, then relu if asked for, done while the numbers are in the cache.
void convolve_with_bias(const ConvShape& s, const float* images, const float* filter, const float* bias, bool relu, float* outputs,
                        const Tensor* lasting = nullptr);
/// The gradient of the images.
void convolve_images_back(const ConvShape& s, const float* filter, const float* outputs, float* images);
/// The gradient of the filter.
void convolve_filter_back(const ConvShape& s, const float* images, const float* outputs, float* filter);

}  // namespace namesake::ops
