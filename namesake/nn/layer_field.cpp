#include "namesake/nn/layer_field.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/serialization.h"

namespace namesake::nn {
namespace {

struct LayerValue {
  Layer layer;

  [[nodiscard]] JsonValue serialize() const { return layer ? serialize_layer(*layer.ptr(), layer.name()) : JsonValue(); }
  [[nodiscard]] static LayerValue deserialize(const JsonView& object) { return {deserialize_layer(object)}; }
};

struct LayerList {
  std::vector<Layer> layers;

  [[nodiscard]] JsonValue serialize() const {
    JsonValue list = JsonValue::array();
    for (const Layer& layer : layers) list.push_back(LayerValue{layer}.serialize());
    return list;
  }
  [[nodiscard]] static LayerList deserialize(const JsonView& list) {
    LayerList read;
    for (const JsonView& object : list.items()) read.layers.push_back(deserialize_layer(object));
    return read;
  }
};

}  // namespace

void layer_field(ConfigFields& fields, std::string_view key, Layer& layer) {
  LayerValue value{layer};
  fields(key, value);
  layer = std::move(value.layer);
}

void layers_field(ConfigFields& fields, std::string_view key, std::vector<Layer>& layers) {
  LayerList list{layers};
  fields(key, list);
  layers = std::move(list.layers);
}

const Layer& given_layer(const LayerBase& owner, std::string_view option, const Layer& layer) {
  if (layer) return layer;
  throw InvalidArgument({.subject = std::string(option),
                         .what = fmt::format("{} got no {}.", owner.class_name(), option),
                         .expected = fmt::format("{}({{.{} = Dense({{.units = 2}})}}), say: a layer to hold", owner.class_name(), option),
                         .places = {{"here", owner.site(), {}, {}}}});
}

}  // namespace namesake::nn
