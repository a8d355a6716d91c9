// The steps of a recurrent layer as one loop of a graph, for any number of them. Private to this module.
#pragma once

#include <cstdint>
#include <functional>

#include "namesake/tensor/tensor.h"

namespace namesake::nn {

/// What goes through the loop.
struct LoopOfSteps {
  Tensor inputs;   // (batch, steps, features...)
  Tensor mask;     // bool (batch, steps), or none
  Tensors states;  // the first ones
  std::int64_t output_size = 0;
  bool all_outputs = false, backwards = false;
  bool zero_output_for_mask = false;  // a hidden step gives zeros, else the output before it
  std::function<Tensors(const Tensor& input, const Tensors& states)> step;  // the output and the new states, in the dtype of the inputs
};

struct LoopResult {
  Tensor outputs;  // (batch, steps, output_size), in the order they were made; without all_outputs the last one, (batch, output_size)
  Tensors states;  // the last ones
};

/// While a graph is made, a node with functions for one step.
[[nodiscard]] LoopResult loop_over_steps(const LoopOfSteps& loop);

/// `now` where the step counts, else `before`; `mask`: (batch, 1).
[[nodiscard]] Tensor where_step_counts(const Tensor& mask, const Tensor& now, const Tensor& before);

}  // namespace namesake::nn
