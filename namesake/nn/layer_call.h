// LayerCall: what a symbolic tensor that a layer gave remembers: the layer, the inputs of that call, and the place. A model is
// read off the tensors through these; each call is one inbound node of Keras's config.
#pragma once

#include <cstdint>
#include <memory>

#include "namesake/base/export.h"
#include "namesake/nn/layer.h"

namespace namesake::nn {

class NAMESAKE_API LayerCall final : public Producer {
 public:
  /// How the inputs were given.
  enum class Form {
    kOne,        // layer(x)
    kList,       // layer({a, b})
    kArguments,  // layer(a, b), or none by position
  };
  struct Made {
    std::shared_ptr<LayerBase> layer;
    Tensors inputs;
    Site site;
    CallOptions options = {};
    Form form = Form::kOne;  // of the inputs by position; of others options.arguments tells
    Tensors masks = {};  // what the layer's call was told as masks, one for each input (undefined: none); empty: nothing
  };
  LayerCall(Made made, int outputs);
  ~LayerCall() override;

  [[nodiscard]] const std::shared_ptr<LayerBase>& layer() const noexcept { return made_.layer; }
  [[nodiscard]] const Tensors& inputs() const noexcept { return made_.inputs; }
  [[nodiscard]] Site site() const noexcept { return made_.site; }
  [[nodiscard]] const CallOptions& options() const noexcept { return made_.options; }
  [[nodiscard]] Form form() const noexcept { return made_.form; }
  [[nodiscard]] const Tensors& masks() const noexcept { return made_.masks; }
  /// The masks that the layer gave its outputs (undefined: none). A tensor may have been told another since.
  [[nodiscard]] const Tensors& output_masks() const noexcept { return output_masks_; }
  /// How many outputs the call has.
  [[nodiscard]] int outputs() const noexcept { return outputs_; }
  /// Calls of a layer in the order they were made.
  [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }

  /// `inner`, what the layer's call() gave, as outputs of the layer. A model's have no masks, as in Keras: they come when it runs.
  [[nodiscard]] static Tensors outputs_of(Made made, const Tensors& inner);
  /// The call that `tensor` came out of; null if no layer made it.
  [[nodiscard]] static const LayerCall* of(const Tensor& tensor);

 private:
  Made made_;
  Tensors output_masks_;
  std::uint64_t serial_;
  int outputs_ = 1;
};

}  // namespace namesake::nn
