// Conv2D, Conv1D: y = activation(x * kernel + bias), the kernel sliding over images or sequences.
//   Conv2D({.filters = 16, .kernel_size = 3, .padding = "same", .activation = "relu"})
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/sizes.h"

namespace namesake {

template <int N>
struct ConvLayerOptions {
  std::int64_t filters = 1;
  Sizes<N> kernel_size = {};
  Sizes<N> strides = 1;
  std::string padding = "valid";              // or "same"; of Conv1D also "causal"
  std::string data_format = "channels_last";  // or "channels_first"
  Sizes<N> dilation_rate = 1;
  std::int64_t groups = 1;
  ActivationFunction activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = {};  // without the batch axis
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};
using Conv1DOptions = ConvLayerOptions<1>;
using Conv2DOptions = ConvLayerOptions<2>;

namespace nn {

/// Input (batch, height, width, channels), output (batch, rows, columns, filters); Conv1D (batch, steps, channels). Weights:
/// kernel (size..., channels / groups, filters), bias (filters).
template <int N>
class NAMESAKE_API ConvBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = N == 1 ? "Conv1D" : "Conv2D";
  using Options = ConvLayerOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit ConvBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  Variable kernel_, bias_;
};

}  // namespace nn

using Conv1D = LayerOf<nn::ConvBody<1>>;
using Conv2D = LayerOf<nn::ConvBody<2>>;

}  // namespace namesake
