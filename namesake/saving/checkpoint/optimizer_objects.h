// The state of an optimizer as the objects of a checkpoint: under which attributes Keras keeps each variable.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "namesake/optim/optimizer.h"

namespace namesake::saving {

struct OptimizerValue {
  Variable variable;
  std::vector<std::string> places;  // below the optimizer: "_momentums/0"; several names of one object
  std::size_t target = kNone;       // the number of the trained variable whose state it is
  std::string slot;                 // its word in optimizers of Keras until 2.10: "m"; "" if they have none

  static constexpr std::size_t kNone = ~std::size_t{0};
};

/// The state, in the order of optimizer.variables(order). (Of an optimizer around another: without the inner one's.)
[[nodiscard]] std::vector<OptimizerValue> optimizer_values(const Optimizer& optimizer, std::span<const Variable> order);
/// The optimizer inside of one that scales the loss; undefined for others.
[[nodiscard]] Optimizer inner_of(const Optimizer& optimizer);

}  // namespace namesake::saving
