#include "namesake/nn/layers/attention.h"

#include <fmt/format.h>

#include <array>
#include <numeric>

#include "namesake/base/error.h"
#include "namesake/nn/layers/call_inputs.h"
#include "namesake/nn/layers/causal_mask.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/softmax.h"

namespace namesake::nn {
namespace {

constexpr std::array<std::string_view, 5> kParameters = {"inputs", "mask", "training", "return_attention_scores", "use_causal_mask"};

// The last two axes of x change places.
Tensor turned(const Tensor& x) {
  std::vector<std::int64_t> axes(static_cast<std::size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return transpose(x, axes);
}

// Each query and each key together: (batch..., query length, value length, features).
Tensor pairs_of(const Tensor& query, const Tensor& key) { return expand_dims(query, -2) + expand_dims(key, -3); }

// As Keras: `mask` (batch, value length) for all queries, or (batch, query length, value length).
Tensor masked(const Tensor& scores, Tensor mask) {
  if (mask.rank() == 2) mask = expand_dims(mask, -2);
  return where(logical_not(mask), scores - (scores.dtype() == DType::kFloat16 ? 65504.0 : 1e9), scores);
}

}  // namespace

CallOptions dense_attention_call(const Tensors& inputs, const AttentionArguments& arguments, bool scores) {
  CallArguments given{.positional = inputs.size(), .list = true};
  if (scores) given.values.add("return_attention_scores", true);
  if (arguments.use_causal_mask) given.values.add("use_causal_mask", true);
  return {arguments.training, std::make_shared<const CallArguments>(std::move(given))};
}

// ---- what both share

DenseAttentionBody::DenseAttentionBody(double dropout, std::optional<std::int64_t> seed) : dropout_(checked_rate(*this, dropout)) {
  set_supports_masking(true);
  if (dropout_ > 0) seeds_.emplace(*this, seed);
}

std::span<const std::string_view> DenseAttentionBody::call_parameters() const { return kParameters; }

void DenseAttentionBody::build_many(std::span<const Shape> inputs) {
  const bool fits = inputs.size() >= 2 && inputs.size() <= 3 && inputs[0].rank() >= 2 && inputs[0].back() >= 0;
  if (!fits) {
    refuse_input("a list {query, value} or {query, value, key} of (batch, length, features)",
                 inputs.empty() ? "no input" : fmt::format("{} inputs, the first {}", inputs.size(), to_string(inputs[0])));
  }
  make_weights(inputs[0]);
}

Tensors DenseAttentionBody::compute_mask(const Tensors&, const Tensors& masks) { return {masks[0], Tensor()}; }

Tensors DenseAttentionBody::call_many(const Tensors& inputs, CallContext& context) {
  const CallInputs given({}, inputs.size(), context.arguments());
  const Tensor &query = inputs.at(0), &value = inputs.at(1), &key = inputs.size() > 2 ? inputs[2] : value;
  Tensor scores = scores_of(query, key);
  Tensor mask = value.mask();
  if (given.flag("use_causal_mask")) {
    const Tensor causal = causal_mask(query, value, -2);
    mask = mask.defined() ? logical_and(expand_dims(mask, -2), causal) : causal;
  }
  if (mask.defined()) scores = masked(scores, mask);
  const Tensor weights = softmax(scores);
  const bool drops = context.training() && seeds_ && !only_infers(weights);
  Tensor output = matmul(drops ? dropped(weights, dropout_, weights.shape(), *seeds_) : weights, value);
  if (query.has_mask()) output = where(expand_dims(query.mask(), -1), output, ops::number_beside(0.0, output));
  return given.flag("return_attention_scores") ? Tensors{output, weights} : Tensors{output};
}

// ---- Attention

void AttentionBody::config(Options& o, ConfigFields& f) {
  f("use_scale", o.use_scale);
  f("score_mode", o.score_mode);
  f("dropout", o.dropout);
  f("seed", o.seed);
}

AttentionBody::AttentionBody(Options options) : DenseAttentionBody(options.dropout, options.seed), options_(std::move(options)) {
  if (options_.score_mode == "dot" || options_.score_mode == "concat") return;
  throw InvalidArgument({.subject = "score_mode",
                         .what = "Attention got a score_mode that it does not know.",
                         .expected = "\"dot\" or \"concat\"",
                         .received = options_.score_mode,
                         .places = {{"here", site(), {}, {}}}});
}

void AttentionBody::make_weights(const Shape&) {
  if (options_.use_scale) scale_ = add_weight({.name = "scale", .initializer = "ones"});
  if (options_.score_mode == "concat") concat_score_weight_ = add_weight({.name = "concat_score_weight", .initializer = "ones"});
}

Tensor AttentionBody::scores_of(const Tensor& query, const Tensor& key) const {
  if (!concat_score_weight_.defined()) {
    const Tensor scores = matmul(query, turned(key));
    return scale_.defined() ? scores * scale_.value() : scores;
  }
  const Tensor pairs = pairs_of(query, key);
  return concat_score_weight_.value() * sum(tanh(scale_.defined() ? scale_.value() * pairs : pairs), -1);
}

// ---- AdditiveAttention

void AdditiveAttentionBody::config(Options& o, ConfigFields& f) {
  f("use_scale", o.use_scale);
  f("dropout", o.dropout);
  f("seed", o.seed);
}

AdditiveAttentionBody::AdditiveAttentionBody(Options options) : DenseAttentionBody(options.dropout, options.seed), options_(std::move(options)) {}

void AdditiveAttentionBody::make_weights(const Shape& query) {
  if (options_.use_scale) scale_ = add_weight({.name = "scale", .shape = {query.back()}, .initializer = "glorot_uniform"});
}

Tensor AdditiveAttentionBody::scores_of(const Tensor& query, const Tensor& key) const {
  const Tensor pairs = tanh(pairs_of(query, key));
  return sum(scale_.defined() ? scale_.value() * pairs : pairs, -1);
}

}  // namespace namesake::nn
