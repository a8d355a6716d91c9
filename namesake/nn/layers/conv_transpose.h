// Conv2DTranspose, Conv1DTranspose: the gradient of a convolution as a layer, which makes images larger.
//   Conv2DTranspose({.filters = 8, .kernel_size = 3, .strides = 2, .padding = "same"})
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/sizes.h"

namespace namesake {

template <int N>
struct ConvTransposeOptions {
  std::int64_t filters = 1;
  Sizes<N> kernel_size = {};
  Sizes<N> strides = 1;
  std::string padding = "valid";              // or "same"
  Sizes<N> output_padding = {};               // left out: what makes the size a multiple of the stride
  std::string data_format = "channels_last";  // or "channels_first"
  Sizes<N> dilation_rate = 1;
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
using Conv1DTransposeOptions = ConvTransposeOptions<1>;
using Conv2DTransposeOptions = ConvTransposeOptions<2>;

namespace nn {

/// Input (batch, height, width, channels), output (batch, rows, columns, filters); 1D (batch, steps, channels). Weights:
/// kernel (size..., filters, channels), bias (filters).
template <int N>
class NAMESAKE_API ConvTransposeBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = N == 1 ? "Conv1DTranspose" : "Conv2DTranspose";
  using Options = ConvTransposeOptions<N>;
  static void config(Options& o, ConfigFields& f);
  explicit ConvTransposeBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  /// The output's size less stride times the input's, as Keras has it.
  [[nodiscard]] std::int64_t added(int axis) const;

  Options options_;
  Variable kernel_, bias_;
};

}  // namespace nn

using Conv1DTranspose = LayerOf<nn::ConvTransposeBody<1>>;
using Conv2DTranspose = LayerOf<nn::ConvTransposeBody<2>>;

}  // namespace namesake
