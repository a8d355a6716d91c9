#include "namesake/nn/layers/head_attention.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/nn/layers/call_inputs.h"
#include "namesake/nn/layers/causal_mask.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/ops/create.h"
#include "namesake/ops/einsum.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/softmax.h"

namespace namesake::nn {
namespace {

constexpr std::array<std::string_view, 10> kParameters = {"query",          "value",
                                                          "key",            "query_mask",
                                                          "value_mask",     "key_mask",
                                                          "attention_mask", "return_attention_scores",
                                                          "training",       "use_causal_mask"};

// What Keras's dot_product_attention puts in place of masked scores.
constexpr double kLargeNegative = -0.7 * 3.38953e38;

// Axes of size 1 for the heads, and whatever stands between batch and attention axes.
Tensor with_rank(Tensor mask, int rank, int attention_axes) {
  while (mask.rank() < rank) mask = expand_dims(mask, -2 * attention_axes - 1);
  return mask;
}

Tensor both(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? logical_and(a, b) : a;
}

Tensor as_bool(const Tensor& mask) { return mask.defined() ? cast(mask, DType::kBool) : mask; }

}  // namespace

std::pair<Tensors, CallOptions> head_attention_call(const Tensor& query, const Tensor& value, const HeadAttentionArguments& arguments, bool scores) {
  Tensors inputs = {query, value};
  CallArguments given{.positional = 2};
  const auto add = [&](std::string_view name, const Tensor& tensor) {
    if (!tensor.defined()) return;
    given.named.push_back({std::string(name), inputs.size()});
    inputs.push_back(tensor);
  };
  add("key", arguments.key);
  add("attention_mask", arguments.attention_mask);
  if (scores) given.values.add("return_attention_scores", true);
  if (arguments.use_causal_mask) given.values.add("use_causal_mask", true);
  return {std::move(inputs), CallOptions{arguments.training, std::make_shared<const CallArguments>(std::move(given))}};
}

CallOptions by_position(const Tensors& inputs, CallOptions options) {
  if (!options.arguments) options.arguments = std::make_shared<const CallArguments>(CallArguments{.positional = inputs.size()});
  return options;
}

std::span<const std::string_view> HeadAttentionBody::call_parameters() const { return kParameters; }

Tensors HeadAttentionBody::compute_mask(const Tensors&, const Tensors&) { return {}; }

void HeadAttentionBody::build_call(std::span<const Shape> inputs, const CallArguments* arguments) {
  const CallInputs given(kParameters, inputs.size(), arguments);
  const auto shape_of_input = [&](std::string_view name) { return given.has(name) ? inputs[given.place(name)] : Shape(); };
  const Shape query = shape_of_input("query"), value = shape_of_input("value");
  const Shape key = given.has("key") ? shape_of_input("key") : value;
  const auto fits = [&](const Shape& shape) { return shape.known_rank() && shape.rank() == query.rank() && shape.back() >= 0; };
  bool alike = query.rank() >= 3 && fits(query) && fits(value) && fits(key);
  for (int axis = 1; alike && axis + 1 < value.rank(); ++axis) alike = value[axis] < 0 || key[axis] < 0 || value[axis] == key[axis];
  if (!alike) {
    refuse_input("query (batch, query length, features) and value (batch, value length, features), of as many axes, and a key that differs from the "
                 "value in its features alone",
                 fmt::format("query {}, value {}, key {}", to_string(query), to_string(value), to_string(key)));
  }
  make_parts(query, value, key);
}

// As Keras 3 does: the query's mask for rows of scores, those of value and key for columns.
Tensor HeadAttentionBody::combined_mask(const Tensors& inputs, const CallArguments* arguments) const {
  const CallInputs given(kParameters, inputs.size(), arguments);
  const auto tensor = [&](std::string_view name) { return given.has(name) ? inputs[given.place(name)] : Tensor(); };
  const auto mask_of = [&](std::string_view name, bool argument) {
    const std::string mask_name = fmt::format("{}_mask", name);
    if (argument && given.has(mask_name)) return as_bool(tensor(mask_name));
    return given.has(name) ? as_bool(tensor(name).mask()) : Tensor();
  };
  const Tensor query = tensor("query"), value = tensor("value");
  const Tensor query_mask = mask_of("query", plan_.uses_query_mask), value_mask = mask_of("value", true), key_mask = mask_of("key", true);
  Tensor mask = as_bool(tensor("attention_mask"));
  if (query_mask.defined()) mask = both(mask, expand_dims(query_mask, -1));  // (batch, query length, 1)
  if (value_mask.defined()) mask = both(mask, expand_dims(value_mask, -2));  // (batch, 1, value length)
  if (key_mask.defined()) mask = both(mask, expand_dims(key_mask, -2));
  if (given.flag("use_causal_mask")) mask = both(mask, causal_mask(query, value));
  if (plan_.sliding_window > 0) mask = both(mask, band_mask(query, value, plan_.sliding_window));
  return mask;
}

// What Keras does where it needs neither the scores nor noise on them: the softmax in float32 at least, and no exception for rows that
// are masked as wholes.
Tensor HeadAttentionBody::scaled_dot_product(const Tensor& query, const Tensor& key, const Tensor& value, Tensor mask) const {
  const Tensor product = einsum(plan_.scores_equation, {key, query});
  Tensor scores = cast(product, ops::result_type(product.dtype(), DType::kFloat32)) * plan_.scale;
  if (mask.defined()) scores = where(with_rank(std::move(mask), 4, 1), scores, ops::number_beside(kLargeNegative, scores));
  return einsum(plan_.combine_equation, {cast(softmax(scores), key.dtype()), value});
}

Tensor HeadAttentionBody::masked_softmax(const Tensor& scores, Tensor mask) const {
  if (mask.defined()) scores.set_mask(with_rank(std::move(mask), scores.rank(), plan_.attention_axes));
  return softmax_(scores);
}

Tensors HeadAttentionBody::call_many(const Tensors& inputs, CallContext& context) {
  const CallInputs given(kParameters, inputs.size(), context.arguments());
  const Tensor whole_query = inputs.at(given.place("query")), whole_value = inputs.at(given.place("value"));
  const Tensor whole_key = given.has("key") ? inputs.at(given.place("key")) : whole_value;
  const Tensor mask = combined_mask(inputs, context.arguments()), query_mask = whole_query.mask();
  if (plan_.takes_masks_away && !only_infers(whole_query)) {
    for (const Tensor& x : {whole_query, whole_value, whole_key}) x.set_mask(Tensor());
  }
  const Tensor gate = gate_dense_ ? gate_dense_(whole_query) : Tensor();
  const Tensor query = query_dense_(whole_query);  // (batch, query length, heads, key_dim)
  Tensor key = key_dense_(whole_key), value = value_dense_(whole_value);
  if (plan_.repeats > 1) {
    key = repeat(key, plan_.repeats, 2);
    value = repeat(value, plan_.repeats, 2);
  }
  const bool with_scores = given.flag("return_attention_scores");
  Tensor scores, output;
  if (plan_.dropout == 0 && !with_scores && query.rank() == 4) {
    output = scaled_dot_product(query, key, value, mask);
  } else {
    scores = masked_softmax(einsum(plan_.scores_equation, {key, query * plan_.scale}), mask);
    output = einsum(plan_.combine_equation, {plan_.dropout > 0 ? dropout_(scores) : scores, value});
  }
  output = output_dense_(gate.defined() ? output * gate : output);
  if (query_mask.defined()) output.set_mask(query_mask);
  return with_scores ? Tensors{output, scores} : Tensors{output};
}

}  // namespace namesake::nn
