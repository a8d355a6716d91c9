// Attention (Luong) and AdditiveAttention (Bahdanau): queries look at values through keys, without projections.
//   Tensor y = Attention({.use_scale = true})({query, value}, {.use_causal_mask = true});
//   const auto [out, scores] = attention.with_scores({query, value, key});
#pragma once

#include <optional>
#include <utility>

#include "namesake/nn/layers/head_attention.h"
#include "namesake/nn/seed_generator.h"

namespace namesake {

struct AttentionOptions {
  bool use_scale = false;          // the scores times the weight "scale"
  std::string score_mode = "dot";  // or "concat": the weight "concat_score_weight" times the sum of tanh(query + key)
  double dropout = 0.0;            // of the scores
  std::optional<std::int64_t> seed = std::nullopt;
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};
struct AdditiveAttentionOptions {
  bool use_scale = true;  // the weight "scale", one number for each feature
  double dropout = 0.0;
  std::optional<std::int64_t> seed = std::nullopt;
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

/// What a call may be told beyond its inputs. The masks of query and value (Tensor::mask) are used as in Keras.
struct AttentionArguments {
  bool use_causal_mask = false;
  std::optional<bool> training = std::nullopt;
};

namespace nn {

/// Inputs {query (batch..., query length, features), value (batch..., value length, sizes)}, or key (as the value) third: softmax of scores
/// times value, (batch..., query length, sizes); 0 where the query is masked.
class NAMESAKE_API DenseAttentionBody : public LayerBase {
 public:
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override;
  void build_many(std::span<const Shape> inputs) override;
  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  /// The query's, of the first output.
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 protected:
  /// Throws InvalidArgument unless dropout is a probability.
  DenseAttentionBody(double dropout, std::optional<std::int64_t> seed);
  virtual void make_weights(const Shape& query) = 0;
  /// (batch..., query length, value length)
  [[nodiscard]] virtual Tensor scores_of(const Tensor& query, const Tensor& key) const = 0;

 private:
  double dropout_;
  std::optional<SeedGenerator> seeds_;  // as in Keras: none without dropout
};

class NAMESAKE_API AttentionBody : public DenseAttentionBody {
 public:
  static constexpr std::string_view kClassName = "Attention";
  using Options = AttentionOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument for another score_mode.
  explicit AttentionBody(Options options);

 protected:
  void make_weights(const Shape& query) override;
  [[nodiscard]] Tensor scores_of(const Tensor& query, const Tensor& key) const override;

 private:
  Options options_;
  Variable scale_, concat_score_weight_;
};

class NAMESAKE_API AdditiveAttentionBody : public DenseAttentionBody {
 public:
  static constexpr std::string_view kClassName = "AdditiveAttention";
  using Options = AdditiveAttentionOptions;
  static void config(Options& o, ConfigFields& f);
  explicit AdditiveAttentionBody(Options options);

 protected:
  void make_weights(const Shape& query) override;
  [[nodiscard]] Tensor scores_of(const Tensor& query, const Tensor& key) const override;

 private:
  Options options_;
  Variable scale_;
};

[[nodiscard]] NAMESAKE_API CallOptions dense_attention_call(const Tensors& inputs, const AttentionArguments& arguments, bool scores);

}  // namespace nn

/// The handle of such a layer.
template <class Body>
struct DenseAttentionOf : LayerOf<Body> {
  using LayerOf<Body>::LayerOf;

  Tensor operator()(const Tensors& inputs, const AttentionArguments& arguments = {}, Site site = Site::current()) const {
    return this->body_->invoke_many(inputs, nn::dense_attention_call(inputs, arguments, false), site).at(0);
  }
  /// With `return_attention_scores`.
  AttentionWithScores with_scores(const Tensors& inputs, const AttentionArguments& arguments = {}, Site site = Site::current()) const {
    const Tensors outputs = this->body_->invoke_many(inputs, nn::dense_attention_call(inputs, arguments, true), site);
    return {outputs.at(0), outputs.at(1)};
  }
};

using Attention = DenseAttentionOf<nn::AttentionBody>;
using AdditiveAttention = DenseAttentionOf<nn::AdditiveAttentionBody>;

}  // namespace namesake
