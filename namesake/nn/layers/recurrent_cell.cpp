#include "namesake/nn/layers/recurrent_cell.h"

#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shaping.h"

namespace namesake {

std::span<const std::string_view> RecurrentCellBase::call_parameters() const {
  static constexpr std::array<std::string_view, 2> kNames = {"inputs", "states"};
  return kNames;
}

std::shared_ptr<const CallArguments> RecurrentCellBase::standard_call(std::size_t inputs, std::shared_ptr<const CallArguments> given) const {
  return nn::call_with_list("states", inputs, std::move(given));
}

nn::CellRun RecurrentCellBase::start(const Tensor&, bool training) {
  nn::CellRun run;
  run.training = training;
  return run;
}

Tensor RecurrentCellBase::project(const Tensor& x, const nn::CellRun&) const { return x; }

Tensors RecurrentCellBase::step(const Tensor& projected, const Tensors& states, const nn::CellRun& run) {
  Tensors inputs{projected};
  inputs.insert(inputs.end(), states.begin(), states.end());
  Tensors outputs = invoke_many(inputs, {.training = run.training}, site());
  if (outputs.size() == states.size() + 1) return outputs;
  throw InvalidArgument({.subject = name(),
                         .what = fmt::format("The cell \"{}\" gave back another number of tensors than a step needs.", name()),
                         .expected = fmt::format("the output and {} states", states.size()),
                         .received = fmt::format("{} tensors", outputs.size()),
                         .places = {{"cell", site(), describe(), scope()->path()}}});
}

namespace nn {

Tensor zeros_for_batch(const Tensor& x, std::int64_t features, DType dtype) {
  if (x.shape()[0] != Shape::kOpen) return zeros({x.shape()[0], features}, dtype);
  const Tensor sizes = concatenate({slice_axis(shape_of(x), 0, 0, 1), Tensor::of<std::int32_t>({static_cast<std::int32_t>(features)}, {1})}, 0);
  return ops::apply(ops::kFill, sizes, zeros(Shape::scalar(), dtype));
}

std::shared_ptr<const CallArguments> call_with_list(std::string_view name, std::size_t inputs, std::shared_ptr<const CallArguments> given) {
  if (given && (given->positional == 0 || !given->named.empty())) return given;
  CallArguments standard;
  if (inputs > 1) standard.named.push_back({std::string(name), 1, inputs - 1, true});
  return std::make_shared<const CallArguments>(std::move(standard));
}

Tensors call_one_step(RecurrentCellBase& cell, const Tensors& inputs, const CallContext& context) {
  const std::size_t states = cell.state_sizes().size();
  if (inputs.size() != states + 1) {
    throw InvalidArgument({.subject = cell.name(),
                           .what = fmt::format("The cell \"{}\" was called without its states.", cell.name()),
                           .expected = fmt::format("the input of one step and {}: cell(Tensors{{x, h{}}})", states == 1 ? "a state" : fmt::format("{} states", states),
                                                   states == 1 ? "" : ", ..."),
                           .received = fmt::format("{} tensors", inputs.size()),
                           .places = {{"cell", cell.site(), cell.describe(), cell.scope()->path()}},
                           .fix = fmt::format("call a layer with the cell, which goes through all steps: RNN({{.cell = {}(...)}})", cell.class_name())});
  }
  const CellRun run = cell.start(inputs[0], context.training() && !only_infers(inputs[0]));
  return cell.step(cell.project(inputs[0], run), {inputs.begin() + 1, inputs.end()}, run);
}

GatedCellBody::GatedCellBody(std::int64_t units, std::int64_t gates, double dropout, double recurrent_dropout, std::optional<std::int64_t> seed)
    : units_(units), gates_(gates), dropout_(checked_rate(*this, dropout)), recurrent_dropout_(checked_rate(*this, recurrent_dropout)), seeds_(*this, seed) {
  if (units_ >= 1) return;
  throw InvalidArgument({.subject = "units",
                         .what = fmt::format("{} needs a positive number of units.", class_name()),
                         .expected = "units >= 1",
                         .received = fmt::format("units = {}", units_),
                         .places = {{"here", site(), {}, {}}}});
}

std::int64_t GatedCellBody::checked_features(const Shape& step) const {
  if (step.rank() != 2 || step.back() < 0) refuse_input("steps of the shape (batch, n) with a known n", to_string(step));
  return step.back();
}

// As in Keras: one noise for each gate if the states have noise, else one for all; the noise of the inputs is drawn first.
Tensors GatedCellBody::noise(double rate, const Tensor& like, std::int64_t features) const {
  if (rate == 0 || (rate == 1 && !may_drop_all())) return {};
  Tensors made;
  const std::int64_t count = recurrent_dropout_ != 0 ? gates_ : 1;
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor one = ones_like(zeros_for_batch(like, features, compute_dtype()));
    made.push_back(dropped(one, rate, one.shape(), seeds_));
  }
  return made;
}

CellRun GatedCellBody::start(const Tensor& x, bool training) {
  const ops::VariableAutocast reading(compute_dtype());
  CellRun run;
  run.training = training;
  run.kernel = kernel_;
  run.recurrent_kernel = recurrent_kernel_;
  if (bias_.defined()) run.bias = bias_;
  if (!training) return run;
  run.input_noise = noise(dropout_, x, kernel_.shape()[0]);
  run.state_noise = noise(recurrent_dropout_, x, units_);
  return run;
}

Tensor GatedCellBody::gate_columns(const Tensor& kernel, std::int64_t first, std::int64_t last) const {
  return first == 0 && last == gates_ ? kernel : slice_axis(kernel, kernel.rank() - 1, first * units_, last * units_);
}

Tensor GatedCellBody::project(const Tensor& sequence, const CellRun& run) const {
  const Tensor x = cast(sequence, compute_dtype());
  const auto noisy = [&](std::size_t i) { return x * (x.rank() == 3 ? expand_dims(run.input_noise[i], 1) : run.input_noise[i]); };
  Tensor y;
  if (run.input_noise.size() < 2) {
    y = matmul(run.input_noise.empty() ? x : noisy(0), run.kernel);
  } else {
    Tensors gates;
    for (std::int64_t i = 0; i < gates_; ++i) gates.push_back(matmul(noisy(static_cast<std::size_t>(i)), gate_columns(run.kernel, i, i + 1)));
    y = concatenate(gates, -1);
  }
  return run.bias.defined() ? bias_add(y, run.bias) : y;
}

Tensor GatedCellBody::recur(const Tensor& state, const CellRun& run, std::int64_t first, std::int64_t last) const {
  if (run.state_noise.empty()) return matmul(state, gate_columns(run.recurrent_kernel, first, last));
  Tensors gates;
  for (std::int64_t i = first; i < last; ++i) {
    const Tensor& factor = run.state_noise[run.state_noise.size() == 1 ? 0 : static_cast<std::size_t>(i)];
    gates.push_back(matmul(state * factor, gate_columns(run.recurrent_kernel, i, i + 1)));
  }
  return gates.size() == 1 ? gates[0] : concatenate(gates, -1);
}

}  // namespace nn
}  // namespace namesake
