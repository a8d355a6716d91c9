#include "namesake/nn/layers/time_distributed.h"

#include <algorithm>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/layer_field.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/shaping.h"

namespace namesake::nn {
namespace {

// `x` with the first `gone` of its axes replaced by the sizes `first`, which are numbers (-1: left over) if `like` is not given, and the
// sizes of like's first two axes if it is.
Tensor with_first_axes(const Tensor& x, int gone, const Shape& first, const Tensor& like) {
  Shape sizes = first;
  for (const std::int64_t size : x.shape().sizes().subspan(static_cast<std::size_t>(gone))) sizes.push_back(size);
  if (std::count(sizes.sizes().begin(), sizes.sizes().end(), Shape::kOpen) <= 1) return reshape(x, sizes);
  const Tensor start = like.defined() ? slice_axis(shape_of(like), 0, 0, 2) : Tensor::of<std::int32_t>({-1}, {1});
  return ops::reshape_to(x, concatenate({start, slice_axis(shape_of(x), 0, gone, x.rank())}, 0));
}

// (batch, time, ...) as (batch * time, ...).
Tensor folded(const Tensor& x) {
  const Shape& shape = x.shape();
  const bool open = shape[0] == Shape::kOpen || shape[1] == Shape::kOpen;
  return with_first_axes(x, 2, {open ? Shape::kOpen : shape[0] * shape[1]}, {});
}

// A layer below whose numbers change in training by other ways than an optimizer's: batch normalization.
bool has_moving_state(const LayerBase& layer) {
  const auto& weights = layer.own_weights();
  const auto& children = layer.children();
  return std::any_of(weights.begin(), weights.end(), [](const Variable& weight) { return !weight.trainable(); }) ||
         std::any_of(children.begin(), children.end(), [](const ChildLayer& child) { return has_moving_state(*child.layer); });
}

}  // namespace

void TimeDistributedBody::config(Options& o, ConfigFields& f) { layer_field(f, "layer", o.layer); }

TimeDistributedBody::TimeDistributedBody(const Options& options)
    : layer_(add_layer("layer", given_layer(*this, "layer", options.layer), site())) {
  settle_children();
  set_supports_masking(true);
  set_takes_mask(true);
  if (!trainable()) set_trainable(false);
}

// Steps are rows to the layer, so all of them can go through it at once. In training, moments of a batch are those of one step in Keras 3.
Tensor TimeDistributedBody::call(const Tensor& x, CallContext& context) {
  if (x.rank() < 3) refuse_input("at least three axes: (batch, time, ...)", to_string(x.shape()));
  const bool by_steps = context.training() && x.shape()[1] >= 1 && has_moving_state(*layer_.ptr());
  return by_steps ? step_by_step(x) : all_at_once(x);
}

Tensor TimeDistributedBody::all_at_once(const Tensor& x) const {
  Tensor rows = folded(x);
  if (x.has_mask() && x.mask().rank() >= 2) rows.set_mask(folded(x.mask()));
  const Tensor y = layer_(rows, {}, site());  // (batch * time, ...)
  return with_first_axes(y, 1, {x.shape()[0], x.shape()[1]}, x);
}

Tensor TimeDistributedBody::step_by_step(const Tensor& x) const {
  std::vector<Tensor> steps;
  for (std::int64_t i = 0; i < x.shape()[1]; ++i) {
    Tensor step = take_one(x, 1, i);
    if (x.has_mask() && x.mask().rank() >= 2) step.set_mask(take_one(x.mask(), 1, i));
    steps.push_back(layer_(step, {}, site()));
  }
  return stack(steps, 1);
}

}  // namespace namesake::nn
