#include "namesake/nn/layers/masking.h"

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"

namespace namesake::nn {

void MaskingBody::config(Options& o, ConfigFields& f) { f("mask_value", o.mask_value); }

MaskingBody::MaskingBody(const Options& options) : mask_value_(options.mask_value) { set_makes_mask(true); }

Tensor MaskingBody::call(const Tensor& x, CallContext&) {
  return where(any(not_equal(x, mask_value_), -1, true), x, ops::number_beside(0.0, x));
}

Tensors MaskingBody::compute_mask(const Tensors& inputs, const Tensors&) { return {any(not_equal(inputs.at(0), mask_value_), -1)}; }

void ActivityRegularizationBody::config(Options& o, ConfigFields& f) {
  f("l1", o.l1);
  f("l2", o.l2);
}

ActivityRegularizationBody::ActivityRegularizationBody(const Options& options) {
  set_supports_masking(true);
  set_activity_regularizer(L1L2{.l1 = options.l1, .l2 = options.l2});
}

JsonValue ActivityRegularizationBody::config(std::string_view name) const {
  JsonValue config = LayerBase::config(name);
  config.erase("activity_regularizer");  // it is l1 and l2
  return config;
}

}  // namespace namesake::nn
