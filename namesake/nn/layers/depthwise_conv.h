// DepthwiseConv2D, DepthwiseConv1D: each channel of the input with kernels of its own.
//   DepthwiseConv2D({.kernel_size = 3, .depth_multiplier = 2, .padding = "same"})
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/sizes.h"

namespace namesake {

template <int N>
struct DepthwiseConvOptions {
  Sizes<N> kernel_size = {};
  Sizes<N> strides = 1;
  std::string padding = "valid";  // or "same"
  std::int64_t depth_multiplier = 1;
  std::string data_format = "channels_last";  // or "channels_first"
  Sizes<N> dilation_rate = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = {};  // without the batch axis
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};
using DepthwiseConv1DOptions = DepthwiseConvOptions<1>;
using DepthwiseConv2DOptions = DepthwiseConvOptions<2>;

namespace nn {

/// Input (batch, height, width, channels), output (batch, rows, columns, channels * depth_multiplier); 1D (batch, steps,
/// channels). Weights: kernel (size..., channels, depth_multiplier), bias (channels * depth_multiplier).
template <int N>
class NAMESAKE_API DepthwiseConvBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = N == 1 ? "DepthwiseConv1D" : "DepthwiseConv2D";
  using Options = DepthwiseConvOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit DepthwiseConvBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  Variable kernel_, bias_;
};

}  // namespace nn

using DepthwiseConv1D = LayerOf<nn::DepthwiseConvBody<1>>;
using DepthwiseConv2D = LayerOf<nn::DepthwiseConvBody<2>>;

}  // namespace namesake
