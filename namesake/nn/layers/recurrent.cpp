#include "namesake/nn/layers/recurrent.h"

#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/layer_field.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/recurrent_loop.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/unary.h"

namespace namesake::nn {
namespace {

constexpr int kTime = 1;  // the axis of steps

// Which of the inputs is the sequence; the others are states.
std::size_t place_of_sequence(const CallArguments* arguments) {
  const CallArguments::Named* named = arguments != nullptr ? arguments->find("sequences") : nullptr;
  return named != nullptr ? named->first : 0;
}

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

std::span<const std::string_view> RecurrentBody::call_parameters() const {
  static constexpr std::array<std::string_view, 2> kNames = {"sequences", "initial_state"};
  return kNames;
}

// Keras 3 knows states by their name only; to Keras 2 they are further inputs of a list.
std::shared_ptr<const CallArguments> RecurrentBody::standard_call(std::size_t inputs, std::shared_ptr<const CallArguments> given) const {
  return call_with_list("initial_state", inputs, std::move(given));
}

void RecurrentBody::build_call(std::span<const Shape> inputs, const CallArguments* arguments) {
  const Shape& sequence = inputs[place_of_sequence(arguments)];
  if (sequence.rank() < 3) refuse_input("a sequence (batch, steps, features)", to_string(sequence));
  Shape step = {sequence[0]};
  for (int axis = kTime + 1; axis < sequence.rank(); ++axis) step.push_back(sequence[axis]);
  features_ = step;
  cell_->ensure_built({&step, 1});
}

void RecurrentBody::check_input(const Tensor& x) const {
  Shape wanted = {Shape::kOpen, Shape::kOpen};
  for (const std::int64_t size : features_.sizes().subspan(1)) wanted.push_back(size);
  if (!x.shape().compatible_with(wanted)) refuse_input(fmt::format("a sequence {}", to_string(wanted)), to_string(x.shape()));
  if (flags_.unroll && x.shape()[kTime] == Shape::kOpen) {
    refuse_input("a known number of steps, as `unroll` was asked for", to_string(x.shape()), "give Input a shape without open sizes, or leave unroll out");
  }
}

void RecurrentBody::check_states(const Tensors& states, const Tensor& x) const {
  const std::vector<std::int64_t> sizes = cell_->state_sizes();
  bool fit = states.size() == sizes.size();
  for (std::size_t i = 0; fit && i < sizes.size(); ++i) fit = states[i].shape().compatible_with({x.shape()[0], sizes[i]});
  if (fit) return;
  std::string wanted, received;
  for (const std::int64_t size : sizes) wanted += fmt::format("{}{}", wanted.empty() ? "" : ", ", to_string(Shape{x.shape()[0], size}));
  for (const Tensor& state : states) received += fmt::format("{}{}", received.empty() ? "" : ", ", to_string(state.shape()));
  throw ShapeMismatch({.subject = name(),
                       .what = fmt::format("The first states do not fit the layer \"{}\".", name()),
                       .expected = wanted,
                       .received = received,
                       .places = {{"layer", site(), describe(), scope()->path()}}});
}

void RecurrentBody::make_states(const Tensor& x) {
  const std::int64_t batch = x.shape()[0];
  if (states_.empty() && batch == Shape::kOpen) {
    refuse_input("a known size of the batch, as the layer is stateful", to_string(x.shape()), "say it: Input({.shape = {...}, .batch_size = 32})");
  }
  if (states_.empty()) {
    for (const std::int64_t size : cell_->state_sizes()) {
      states_.emplace_back(zeros({batch, size}, variable_dtype()), VariableOptions{.name = "rnn_state", .trainable = false}, site());
    }
  }
  const std::int64_t known = states_[0].shape()[0];
  if (batch != Shape::kOpen && batch != known) {
    refuse_input(fmt::format("{} rows, as many as the states of the call before", known), to_string(x.shape()), "call reset_states() for other rows of the same number");
  }
}

void RecurrentBody::reset_states() const {
  for (const Variable& state : states_) state.assign(zeros(state.shape(), state.dtype()));
}

Tensors RecurrentBody::first_states(const Tensor& x, Tensors given) const {
  if (given.empty()) {
    for (const Variable& state : states_) given.push_back(state.value());
  }
  if (given.empty()) {
    for (const std::int64_t size : cell_->state_sizes()) given.push_back(zeros_for_batch(x, size, cell_->compute_dtype()));
    return given;
  }
  check_states(given, x);
  for (Tensor& state : given) state = cast(state, cell_->compute_dtype());
  return given;
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
  const std::size_t place = place_of_sequence(context.arguments());
  const Tensor& x = inputs.at(place);
  Tensors given;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i != place) given.push_back(inputs[i]);
  }
  check_input(x);
  if (!given.empty()) check_states(given, x);
  if (flags_.stateful) make_states(x);
  if (only_infers(x)) return symbolic_result(x);
  const CellRun run = cell_->start(x, context.training());
  Steps steps = run_steps(cell_->project(x, run), x.mask(), first_states(x, std::move(given)), run);
  for (std::size_t i = 0; i < states_.size(); ++i) states_[i].assign(stop_gradient(cast(steps.states[i], variable_dtype())));
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

void RNNBody::config(Options& o, ConfigFields& f) {
  config_flags(o, f);
  layer_field(f, "cell", o.cell);
}

RNNBody::RNNBody(const Options& options) : RecurrentBody(flags_of(options)) {
  set_cell(options.cell);
  settle_children();
  if (!trainable()) set_trainable(false);
}

}  // namespace namesake::nn

namespace namesake {

void reset_states(const Layer& layer) {
  if (const auto* recurrent = dynamic_cast<const nn::RecurrentBody*>(layer.ptr().get())) recurrent->reset_states();
  for (const ChildLayer& child : layer.ptr()->children()) reset_states(Layer(child.layer));
}

}  // namespace namesake
