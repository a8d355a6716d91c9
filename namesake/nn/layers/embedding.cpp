#include "namesake/nn/layers/embedding.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"

namespace namesake::nn {

void EmbeddingBody::config(Options& o, ConfigFields& f) {
  f("input_dim", o.input_dim);
  f("output_dim", o.output_dim);
  f("embeddings_initializer", o.embeddings_initializer);
  f("embeddings_regularizer", o.embeddings_regularizer);
  f("activity_regularizer", o.activity_regularizer);
  f("embeddings_constraint", o.embeddings_constraint);
  f("mask_zero", o.mask_zero);
  f.ignore("input_length");  // of Keras 2
}

EmbeddingBody::EmbeddingBody(Options options) : options_(std::move(options)) {
  if (options_.mask_zero) set_makes_mask(true);
  set_autocasts(false);  // integers that come as floats must not lose digits
  if (options_.input_dim > 0 && options_.output_dim > 0) return;
  throw InvalidArgument({.subject = options_.input_dim > 0 ? "output_dim" : "input_dim",
                         .what = "Embedding needs positive dimensions.",
                         .expected = "input_dim >= 1, output_dim >= 1",
                         .received = fmt::format("input_dim = {}, output_dim = {}", options_.input_dim, options_.output_dim),
                         .places = {{"here", site(), {}, {}}}});
}

void EmbeddingBody::build(const Shape&) {
  embeddings_ = add_weight({.name = "embeddings",
                            .shape = {options_.input_dim, options_.output_dim},
                            .initializer = options_.embeddings_initializer,
                            .regularizer = options_.embeddings_regularizer,
                            .constraint = options_.embeddings_constraint});
}

Tensor EmbeddingBody::call(const Tensor& x, CallContext&) {
  const bool whole = x.dtype() == DType::kInt32 || x.dtype() == DType::kInt64;
  return cast(take(embeddings_, whole ? x : cast(x, DType::kInt32), 0), compute_dtype());
}

Tensors EmbeddingBody::compute_mask(const Tensors& inputs, const Tensors&) { return {not_equal(inputs.at(0), 0)}; }

}  // namespace namesake::nn
