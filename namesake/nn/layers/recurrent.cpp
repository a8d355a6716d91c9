#include "namesake/nn/layers/recurrent.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/recurrent_loop.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/splitting.h"

namespace namesake::nn {
namespace {

constexpr int kTime = 1;  // the axis of steps

}  // namespace

RecurrentBody::RecurrentBody(const RecurrentFlags& flags) : flags_(flags) {
  set_supports_masking(true);
  set_takes_mask(true);
}

void RecurrentBody::set_cell(const Layer& cell) {
  cell_ = dynamic_cast<RecurrentCellBase*>(cell.ptr().get());
  if (cell_ == nullptr) {
    throw InvalidArgument({.subject = "cell",
                           .what = fmt::format("{} was made without a cell.", class_name()),
                           .expected = "a layer that derives from RecurrentCellBase: LSTMCell({...}), GRUCell({...}), SimpleRNNCell({...})",
                           .received = cell ? std::string(cell.class_name()) : "no layer",
                           .places = {{"here", site(), {}, {}}}});
  }
  adopt(cell.ptr(), "cell", site());
}

void RecurrentBody::build_many(std::span<const Shape> inputs) {
  const Shape& sequence = inputs[0];
  if (sequence.rank() < 3) refuse_input("a sequence (batch, steps, features)", to_string(sequence));
  Shape step = {sequence[0]};
  for (int axis = kTime + 1; axis < sequence.rank(); ++axis) step.push_back(sequence[axis]);
  cell_->ensure_built({&step, 1});
}

void RecurrentBody::check_input(const Tensor& x) const {
  const Shape& known = built_shapes().empty() ? x.shape() : built_shapes()[0];
  if (x.rank() < 3 || x.rank() != known.rank() || (known.back() >= 0 && x.shape().back() >= 0 && x.shape().back() != known.back())) {
    refuse_input(fmt::format("a sequence {}", to_string(known)), to_string(x.shape()));
  }
  if (flags_.unroll && x.shape()[kTime] == Shape::kOpen) {
    refuse_input("a known number of steps, as `unroll` was asked for", to_string(x.shape()), "give Input a shape without open sizes, or leave unroll out");
  }
}

Tensors RecurrentBody::symbolic_result(const Tensor& x) const {
  Shape output = {x.shape()[0]};
  if (flags_.return_sequences) output.push_back(x.shape()[kTime]);
  output.push_back(cell_->output_size());
  Tensors result{Tensor::symbolic(compute_dtype(), output, nullptr)};
  if (!flags_.return_state) return result;
  for (const std::int64_t size : cell_->state_sizes()) result.push_back(Tensor::symbolic(compute_dtype(), {x.shape()[0], size}, nullptr));
  return result;
}

Tensor RecurrentBody::call(const Tensor& x, CallContext& context) {
  if (!flags_.return_state) return std::move(call_many({x}, context).at(0));
  throw InvalidArgument({.subject = name(),
                         .what = fmt::format("The layer \"{}\" has {} outputs: return_state was asked for.", name(), 1 + cell_->state_sizes().size()),
                         .expected = "a call with a list: Tensors outputs = layer(Tensors{x})",
                         .places = {{"layer", site(), describe(), scope()->path()}}});
}

// Go through the steps; the only place that knows how.
RecurrentBody::Steps RecurrentBody::run_steps(const Tensor& projected, const Tensor& mask, Tensors states, const CellRun& run) {
  const std::int64_t count = projected.shape()[kTime];
  if (ops::tracing() && projected.is_symbolic() && !flags_.unroll && count != 1) {
    const LoopResult looped = loop_over_steps({.inputs = projected,
                                               .mask = mask,
                                               .states = std::move(states),
                                               .output_size = cell_->output_size(),
                                               .all_outputs = flags_.return_sequences,
                                               .backwards = flags_.go_backwards,
                                               .zero_output_for_mask = flags_.zero_output_for_mask,
                                               .step = [&](const Tensor& input, const Tensors& now) { return cell_->step(input, now, run); }});
    return {looped.outputs, {}, looped.states};
  }
  if (count == 0) refuse_input("one step or more", to_string(projected.shape()));
  const Tensors inputs = unstack(projected, kTime);
  const Tensors masks = mask.defined() ? unstack(expand_dims(cast(mask, DType::kBool), -1), kTime) : Tensors{};
  Steps result;
  result.states = std::move(states);
  for (std::int64_t done = 0; done < count; ++done) {
    const auto at = static_cast<std::size_t>(flags_.go_backwards ? count - 1 - done : done);
    Tensors made = cell_->step(inputs[at], result.states, run);
    Tensor output = std::move(made[0]);
    if (mask.defined()) {
      const bool repeats = done > 0 && !flags_.zero_output_for_mask;
      output = where_step_counts(masks[at], output, repeats ? result.output : zeros_like(output));
      for (std::size_t i = 0; i < result.states.size(); ++i) made[i + 1] = where_step_counts(masks[at], made[i + 1], result.states[i]);
    }
    for (std::size_t i = 0; i < result.states.size(); ++i) result.states[i] = std::move(made[i + 1]);
    if (flags_.return_sequences) result.outputs.push_back(output);
    result.output = std::move(output);
  }
  return result;
}

Tensors RecurrentBody::call_many(const Tensors& inputs, CallContext& context) {
  const Tensor& x = inputs.at(0);
  check_input(x);
  if (only_infers(x)) return symbolic_result(x);
  const CellRun run = cell_->start(x, context.training());
  Tensors states;
  for (const std::int64_t size : cell_->state_sizes()) states.push_back(zeros_for_batch(x, size, cell_->compute_dtype()));
  Steps steps = run_steps(cell_->project(x, run), x.mask(), std::move(states), run);
  Tensors result;
  result.push_back(cast(steps.outputs.empty() ? steps.output : stack(steps.outputs, kTime), compute_dtype()));
  if (!flags_.return_state) return result;
  for (const Tensor& state : steps.states) result.push_back(cast(state, compute_dtype()));
  return result;
}

Tensors RecurrentBody::compute_mask(const Tensors&, const Tensors& masks) {
  Tensors result{flags_.return_sequences ? masks.at(0) : Tensor()};
  if (flags_.return_state) result.resize(1 + cell_->state_sizes().size());
  return result;
}

}  // namespace namesake::nn
