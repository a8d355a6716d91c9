// A convolution with its bias, and relu: in one op, which saves two walks through memory. No op of TensorFlow's; see normalize.h for
// where layers use such ones.
#pragma once

#include "namesake/ops/conv.h"
#include "namesake/ops/op.h"

namespace namesake::ops {

/// relu(conv(images, kernel, options) + bias), or without relu. Channels last only. Throws as conv().
[[nodiscard]] NAMESAKE_API Tensor conv_bias(const Tensor& images, const Tensor& kernel, const Tensor& bias, const ConvOptions& options, bool relu);

/// The attributes of conv(), as options. Internal to ops.
[[nodiscard]] Attrs conv_attrs(const ConvOptions& options);

extern NAMESAKE_API const OpRecord kConvBias;
extern NAMESAKE_API const OpRecord kConvBiasRelu;
extern NAMESAKE_API const OpRecord kReluBiasGrad;

}  // namespace namesake::ops
