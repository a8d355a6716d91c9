// LayerBase::losses(): what calls and penalties on weights add to the loss.
#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/nn/layer.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/shaping.h"

namespace namesake {
namespace {

// Few layers and weights have losses: a search costs less than a set, and nothing at all if there are none.
template <class Seen>
bool first_time(Seen& seen, const void* what) {
  if (std::find(seen.begin(), seen.end(), what) != seen.end()) return false;
  seen.push_back(what);
  return true;
}

}  // namespace

void LayerBase::add_loss(const Tensor& loss) {
  if (!loss.defined()) throw InvalidArgument({.subject = name(), .what = "add_loss got a tensor without a value.", .expected = "a scalar"});
  if (!ops::tracing()) losses_.push_back(loss);  // those of the last real call stay
}

void LayerBase::clear_losses() {
  losses_.clear();
  for (const ChildLayer& child : children_) child.layer->clear_losses();
}

// Each penalty is divided by the number of rows, so that it does not grow with the batch.
void LayerBase::add_activity_losses(std::span<const Tensor> outputs) {
  for (const Tensor& output : outputs) {
    if (output.is_symbolic()) continue;
    const Tensor penalty = activity_regularizer_(output);
    if (output.rank() == 0) {
      add_loss(penalty);
    } else {
      add_loss(divide_no_nan(penalty, cast(Tensor(output.shape()[0]), penalty.dtype())));
    }
  }
}

void LayerBase::collect_call_losses(SeenOnce& seen, Tensors& found) const {
  if (!losses_.empty() && first_time(seen, this)) found.insert(found.end(), losses_.begin(), losses_.end());
  for (const ChildLayer& child : children_) child.layer->collect_call_losses(seen, found);
}

void LayerBase::collect_penalties(SeenOnce& seen, Tensors& found) const {
  for (const Variable& weight : weights_) {
    if (weight.regularizer() && weight.trainable() && first_time(seen, weight.id())) found.push_back(weight.regularizer()(weight.value()));
  }
  for (const ChildLayer& child : children_) child.layer->collect_penalties(seen, found);
}

Tensors LayerBase::losses() const {
  Tensors found;
  SeenOnce seen_layers;
  collect_call_losses(seen_layers, found);
  SeenOnce seen_weights;
  collect_penalties(seen_weights, found);
  return found;
}

}  // namespace namesake
