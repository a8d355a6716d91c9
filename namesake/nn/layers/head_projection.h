// The dense layers of attention with heads, from the options that its classes share. Internal to nn.
#pragma once

#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/einsum_dense.h"

namespace namesake::nn {

template <class Options>
void projection_fields(Options& o, ConfigFields& f) {
  f("kernel_initializer", o.kernel_initializer);
  f("bias_initializer", o.bias_initializer);
  f("kernel_regularizer", o.kernel_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  f("activity_regularizer", o.activity_regularizer);
  f("kernel_constraint", o.kernel_constraint);
  f("bias_constraint", o.bias_constraint);
}

template <class Options>
[[nodiscard]] EinsumDense projection_of(const LayerBase& owner, const Options& o, std::string_view name, std::string_view equation,
                                        const Shape& output_shape, std::string_view bias_axes, std::string_view activation = "linear") {
  return EinsumDense({.equation = std::string(equation),
                      .output_shape = output_shape,
                      .activation = std::string(activation),
                      .bias_axes = o.use_bias ? std::string(bias_axes) : std::string(),
                      .kernel_initializer = o.kernel_initializer,
                      .bias_initializer = o.bias_initializer,
                      .kernel_regularizer = o.kernel_regularizer,
                      .bias_regularizer = o.bias_regularizer,
                      .activity_regularizer = o.activity_regularizer,
                      .kernel_constraint = o.kernel_constraint,
                      .bias_constraint = o.bias_constraint,
                      .trainable = owner.trainable(),
                      .dtype = owner.dtype_policy(),
                      .name = std::string(name)});
}

}  // namespace namesake::nn
