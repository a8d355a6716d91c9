// OpLayer: an op applied to symbolic tensors outside any layer (`relu(x) + 1.0f`), as a step of a functional model. Keras keeps
// such steps as operations of keras.ops: they have a name in the model, and no weights. keras_ops.h has their forms.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "namesake/base/json.h"
#include "namesake/nn/layer.h"

namespace namesake::ops {
class OpProducer;
}

namespace namesake::nn {

/// A call of an operation, as Keras's config has it.
struct OpCall {
  std::string_view class_name;  // Keras's: "Add"; where Keras has none, TensorFlow's
  std::string_view module;      // "keras.src.ops.numpy"; empty: Keras has no such operation, and it cannot be saved
  JsonValue config = JsonValue::object();  // without the name
  JsonValue args = JsonValue::array();     // the i-th symbolic input stands as tensor_place(i)
  JsonValue kwargs = JsonValue::object();
  std::function<Tensors(const Tensors&)> run;  // of the symbolic inputs
};

/// What stands for a tensor in the arguments of a call: {"class_name": "__keras_tensor__", "config": i}.
[[nodiscard]] JsonValue tensor_place(std::size_t input);
/// The number of a tensor_place; nothing for another value.
[[nodiscard]] std::optional<std::size_t> place_of(const JsonValue& value);

class NAMESAKE_API OpLayerBody final : public LayerBase {
 public:
  explicit OpLayerBody(OpCall call);
  Tensors call_many(const Tensors& inputs, CallContext&) override { return operation_.run(inputs); }
  [[nodiscard]] const OpCall& operation() const noexcept { return operation_; }
  [[nodiscard]] JsonValue config(std::string_view name) const override;

 private:
  OpCall operation_;
};

/// A layer, not yet named, of the op that made a symbolic tensor.
[[nodiscard]] std::shared_ptr<LayerBase> make_op_layer(const ops::OpProducer& op, Site site);
/// A layer of a call read from a file.
[[nodiscard]] std::shared_ptr<LayerBase> make_op_layer(OpCall call, std::string_view name, Site site);

}  // namespace namesake::nn
