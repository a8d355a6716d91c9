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
/// What an optimizer around another keeps as Keras 2 reads it, which has one object for both: the number of steps and the learning rate are
/// those of the inner one. (Keras 3 keeps a number and a rate of the outer one, too, and never uses them.)
[[nodiscard]] Variable as_inner_has_it(const OptimizerValue& value, const Optimizer& inner, std::span<const Variable> order);
/// The optimizer inside of one that scales the loss; undefined for others.
[[nodiscard]] Optimizer inner_of(const Optimizer& optimizer);

}  // namespace namesake::saving
