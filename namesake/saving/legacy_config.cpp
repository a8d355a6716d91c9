#include "namesake/saving/legacy_config.h"

#include <array>
#include <string_view>
#include <utility>

namespace namesake::saving {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kShortLosses = {{{"mse", "mean_squared_error"},
                                                                                        {"mae", "mean_absolute_error"},
                                                                                        {"mape", "mean_absolute_percentage_error"},
                                                                                        {"msle", "mean_squared_logarithmic_error"},
                                                                                        {"bce", "binary_crossentropy"},
                                                                                        {"kld", "kl_divergence"},
                                                                                        {"kullback_leibler_divergence", "kl_divergence"},
                                                                                        {"logcosh", "log_cosh"}}};

// The optimizers before Keras 2.3 said `lr`, and had a `decay` that nothing has now; 0 is off.
JsonValue optimizer(JsonValue object) {
  JsonValue* config = object.find("config");
  if (config == nullptr || !config->is_object()) return object;
  if (const JsonValue* rate = config->find("lr"); rate != nullptr && !config->has("learning_rate")) config->set("learning_rate", *rate);
  config->erase("lr");
  return object;
}

JsonValue full_names(const JsonValue& loss) {
  if (loss.is_string()) {
    for (const auto& [word, full] : kShortLosses) {
      if (loss.as_string() == word) return full;
    }
    return loss;
  }
  if (loss.is_object() && loss.has("class_name")) return loss;
  JsonValue copy = loss;
  if (copy.is_array()) {
    for (JsonValue& item : copy.items()) item = full_names(item);
  } else if (copy.is_object()) {
    for (JsonMember& member : copy.members()) member.value = full_names(member.value);
  }
  return copy;
}

// Options that are off and that Keras 2 does not know.
JsonValue optimizer_for_h5(const JsonValue& object) {
  JsonValue config = object.find("config") != nullptr ? *object.find("config") : JsonValue::object();
  for (const char* key : {"loss_scale_factor", "gradient_accumulation_steps"}) {
    if (const JsonValue* value = config.find(key); value != nullptr && value->is_null()) config.erase(key);
  }
  const JsonValue* registered = object.find("registered_name");
  const JsonValue* class_name = object.find("class_name");
  const bool own = registered != nullptr && registered->is_string();
  return JsonValue::object({{"class_name", own ? *registered : class_name != nullptr ? *class_name : JsonValue()}, {"config", std::move(config)}});
}

}  // namespace

JsonValue model_config_for_h5(const JsonValue& config) {
  JsonValue object = JsonValue::object();
  for (const char* key : {"class_name", "config", "namesake"}) {
    if (const JsonValue* value = config.find(key)) object.add(key, *value);
  }
  return object;
}

JsonValue training_config_for_h5(const JsonValue& compile_config) {
  const auto value = [&](std::string_view key) {
    const JsonValue* found = compile_config.find(key);
    return found != nullptr ? *found : JsonValue();
  };
  return JsonValue::object({{"loss", full_names(value("loss"))},
                            {"metrics", value("metrics")},
                            {"weighted_metrics", value("weighted_metrics")},
                            {"loss_weights", value("loss_weights")},
                            {"optimizer_config", optimizer_for_h5(value("optimizer"))}});
}

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
