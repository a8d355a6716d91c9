// The weights "gamma" and "beta" of layers that normalize, from the options that these share. Internal to nn.
#pragma once

#include "namesake/nn/layer.h"

namespace namesake::nn {

template <class Options>
[[nodiscard]] WeightOptions gamma_of(const Options& options, const Shape& shape) {
  return {.name = "gamma",
          .shape = shape,
          .initializer = options.gamma_initializer,
          .regularizer = options.gamma_regularizer,
          .constraint = options.gamma_constraint};
}

template <class Options>
[[nodiscard]] WeightOptions beta_of(const Options& options, const Shape& shape) {
  return {.name = "beta",
          .shape = shape,
          .initializer = options.beta_initializer,
          .regularizer = options.beta_regularizer,
          .constraint = options.beta_constraint};
}

}  // namespace namesake::nn
