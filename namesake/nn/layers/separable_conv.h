// SeparableConv2D, SeparableConv1D: a depthwise convolution, then one of 1x1 that mixes the channels.
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/sizes.h"

namespace namesake {

template <int N>
struct SeparableConvOptions {
  std::int64_t filters = 1;
  Sizes<N> kernel_size = {};
  Sizes<N> strides = 1;
  std::string padding = "valid";              // or "same"
  std::string data_format = "channels_last";  // or "channels_first"
  Sizes<N> dilation_rate = 1;
  std::int64_t depth_multiplier = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = {};
  Regularizer pointwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint pointwise_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = {};  // without the batch axis
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};
using SeparableConv1DOptions = SeparableConvOptions<1>;
using SeparableConv2DOptions = SeparableConvOptions<2>;

namespace nn {

/// Input (batch, height, width, channels), output (batch, rows, columns, filters); 1D (batch, steps, channels). Weights:
/// depthwise_kernel (size..., channels, depth_multiplier), pointwise_kernel (1..., channels * depth_multiplier, filters), bias.
template <int N>
class NAMESAKE_API SeparableConvBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = N == 1 ? "SeparableConv1D" : "SeparableConv2D";
  using Options = SeparableConvOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit SeparableConvBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  Variable depthwise_kernel_, pointwise_kernel_, bias_;
};

}  // namespace nn

using SeparableConv1D = LayerOf<nn::SeparableConvBody<1>>;
using SeparableConv2D = LayerOf<nn::SeparableConvBody<2>>;

}  // namespace namesake
