// Activation: an activation function as a layer.   Activation({.activation = "relu"})
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"

namespace namesake {

struct ActivationOptions {
  ActivationFunction activation = "linear";
  Shape input_shape = {};
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

class NAMESAKE_API ActivationBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Activation";
  using Options = ActivationOptions;
  static void config(Options& o, ConfigFields& f) { f("activation", o.activation); }
  explicit ActivationBody(const Options& options) : activation_(options.activation) { set_supports_masking(true); }
  Tensor call(const Tensor& x, CallContext&) override { return activation_(x); }

 private:
  ActivationFunction activation_;
};

}  // namespace nn

using Activation = LayerOf<nn::ActivationBody>;

}  // namespace namesake
