// RecurrentCellBase: what a recurrent layer does at each step. Derive from it for a cell of one's own:
//   class MinimalCell : public RecurrentCellBase {
//    public:
//     std::vector<std::int64_t> state_sizes() const override { return {units_}; }
//     void build_many(std::span<const Shape> inputs) override;   // of one step, (batch, features); states may follow
//     Tensors call_many(const Tensors& inputs, CallContext&) override;   // {x, states...} -> {output, new states...}
//   };
//   Tensor y = RNN({.cell = LayerOf<MinimalCell>({.units = 3})})(x);
#pragma once

#include <cstdint>
#include <vector>

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"
#include "namesake/nn/seed_generator.h"

namespace namesake {
namespace nn {

/// What a cell holds during one call of the layer around it: its weights, read once, and the noise that all steps share.
struct CellRun {
  bool training = false;
  Tensor kernel, recurrent_kernel, bias, recurrent_bias;
  Tensors input_noise, state_noise;  // factors: none, one for all gates, or one for each
  std::vector<CellRun> cells;        // of the cells that this one is a stack of
};

}  // namespace nn

class NAMESAKE_API RecurrentCellBase : public LayerBase {
 public:
  /// The number of features of each state, in order.
  [[nodiscard]] virtual std::vector<std::int64_t> state_sizes() const = 0;
  /// The number of features of the output.
  [[nodiscard]] virtual std::int64_t output_size() const { return state_sizes().at(0); }
  /// As Keras's cells: call(inputs, states).
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override;
  [[nodiscard]] std::shared_ptr<const CallArguments> standard_call(std::size_t inputs, std::shared_ptr<const CallArguments> given) const override;

  // What a layer does with a cell: start(), project() of the whole sequence, then step() after step. Those here call the cell.
  /// `x` is the sequence (batch, steps, features...), or one step of it (batch, features...).
  [[nodiscard]] virtual nn::CellRun start(const Tensor& x, bool training);
  /// What of a step does not depend on the states, for one step or all: (batch, steps, features) gives (batch, steps, n).
  [[nodiscard]] virtual Tensor project(const Tensor& x, const nn::CellRun& run) const;
  /// The output and the new states, from what project() gave for one step.
  [[nodiscard]] virtual Tensors step(const Tensor& projected, const Tensors& states, const nn::CellRun& run);
};

namespace nn {

/// How Keras 3 writes a call with further inputs in a config: layer(x, name=[h, c]). `given` stays as it is if it names tensors.
[[nodiscard]] std::shared_ptr<const CallArguments> call_with_list(std::string_view name, std::size_t inputs, std::shared_ptr<const CallArguments> given);
/// What call_many() of a cell is that a program calls by itself, with {x, states...}: one step. Throws InvalidArgument if states are missing.
[[nodiscard]] NAMESAKE_API Tensors call_one_step(RecurrentCellBase& cell, const Tensors& inputs, const CallContext& context);

/// What the cells of Keras share: a kernel for the input, one for the state, a bias, and noise (dropout) on both inputs.
/// One gate after the other lies along the last axis of the weights.
class NAMESAKE_API GatedCellBody : public RecurrentCellBase {
 public:
  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override { return {units_}; }
  [[nodiscard]] std::int64_t output_size() const override { return units_; }
  Tensors call_many(const Tensors& inputs, CallContext& context) override { return call_one_step(*this, inputs, context); }
  [[nodiscard]] CellRun start(const Tensor& x, bool training) override;
  [[nodiscard]] Tensor project(const Tensor& x, const CellRun& run) const override;

 protected:
  /// Throws InvalidArgument unless there are units, and the rates are probabilities.
  GatedCellBody(std::int64_t units, std::int64_t gates, double dropout, double recurrent_dropout, std::optional<std::int64_t> seed);
  /// The number of input features in the shape of a step. Throws ShapeMismatch for another shape than (batch, features).
  [[nodiscard]] std::int64_t checked_features(const Shape& step) const;
  /// Whether all inputs may be dropped: SimpleRNN takes a rate of 1 at its word, the others pass it over, as in Keras.
  [[nodiscard]] virtual bool may_drop_all() const { return false; }
  /// The state times columns [first, last) of gates of the recurrent kernel.
  [[nodiscard]] Tensor recur(const Tensor& state, const CellRun& run, std::int64_t first, std::int64_t last) const;
  [[nodiscard]] Tensor recur(const Tensor& state, const CellRun& run) const { return recur(state, run, 0, gates_); }
  [[nodiscard]] Tensor gate_columns(const Tensor& kernel, std::int64_t first, std::int64_t last) const;
  [[nodiscard]] std::int64_t units() const noexcept { return units_; }

  Variable kernel_, recurrent_kernel_, bias_;

 private:
  [[nodiscard]] Tensors noise(double rate, const Tensor& like, std::int64_t features) const;

  std::int64_t units_, gates_;
  double dropout_, recurrent_dropout_;
  SeedGenerator seeds_;
};

/// A tensor of zeros, (the batch's size of `x`, features).
[[nodiscard]] Tensor zeros_for_batch(const Tensor& x, std::int64_t features, DType dtype);

template <class Options>
[[nodiscard]] WeightOptions recurrent_kernel_of(const Options& options, const Shape& shape) {
  return {.name = "recurrent_kernel",
          .shape = shape,
          .initializer = options.recurrent_initializer,
          .regularizer = options.recurrent_regularizer,
          .constraint = options.recurrent_constraint};
}

}  // namespace nn
}  // namespace namesake
