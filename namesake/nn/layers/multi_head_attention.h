// MultiHeadAttention: queries look at values through keys, in several heads (Vaswani and others, 2017).
//   const MultiHeadAttention mha({.num_heads = 8, .key_dim = 64});
//   Tensor y = mha(x, x, {.use_causal_mask = true});      Calls: head_attention.h.
#pragma once

#include "namesake/nn/axis_list.h"
#include "namesake/nn/layers/head_attention.h"

namespace namesake {

struct MultiHeadAttentionOptions {
  std::int64_t num_heads = 1;
  std::int64_t key_dim = 1;                               // of each head's queries and keys
  std::optional<std::int64_t> value_dim = std::nullopt;   // of each head's values; left out: key_dim
  double dropout = 0.0;                                   // of the scores
  bool use_bias = true;
  bool use_gate = false;                                  // the heads' outputs times sigmoid(a projection of the query)
  Shape output_shape = {};                                // features of the output; left out: the query's
  AxisList attention_axes = {};                           // axes that queries look along; left out: all between batch and features
  std::optional<std::int64_t> sliding_window = std::nullopt;  // a query sees places less than this away
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};  // of each projection
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::optional<std::int64_t> seed = std::nullopt;  // of the dropout
  bool keeps_masks = false;  // of its inputs: Keras 2's layer leaves them there, Keras 3's takes them away as it runs
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// As in Keras 3, a layer that runs takes the masks of its inputs away: what uses these inputs after it sees none, as an Add of input and
/// output. Not so with keeps_masks, which is an option of ours, set for layers of Keras 2's files, and in no file.
/// Query (batch, query length, features), value and key (batch, value length, features): output as the query. Sub-layers `query`, `key`,
/// `gate`, `value` (kernels (features, heads, size), biases (heads, size)) and `attention_output`.
class NAMESAKE_API MultiHeadAttentionBody : public HeadAttentionBody {
 public:
  static constexpr std::string_view kClassName = "MultiHeadAttention";
  using Options = MultiHeadAttentionOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for sizes below 1 and a dropout that is no probability.
  explicit MultiHeadAttentionBody(Options options);
  /// Once built, with the attention axes that it found.
  [[nodiscard]] JsonValue config(std::string_view name) const override;

 protected:
  void make_parts(const Shape& query, const Shape& value, const Shape& key) override;

 private:
  Options options_;
  std::vector<std::int64_t> axes_;  // once built
};

}  // namespace nn

using MultiHeadAttention = HeadAttentionOf<nn::MultiHeadAttentionBody>;

}  // namespace namesake
