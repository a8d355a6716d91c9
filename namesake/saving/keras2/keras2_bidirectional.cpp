// The two layers in a Bidirectional's config. Keras 2 writes the layer under its own name (`lstm`) and calls it `forward_lstm`; it writes a
// backward layer only if one was given, under the name that it had, and calls it `backward_<name>`. Keras 3 writes both, as they are called.
#include <string>
#include <string_view>

#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving::keras2 {
namespace {

constexpr std::string_view kForward = "forward_", kBackward = "backward_";

JsonValue* config_at(JsonValue& config, std::string_view key) {
  JsonValue* layer = config.find(key);
  return layer == nullptr || !layer->is_object() ? nullptr : layer->find("config");
}

std::string without(std::string_view prefix, std::string name) {
  return name.starts_with(prefix) && name.size() > prefix.size() ? name.substr(prefix.size()) : name;
}

// What both Kerases make of the forward layer where no backward layer is given.
bool is_the_usual_backward_layer(JsonValue& config) {
  const JsonValue *forward = config_at(config, "layer"), *backward = config_at(config, "backward_layer");
  JsonValue usual = *config.find("layer");
  const JsonValue* turned = forward->find("go_backwards");
  if (turned == nullptr || !turned->is_bool() || turned->as_bool()) return false;  // Keras 3 does not turn a layer that goes backwards
  JsonValue& inner = *usual.find("config");
  inner.set("go_backwards", true);
  inner.set("name", word_at(*backward, "name"));
  return word_at(*backward, "name") == std::string(kBackward) + word_at(*forward, "name") && usual == *config.find("backward_layer");
}

}  // namespace

void name_backward_layer(JsonValue& config) {
  JsonValue* backward = config_at(config, "backward_layer");
  if (backward == nullptr) return;
  const std::string name = word_at(*backward, "name");
  if (!name.empty() && !name.starts_with(kBackward)) backward->set("name", std::string(kBackward) + name);
}

void say_layers_of_bidirectional(JsonValue& config) {
  JsonValue *forward = config_at(config, "layer"), *backward = config_at(config, "backward_layer");
  if (forward == nullptr || backward == nullptr) return;
  forward->set("name", without(kForward, word_at(*forward, "name")));
  if (is_the_usual_backward_layer(config)) {
    config.erase("backward_layer");
  } else {
    backward->set("name", without(kBackward, word_at(*backward, "name")));
  }
}

}  // namespace namesake::saving::keras2
