#include "namesake/nn/layers/grouped_query_attention.h"

#include <fmt/format.h>

#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/layers/advanced_activations.h"
#include "namesake/nn/layers/head_projection.h"
#include "namesake/nn/layers/spatial.h"

namespace namesake::nn {

void GroupedQueryAttentionBody::config(Options& o, ConfigFields& f) {
  f("head_dim", o.head_dim);
  f("num_query_heads", o.num_query_heads);
  f("num_key_value_heads", o.num_key_value_heads);
  f("use_bias", o.use_bias);
  f("use_gate", o.use_gate);
  f("sliding_window", o.sliding_window);
  f("dropout", o.dropout);
  projection_fields(o, f);
  f("seed", o.seed);
}

GroupedQueryAttentionBody::GroupedQueryAttentionBody(Options options) : options_(std::move(options)) {
  const Options& o = options_;
  check_sizes(*this, "head_dim", Sizes1D(o.head_dim));
  check_sizes(*this, "num_query_heads", Sizes1D(o.num_query_heads));
  check_sizes(*this, "num_key_value_heads", Sizes1D(o.num_key_value_heads));
  check_sizes(*this, "sliding_window", Sizes1D(o.sliding_window.value_or(1)));
  static_cast<void>(checked_rate(*this, o.dropout));
  if (o.num_query_heads % o.num_key_value_heads == 0) return;
  throw InvalidArgument({.subject = "num_query_heads",
                         .what = "GroupQueryAttention cannot share out its heads.",
                         .expected = "a num_query_heads that is a multiple of num_key_value_heads",
                         .received = fmt::format("num_query_heads = {}, num_key_value_heads = {}", o.num_query_heads, o.num_key_value_heads),
                         .places = {{"here", site(), {}, {}}}});
}

void GroupedQueryAttentionBody::make_parts(const Shape& query, const Shape& value, const Shape& key) {
  const Options& o = options_;
  if (query.rank() != 3 || query.back() != value.back()) {
    refuse_input("a query (batch, query length, features) and a value (batch, value length, features) of as many features",
                 fmt::format("query {}, value {}", to_string(query), to_string(value)));
  }
  const auto of_query = [&](std::string_view name, std::string_view activation = "linear") {
    return projection_of(*this, o, name, "bqm,muh->bquh", {Shape::kOpen, o.num_query_heads, o.head_dim}, "uh", activation);
  };
  const auto of_value = [&](std::string_view name) {
    return projection_of(*this, o, name, "bkm,mvh->bkvh", {Shape::kOpen, o.num_key_value_heads, o.head_dim}, "vh");
  };
  query_dense_ = add_layer("_query_dense", of_query("query"));
  key_dense_ = add_layer("_key_dense", of_value("key"));
  if (o.use_gate) gate_dense_ = add_layer("_gate_dense", of_query("gate", "sigmoid"));
  value_dense_ = add_layer("_value_dense", of_value("value"));
  softmax_ = add_layer("_softmax", Softmax({.dtype = dtype_policy()}));
  dropout_ = add_layer("_dropout_layer", Dropout({.rate = o.dropout, .seed = o.seed, .dtype = dtype_policy()}));
  output_dense_ = add_layer("_output_dense", projection_of(*this, o, "attention_output", "bquh,uhm->bqm", {Shape::kOpen, query.back()}, "m"));
  plan_ = {.scores_equation = "bkuh,bquh->buqk",
           .combine_equation = "buqk,bkuh->bquh",
           .repeats = o.num_query_heads / o.num_key_value_heads,
           .scale = 1 / std::sqrt(static_cast<double>(o.head_dim)),
           .dropout = o.dropout,
           .sliding_window = o.sliding_window.value_or(0)};

  query_dense_.build(query);
  key_dense_.build(key);
  if (gate_dense_) gate_dense_.build(query);
  value_dense_.build(value);
  const Shape heads = {query[0], query[1], o.num_query_heads, o.head_dim};
  output_dense_.build(heads);
  softmax_.build(heads);
  dropout_.build(heads);
}

}  // namespace namesake::nn
