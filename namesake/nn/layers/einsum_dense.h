// EinsumDense: a dense layer along any axes: y = activation(einsum(equation, x, kernel) + bias).
//   EinsumDense({.equation = "abc,cd->abd", .output_shape = {-1, 64}, .bias_axes = "d"})
#pragma once

#include "namesake/nn/activations.h"
#include "namesake/nn/layer_of.h"

namespace namesake {

struct EinsumDenseOptions {
  std::string equation = "";  // "input,kernel->output"; "..." may begin or end both input and output
  Shape output_shape = {};    // without the batch axis and those of "..."; -1: as the input's
  ActivationFunction activation = "linear";
  std::string bias_axes = "";  // letters of the output that the bias has; "": no bias
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Weights: kernel, of the sizes that the equation gives it; bias, of sizes of the output, 1 where bias_axes leaves a letter out.
class NAMESAKE_API EinsumDenseBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "EinsumDense";
  using Options = EinsumDenseOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for an equation of another form.
  explicit EinsumDenseBody(Options options);
  void build(const Shape& input) override;
  Tensor call(const Tensor& x, CallContext& context) override;

 private:
  struct Equation {
    std::string input, kernel, output;  // letters
    bool open_left = false, open_right = false;  // where "..." stands
  };
  [[nodiscard]] Equation parsed() const;
  [[nodiscard]] Shape full_output(const Shape& input, int open_axes) const;
  void check_shared(const Shape& input, const Shape& output, int skipped) const;
  void make_kernel(const Shape& input, const Shape& output, int open_axes);
  void make_bias(const Shape& output, int open_axes);

  Options options_;
  Equation equation_;
  Variable kernel_, bias_;
};

}  // namespace nn

using EinsumDense = LayerOf<nn::EinsumDenseBody>;

}  // namespace namesake
