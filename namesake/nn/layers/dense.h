// Dense: y = activation(x kernel + bias), over the last axis.
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"

namespace namesake {

struct DenseOptions {
  std::int64_t units = 1;
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

namespace nn {

/// Input (batch, ..., n), output (batch, ..., units). Weights: kernel (n, units), bias (units).
class NAMESAKE_API DenseBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Dense";
  using Options = DenseOptions;
  static void config(Options& o, ConfigFields& f);
  explicit DenseBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  Options options_;
  Variable kernel_, bias_;
};

}  // namespace nn

using Dense = LayerOf<nn::DenseBody>;

}  // namespace namesake
