// LayerCall: what a symbolic tensor that a layer gave remembers: the layer, the inputs of that call, and the place. A model is
// read off the tensors through these; each call is one inbound node of Keras's config.
#pragma once

#include <memory>

#include "namesake/base/export.h"
#include "namesake/nn/layer.h"

namespace namesake::nn {

class NAMESAKE_API LayerCall final : public Producer {
 public:
  struct Made {
    std::shared_ptr<LayerBase> layer;
    Tensors inputs;
    Site site;
  };
  explicit LayerCall(Made made) : made_(std::move(made)) {}

  [[nodiscard]] const std::shared_ptr<LayerBase>& layer() const noexcept { return made_.layer; }
  [[nodiscard]] const Tensors& inputs() const noexcept { return made_.inputs; }
  [[nodiscard]] Site site() const noexcept { return made_.site; }

  /// `inner`, what the layer's call() gave, as outputs of the layer.
  [[nodiscard]] static Tensors outputs_of(Made made, const Tensors& inner);
  /// The call that `tensor` came out of; null if no layer made it.
  [[nodiscard]] static const LayerCall* of(const Tensor& tensor);

 private:
  Made made_;
};

}  // namespace namesake::nn
