#include "namesake/nn/clone.h"

#include "namesake/base/error.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/serialization.h"

namespace namesake {

Layer clone_layer(const Layer& layer) {
  const naming::ScopeEntry scope(layer.ptr()->scope());
  const JsonValue object = nn::serialize_layer(*layer.ptr(), layer.name());
  return nn::deserialize_layer(JsonView(object));
}

Model clone_model(const Model& model) {
  const Layer layer = clone_layer(model);
  const auto body = std::dynamic_pointer_cast<ModelBase>(layer.ptr());
  if (!body) throw InvalidArgument({.subject = model.name(), .what = "clone_model() got something that is no model."});
  Model clone(body);
  if (model.built() && !clone.built()) body->ensure_built(model.ptr()->built_shapes());
  return clone;
}

}  // namespace namesake
