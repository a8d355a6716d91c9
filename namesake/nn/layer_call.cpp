#include "namesake/nn/layer_call.h"

namespace namesake::nn {

Tensors LayerCall::outputs_of(Made made, const Tensors& inner) {
  auto producer = base::RefPtr<Producer>::adopt(new LayerCall(std::move(made)));
  Tensors outputs;
  for (const Tensor& tensor : inner) {
    outputs.push_back(Tensor::symbolic(tensor.dtype(), tensor.shape(), producer, static_cast<int>(outputs.size())));
    outputs.back().set_mask(tensor.mask());
  }
  return outputs;
}

const LayerCall* LayerCall::of(const Tensor& tensor) {
  return tensor.defined() ? dynamic_cast<const LayerCall*>(tensor.producer()) : nullptr;
}

}  // namespace namesake::nn
