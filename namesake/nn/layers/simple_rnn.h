// SimpleRNN, whose output is its state: activation(x kernel + state recurrent_kernel + bias), and its cell.
#pragma once

#include "namesake/nn/layers/recurrent.h"

namespace namesake {

struct SimpleRNNCellOptions {
  std::int64_t units = 1;
  ActivationFunction activation = "tanh";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
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

struct SimpleRNNOptions {
  std::int64_t units = 1;
  ActivationFunction activation = "tanh";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer recurrent_initializer = "orthogonal";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer recurrent_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint recurrent_constraint = {};
  Constraint bias_constraint = {};
  double dropout = 0.0;            // of the input
  double recurrent_dropout = 0.0;  // of the state
  bool return_sequences = false;   // the outputs of all steps, not of the last alone
  bool return_state = false;       // the output, then the state
  bool go_backwards = false;
  bool stateful = false;  // a call begins with the state that the call before ended with
  bool unroll = false;
  std::optional<std::int64_t> seed = std::nullopt;
  bool zero_output_for_mask = false;
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: kernel (n, units), recurrent_kernel (units, units), bias (units).
class NAMESAKE_API SimpleRNNCellBody : public GatedCellBody {
 public:
  static constexpr std::string_view kClassName = "SimpleRNNCell";
  using Options = SimpleRNNCellOptions;
  static void config(Options& o, ConfigFields& f);
  explicit SimpleRNNCellBody(Options options);
  void build(const Shape& step) override;
  [[nodiscard]] Tensors step(const Tensor& projected, const Tensors& states, const CellRun& run) override;

 protected:
  [[nodiscard]] bool may_drop_all() const override { return true; }

 private:
  Options options_;
};

class NAMESAKE_API SimpleRNNBody : public RecurrentBody {
 public:
  static constexpr std::string_view kClassName = "SimpleRNN";
  using Options = SimpleRNNOptions;
  static void config(Options& o, ConfigFields& f);
  explicit SimpleRNNBody(const Options& options);
};

}  // namespace nn

using SimpleRNNCell = LayerOf<nn::SimpleRNNCellBody>;
using SimpleRNN = LayerOf<nn::SimpleRNNBody>;

}  // namespace namesake
