// GroupQueryAttention: MultiHeadAttention in which several heads of the query share one of key and value (Ainslie and others, 2023).
//   const GroupQueryAttention gqa({.head_dim = 64, .num_query_heads = 8, .num_key_value_heads = 2});      Calls: head_attention.h.
// Keras exports its class GroupedQueryAttention under this name, and uses both: `.keras` files have the one, `.h5` files the other.
#pragma once

#include "namesake/nn/layers/head_attention.h"

namespace namesake {

struct GroupQueryAttentionOptions {
  std::int64_t head_dim = 1;
  std::int64_t num_query_heads = 1;  // a multiple of num_key_value_heads
  std::int64_t num_key_value_heads = 1;
  bool use_bias = true;
  bool use_gate = false;                                      // the heads' outputs times sigmoid(a projection of the query)
  std::optional<std::int64_t> sliding_window = std::nullopt;  // a query sees places less than this away
  double dropout = 0.0;                                       // of the scores
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};  // of each projection, and of the output
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::optional<std::int64_t> seed = std::nullopt;  // of the dropout
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Query (batch, query length, features), value and key (batch, value length, features): output as the query.
class NAMESAKE_API GroupedQueryAttentionBody : public HeadAttentionBody {
 public:
  static constexpr std::string_view kClassName = "GroupedQueryAttention";
  using Options = GroupQueryAttentionOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for sizes below 1, heads that cannot be shared out, and a dropout that is no probability.
  explicit GroupedQueryAttentionBody(Options options);

 protected:
  void make_parts(const Shape& query, const Shape& value, const Shape& key) override;

 private:
  Options options_;
};

}  // namespace nn

using GroupQueryAttention = HeadAttentionOf<nn::GroupedQueryAttentionBody>;

}  // namespace namesake
