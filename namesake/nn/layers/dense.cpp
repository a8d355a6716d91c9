#include "namesake/nn/layers/dense.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/bias.h"

namespace namesake::nn {

void DenseBody::config(Options& o, ConfigFields& f) {
  f("units", o.units);
  f("activation", o.activation);
  f("use_bias", o.use_bias);
  f("kernel_initializer", o.kernel_initializer);
  f("bias_initializer", o.bias_initializer);
  f("kernel_regularizer", o.kernel_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  f("kernel_constraint", o.kernel_constraint);
  f("bias_constraint", o.bias_constraint);
}

DenseBody::DenseBody(Options options) : options_(std::move(options)) {
  set_supports_masking(true);
  if (options_.units < 1) {
    throw InvalidArgument({.subject = "units",
                           .what = "Dense needs a positive number of units.",
                           .expected = "units >= 1",
                           .received = fmt::format("units = {}", options_.units),
                           .places = {{"here", site(), {}, {}}}});
  }
}

void DenseBody::build(const Shape& input) {
  if (input.rank() < 2 || input.back() < 0) {
    refuse_input("a shape (batch, ..., n) whose last size is known", to_string(input),
                 input.rank() == 1 ? "give the rows a batch axis: (1, n)" : "");
  }
  kernel_ = add_weight(kernel_of(options_, {input.back(), options_.units}));
  if (!options_.use_bias) return;
  bias_ = add_weight(bias_of(options_, {options_.units}));
}

Tensor DenseBody::call(const Tensor& x, CallContext&) {
  if (x.shape().known_rank() && x.shape().back() >= 0 && x.shape().back() != kernel_.shape()[0]) {
    refuse_input(fmt::format("a shape (batch, ..., {})", kernel_.shape()[0]), to_string(x.shape()));
  }
  Tensor y = matmul(is_floating(x.dtype()) ? x : cast(x, compute_dtype()), kernel_);
  if (options_.use_bias) y = bias_add(y, bias_);
  return options_.activation(y);
}

}  // namespace namesake::nn
