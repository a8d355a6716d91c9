// LSTM (Hochreiter and Schmidhuber, 1997), and its cell.
//   Tensor y = LSTM({.units = 8, .return_sequences = true})(x);
#pragma once

#include "namesake/nn/layers/recurrent.h"

namespace namesake {

struct LSTMCellOptions {
  std::int64_t units = 1;
  ActivationFunction activation = "tanh";
  ActivationFunction recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
  bool unit_forget_bias = true;  // the bias of the forget gate begins with ones
  Regularizer kernel_regularizer = {};
  Regularizer recurrent_regularizer = {};
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint recurrent_constraint = {};
  Constraint bias_constraint = {};
  double dropout = 0.0;            // of the input
  double recurrent_dropout = 0.0;  // of the state
  std::optional<std::int64_t> seed = std::nullopt;
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

struct LSTMOptions {
  std::int64_t units = 1;
  ActivationFunction activation = "tanh";
  ActivationFunction recurrent_activation = "sigmoid";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
  bool unit_forget_bias = true;  // the bias of the forget gate begins with ones
  Regularizer kernel_regularizer = {};
  Regularizer recurrent_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint recurrent_constraint = {};
  Constraint bias_constraint = {};
  double dropout = 0.0;            // of the input
  double recurrent_dropout = 0.0;  // of the state
  std::optional<std::int64_t> seed = std::nullopt;
  bool return_sequences = false;  // the outputs of all steps, not of the last alone
  bool return_state = false;      // the output, then the states h and c
  bool go_backwards = false;
  bool stateful = false;  // a call begins with the states that the call before ended with
  bool unroll = false;
  bool zero_output_for_mask = false;
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: kernel (n, 4 units), recurrent_kernel (units, 4 units), bias (4 units): gates i, f, c, o. States: h, c.
class NAMESAKE_API LSTMCellBody : public GatedCellBody {
 public:
  static constexpr std::string_view kClassName = "LSTMCell";
  using Options = LSTMCellOptions;
  static void config(Options& o, ConfigFields& f);
  explicit LSTMCellBody(Options options);
  void build(const Shape& step) override;
  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override { return {units(), units()}; }
  [[nodiscard]] Tensors step(const Tensor& projected, const Tensors& states, const CellRun& run) override;

 private:
  Options options_;
};

class NAMESAKE_API LSTMBody : public RecurrentBody {
 public:
  static constexpr std::string_view kClassName = "LSTM";
  using Options = LSTMOptions;
  static void config(Options& o, ConfigFields& f);
  explicit LSTMBody(const Options& options);
};

}  // namespace nn

using LSTMCell = LayerOf<nn::LSTMCellBody>;
using LSTM = LayerOf<nn::LSTMBody>;

}  // namespace namesake
