#include "namesake/nn/layers/applications.h"

#include <fmt/format.h>

#include "namesake/nn/layers/dropout.h"
#include "namesake/ops/math.h"

namespace namesake::nn {

void LayerScaleBody::config(Options& o, ConfigFields& f) {
  f("init_values", o.init_values);
  f("projection_dim", o.projection_dim);
}

void LayerScaleBody::build(const Shape& input) {
  const std::int64_t channels = input.rank() > 0 ? input[input.rank() - 1] : 1;
  if (options_.projection_dim < 1 || channels != options_.projection_dim) {
    refuse_input(fmt::format("{} channels in the last axis, which is projection_dim", options_.projection_dim), to_string(input));
  }
  gamma_ = add_weight({.name = "gamma", .shape = {channels}, .initializer = Constant({.value = options_.init_values})});
}

Tensor LayerScaleBody::call(const Tensor& x, CallContext&) { return x * gamma_.value(); }

void StochasticDepthBody::config(Options& o, ConfigFields& f) { f("drop_path_rate", o.drop_path_rate); }

StochasticDepthBody::StochasticDepthBody(const Options& options) : rate_(checked_rate(*this, options.drop_path_rate)), seeds_(*this, std::nullopt) {}

Tensor StochasticDepthBody::call(const Tensor& x, CallContext& context) {
  if (!context.training() || rate_ == 0 || only_infers(x)) return x;
  Shape row({x.shape()[0]});
  for (int axis = 1; axis < x.rank(); ++axis) row.push_back(1);
  return dropped(x, rate_, row, seeds_);
}

void CustomScaleLayerBody::config(Options& o, ConfigFields& f) { f("scale", o.scale); }

CustomScaleLayerBody::CustomScaleLayerBody(const Options& options) : scale_(options.scale) { set_supports_masking(false); }

void CustomScaleLayerBody::build_many(std::span<const Shape> inputs) {
  if (inputs.size() != 2) refuse_inputs("two inputs", inputs);
  MergeBody::build_many(inputs);
}

Tensors CustomScaleLayerBody::compute_mask(const Tensors&, const Tensors&) { return {Tensor()}; }

Tensor CustomScaleLayerBody::merge(const Tensors& inputs) { return inputs.at(0) + inputs.at(1) * scale_; }

}  // namespace namesake::nn
