// GRU (Cho and others, 2014), and its cell.
//   Tensor y = GRU({.units = 8, .return_sequences = true})(x);
#pragma once

#include "namesake/nn/layers/recurrent.h"

namespace namesake {

struct GRUCellOptions {
  std::int64_t units = 1;
  ActivationFunction activation = "tanh";
  ActivationFunction recurrent_activation = "sigmoid";
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
  bool reset_after = true;         // the reset gate meets the state after the product with the recurrent kernel, or before
  std::optional<std::int64_t> seed = std::nullopt;
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

struct GRUOptions {
  std::int64_t units = 1;
  ActivationFunction activation = "tanh";
  ActivationFunction recurrent_activation = "sigmoid";
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
  std::optional<std::int64_t> seed = std::nullopt;
  bool return_sequences = false;  // the outputs of all steps, not of the last alone
  bool return_state = false;      // the output, then the state
  bool go_backwards = false;
  bool stateful = false;  // a call begins with the state that the call before ended with
  bool unroll = false;
  bool reset_after = true;  // the reset gate meets the state after the product with the recurrent kernel, or before
  bool zero_output_for_mask = false;
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: kernel (n, 3 units), recurrent_kernel (units, 3 units), bias (2, 3 units), the input's and the state's, or, without
/// reset_after, (3 units): gates z, r, h. State: h.
class NAMESAKE_API GRUCellBody : public GatedCellBody {
 public:
  static constexpr std::string_view kClassName = "GRUCell";
  using Options = GRUCellOptions;
  static void config(Options& o, ConfigFields& f);
  explicit GRUCellBody(Options options);
  void build(const Shape& step) override;
  [[nodiscard]] CellRun start(const Tensor& x, bool training) override;
  [[nodiscard]] Tensors step(const Tensor& projected, const Tensors& states, const CellRun& run) override;

 private:
  Options options_;
};

class NAMESAKE_API GRUBody : public RecurrentBody {
 public:
  static constexpr std::string_view kClassName = "GRU";
  using Options = GRUOptions;
  static void config(Options& o, ConfigFields& f);
  explicit GRUBody(const Options& options);
};

}  // namespace nn

using GRUCell = LayerOf<nn::GRUCellBody>;
using GRU = LayerOf<nn::GRUBody>;

}  // namespace namesake
