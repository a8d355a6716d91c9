// Layers that go through a sequence step by step: what SimpleRNN, LSTM and GRU share, and RNN, which takes any cell.
//   Tensor y = LSTM({.units = 8, .return_sequences = true})(x);      // (batch, steps, features) -> (batch, steps, 8)
//   Tensors outputs = lstm(Tensors{x});                              // .return_state: the output, then the states
#pragma once

#include "namesake/nn/layers/recurrent_cell.h"

namespace namesake {
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

/// Takes the sequence (batch, steps, features). A step that the mask hides keeps the states, and repeats the output before
/// it (zeros at the start), or gives zeros (zero_output_for_mask).
class NAMESAKE_API RecurrentBody : public LayerBase {
 public:
  void build_many(std::span<const Shape> inputs) override;
  Tensor call(const Tensor& x, CallContext& context) override;
  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

  [[nodiscard]] RecurrentCellBase& cell() const noexcept { return *cell_; }
  [[nodiscard]] const RecurrentFlags& flags() const noexcept { return flags_; }

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
  [[nodiscard]] Steps run_steps(const Tensor& projected, const Tensor& mask, Tensors states, const CellRun& run);

  RecurrentFlags flags_;
  RecurrentCellBase* cell_ = nullptr;
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
}  // namespace namesake
