// What MultiHeadAttention and GroupQueryAttention share: the form of a call, the masks of it, and the computation between the projections.
//   Tensor y = mha(query, value);   mha(query, value, {.key = key, .use_causal_mask = true});   mha(Tensors{query, value, key});
//   const auto [out, scores] = mha.with_scores(query, value);
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namesake/nn/layer_of.h"

namespace namesake {

/// What a call may be told beyond `query` and `value`. The masks of these tensors (Tensor::mask) are used as in Keras.
struct HeadAttentionArguments {
  Tensor key = {};             // left out: `value` is the key too
  Tensor attention_mask = {};  // (batch, query length, value length), true where a query may look; axes of size 1 broadcast
  bool use_causal_mask = false;
  std::optional<bool> training = std::nullopt;
};

/// The two outputs of a call that is asked for its scores.
struct AttentionWithScores {
  Tensor output;
  Tensor scores;  // (batch, heads, query length, value length)
};

namespace nn {

/// The sub-layers, which build() makes, and how the tensors between them meet.
class NAMESAKE_API HeadAttentionBody : public LayerBase {
 public:
  void build_call(std::span<const Shape> inputs, const CallArguments* arguments) override;
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override;
  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  /// None: the call gives its output the query's mask itself.
  [[nodiscard]] Tensors compute_mask(const Tensors& inputs, const Tensors& masks) override;

 protected:
  /// What a class decides when it is built, beside the sub-layers.
  struct Plan {
    std::string scores_equation;   // of key and query
    std::string combine_equation;  // of scores and value
    int attention_axes = 1;
    std::int64_t repeats = 1;      // heads of the query for each of key and value
    double scale = 1;              // of the scores
    double dropout = 0;
    std::int64_t sliding_window = 0;  // 0: none
    bool uses_query_mask = true;      // the argument `query_mask`: Keras's MultiHeadAttention looks at the tensor's mask alone
    bool takes_masks_away = false;    // from its inputs, when it runs
  };

  HeadAttentionBody() { set_supports_masking(true); }
  /// Makes plan_ and the layers below.
  virtual void make_parts(const Shape& query, const Shape& value, const Shape& key) = 0;

  Plan plan_;
  Layer query_dense_, key_dense_, value_dense_, gate_dense_, output_dense_, softmax_, dropout_;

 private:
  [[nodiscard]] Tensor combined_mask(const Tensors& inputs, const CallArguments* arguments) const;
  [[nodiscard]] Tensor masked_softmax(const Tensor& scores, Tensor mask) const;
  [[nodiscard]] Tensor scaled_dot_product(const Tensor& query, const Tensor& key, const Tensor& value, Tensor mask) const;
};

/// The arguments of a call with these, and its inputs.
[[nodiscard]] NAMESAKE_API std::pair<Tensors, CallOptions> head_attention_call(const Tensor& query, const Tensor& value,
                                                                               const HeadAttentionArguments& arguments, bool scores);
/// The same for {query, value} or {query, value, key} with the caller's options.
[[nodiscard]] NAMESAKE_API CallOptions by_position(const Tensors& inputs, CallOptions options);

}  // namespace nn

/// The handle of such a layer.
template <class Body>
struct HeadAttentionOf : LayerOf<Body> {
  using LayerOf<Body>::LayerOf;

  Tensor operator()(const Tensor& query, const Tensor& value, const HeadAttentionArguments& arguments = {}, Site site = Site::current()) const {
    auto call = nn::head_attention_call(query, value, arguments, false);
    return this->body_->invoke_many(call.first, std::move(call.second), site).at(0);
  }
  /// With `return_attention_scores`.
  AttentionWithScores with_scores(const Tensor& query, const Tensor& value, const HeadAttentionArguments& arguments = {},
                                  Site site = Site::current()) const {
    auto call = nn::head_attention_call(query, value, arguments, true);
    const Tensors outputs = this->body_->invoke_many(call.first, std::move(call.second), site);
    return {outputs.at(0), outputs.at(1)};
  }
  /// {query, value} or {query, value, key}.
  Tensor operator()(const Tensors& inputs, CallOptions options = {}, Site site = Site::current()) const {
    return this->body_->invoke_many(inputs, nn::by_position(inputs, std::move(options)), site).at(0);
  }
};

}  // namespace namesake
