#include "namesake/nn/op_layer.h"

#include "namesake/nn/keras_ops.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/op.h"

namespace namesake::nn {

JsonValue tensor_place(std::size_t input) {
  return JsonValue::object({{"class_name", "__keras_tensor__"}, {"config", static_cast<std::int64_t>(input)}});
}

std::optional<std::size_t> place_of(const JsonValue& value) {
  if (!value.is_object()) return std::nullopt;
  const JsonValue* class_name = value.find("class_name");
  const JsonValue* config = value.find("config");
  if (class_name == nullptr || config == nullptr || !class_name->is_string() || class_name->as_string() != "__keras_tensor__" || !config->is_int()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(config->as_int());
}

OpLayerBody::OpLayerBody(OpCall call) : operation_(std::move(call)) { mark_built({}); }

JsonValue OpLayerBody::config(std::string_view name) const {
  JsonValue config = JsonValue::object({{"name", name}});
  for (const JsonMember& member : operation_.config.members()) config.add(member.key, member.value);
  return config;
}

std::shared_ptr<LayerBase> make_op_layer(OpCall call, std::string_view name, Site site) {
  const BeingBorn birth({std::string(name), call.class_name, site, {}, true, {}});
  return std::make_shared<OpLayerBody>(std::move(call));
}

std::shared_ptr<LayerBase> make_op_layer(const ops::OpProducer& op, Site site) { return make_op_layer(describe_op(op), "", site); }

}  // namespace namesake::nn
