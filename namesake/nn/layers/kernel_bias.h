// The weights "kernel" and "bias" of layers that multiply, from the options that these share. Internal to nn.
#pragma once

#include "namesake/nn/layer.h"

namespace namesake::nn {

template <class Options>
[[nodiscard]] WeightOptions kernel_of(const Options& options, const Shape& shape) {
  return {.name = "kernel",
          .shape = shape,
          .initializer = options.kernel_initializer,
          .regularizer = options.kernel_regularizer,
          .constraint = options.kernel_constraint};
}

template <class Options>
[[nodiscard]] WeightOptions bias_of(const Options& options, const Shape& shape) {
  return {.name = "bias",
          .shape = shape,
          .initializer = options.bias_initializer,
          .regularizer = options.bias_regularizer,
          .constraint = options.bias_constraint};
}

}  // namespace namesake::nn
