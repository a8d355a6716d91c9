#include "namesake/saving/legacy_config.h"

namespace namesake::saving {
namespace {

// The optimizers before Keras 2.3 said `lr`, and had a `decay` that nothing has now; 0 is off.
JsonValue optimizer(JsonValue object) {
  JsonValue* config = object.find("config");
  if (config == nullptr || !config->is_object()) return object;
  if (const JsonValue* rate = config->find("lr"); rate != nullptr && !config->has("learning_rate")) config->set("learning_rate", *rate);
  config->erase("lr");
  return object;
}

}  // namespace

JsonValue compile_config_from_training(const JsonValue& training_config) {
  const JsonValue* stored = training_config.find("optimizer_config");
  if (stored == nullptr || stored->is_null()) return {};
  JsonValue config = JsonValue::object({{"optimizer", optimizer(*stored)}});
  for (const char* key : {"loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile"}) {
    if (const JsonValue* value = training_config.find(key)) config.add(key, *value);
  }
  return config;
}

}  // namespace namesake::saving
