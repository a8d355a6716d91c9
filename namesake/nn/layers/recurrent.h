// Layers that go through a sequence step by step: what SimpleRNN, LSTM and GRU share, and RNN, which takes any cell.
//   Tensor y = LSTM({.units = 8, .return_sequences = true})(x);      // (batch, steps, features) -> (batch, steps, 8)
//   Tensors outputs = lstm(Tensors{x});                              // .return_state: the output, then the states
//   Tensors outputs = decoder(Tensors{y, outputs[1], outputs[2]});   // begins with these states: Keras's initial_state
#pragma once

#include "namesake/nn/layers/recurrent_cell.h"

namespace namesake {

struct RNNOptions {
  Layer cell = {};  // LSTMCell({...}), StackedRNNCells({...}), or a cell of one's own
  bool return_sequences = false;  // the outputs of all steps, not of the last alone
  bool return_state = false;      // the output, then the states
  bool go_backwards = false;
  bool stateful = false;  // a call begins with the states that the call before ended with
  bool unroll = false;
  bool zero_output_for_mask = false;
  Regularizer activity_regularizer = {};
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// The options that all of them share, without the cell's.
struct RecurrentFlags {
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool unroll = false;
  bool zero_output_for_mask = false;
};

/// Takes the sequence (batch, steps, features), and, if they are given, the first states, else zeros. A step that the mask hides keeps the states, and repeats the output before
/// it (zeros at the start), or gives zeros (zero_output_for_mask).
class NAMESAKE_API RecurrentBody : public LayerBase {
 public:
  void build_call(std::span<const Shape> inputs, const CallArguments* arguments) override;
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override;
  [[nodiscard]] std::shared_ptr<const CallArguments> standard_call(std::size_t inputs, std::shared_ptr<const CallArguments> given) const override;
  Tensor call(const Tensor& x, CallContext& context) override;
  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

  [[nodiscard]] RecurrentCellBase& cell() const noexcept { return *cell_; }
  [[nodiscard]] const RecurrentFlags& flags() const noexcept { return flags_; }
  /// The states between calls, if it is stateful: variables that are no weights, and in no file, as in Keras; none before the first call.
  [[nodiscard]] const std::vector<Variable>& states() const noexcept { return states_; }
  /// Sets them to zero.
  void reset_states() const;

 protected:
  explicit RecurrentBody(const RecurrentFlags& flags);
  /// Takes the cell, under the attribute "cell", in the constructor. Throws InvalidArgument if it is none.
  void set_cell(const Layer& cell);

 private:
  struct Steps {
    Tensor output;   // of the last step; of all of them, if they were one loop of a graph
    Tensors outputs;  // of each step, in the order they were made, if all are wanted
    Tensors states;
  };
  [[nodiscard]] Tensors symbolic_result(const Tensor& x) const;
  void check_input(const Tensor& x) const;
  void check_states(const Tensors& states, const Tensor& x) const;
  void make_states(const Tensor& x);
  [[nodiscard]] Tensors first_states(const Tensor& x, Tensors given) const;
  [[nodiscard]] Steps run_steps(const Tensor& projected, const Tensor& mask, Tensors states, const CellRun& run);

  RecurrentFlags flags_;
  RecurrentCellBase* cell_ = nullptr;
  Shape features_;  // of a step it was built for, with the batch axis
  std::vector<Variable> states_;
};

class NAMESAKE_API RNNBody : public RecurrentBody {
 public:
  static constexpr std::string_view kClassName = "RNN";
  using Options = RNNOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument without a cell.
  explicit RNNBody(const Options& options);
};

template <class Options>
[[nodiscard]] RecurrentFlags flags_of(const Options& options) {
  return {options.return_sequences, options.return_state, options.go_backwards, options.stateful, options.unroll, options.zero_output_for_mask};
}

/// The config's fields of flags_of().
template <class Options>
void config_flags(Options& o, ConfigFields& f) {
  f("return_sequences", o.return_sequences);
  f("return_state", o.return_state);
  f("go_backwards", o.go_backwards);
  f("stateful", o.stateful);
  f("unroll", o.unroll);
  f("zero_output_for_mask", o.zero_output_for_mask);
}

}  // namespace nn

using RNN = LayerOf<nn::RNNBody>;

/// Sets the states of all stateful layers below `layer` to zero.
NAMESAKE_API void reset_states(const Layer& layer);

}  // namespace namesake
