#include "namesake/nn/layer_call.h"

#include <atomic>

namespace namesake::nn {

LayerCall::LayerCall(Made made, int outputs) : made_(std::move(made)), outputs_(outputs) {
  static std::atomic<std::uint64_t> calls = 0;
  serial_ = ++calls;
}

LayerCall::~LayerCall() {
  let_go(std::move(made_.inputs));
  let_go(std::move(made_.masks));
  let_go(std::move(output_masks_));
}

Tensors LayerCall::outputs_of(Made made, const Tensors& inner) {
  const bool masked = !made.layer->is_model();
  auto* call = new LayerCall(std::move(made), static_cast<int>(inner.size()));
  const auto producer = base::RefPtr<Producer>::adopt(call);
  Tensors outputs;
  for (const Tensor& tensor : inner) {
    outputs.push_back(Tensor::symbolic(tensor.dtype(), tensor.shape(), producer, static_cast<int>(outputs.size())));
    if (masked) outputs.back().set_mask(tensor.mask());
    call->output_masks_.push_back(outputs.back().mask());
  }
  return outputs;
}

const LayerCall* LayerCall::of(const Tensor& tensor) {
  return tensor.defined() ? dynamic_cast<const LayerCall*>(tensor.producer()) : nullptr;
}

}  // namespace namesake::nn
