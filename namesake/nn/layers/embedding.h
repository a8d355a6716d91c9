// Embedding: a trained vector for each integer.   Embedding({.input_dim = 1000, .output_dim = 16, .mask_zero = true})
#pragma once

#include "namesake/nn/layer_of.h"

namespace namesake {

struct EmbeddingOptions {
  std::int64_t input_dim = 1;   // how many integers there are: 0 to input_dim - 1
  std::int64_t output_dim = 1;  // the length of the vectors
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint embeddings_constraint = {};
  bool mask_zero = false;  // the output's mask is false where the integer is 0
  Shape input_shape = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Input (...) of integers (fractions are cut), output (..., output_dim). Weight: embeddings (input_dim, output_dim).
class NAMESAKE_API EmbeddingBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Embedding";
  using Options = EmbeddingOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless both dims are above 0.
  explicit EmbeddingBody(Options options);
  void build(const Shape& input) override;
  /// Throws InvalidArgument for an integer that is not there.
  Tensor call(const Tensor& x, CallContext& context) override;
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 private:
  Options options_;
  Variable embeddings_;
};

}  // namespace nn

using Embedding = LayerOf<nn::EmbeddingBody>;

}  // namespace namesake
