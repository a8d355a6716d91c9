// Masks of a functional model's calls that come along with the tensors anyway. Keras 3 writes them into a config all the same, as an argument
// `mask` that operations compute; Keras 2 does not.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "namesake/nn/functional.h"

namespace namesake::nn {

/// True if the symbolic tensors are the same operations of the same tensors. Calls of layers are the same if they are one call.
[[nodiscard]] bool same_computation(const Tensor& a, const Tensor& b);

struct CarriedMasks {
  std::set<std::pair<std::string, std::size_t>> calls;  // a layer's name in the config, and the number among its calls
  std::set<std::string> operations;                     // names in the config of those that nothing but such masks needs
};
[[nodiscard]] NAMESAKE_API CarriedMasks carried_masks(const FunctionalBody& model);

}  // namespace namesake::nn
