#include "namesake/saving/legacy/legacy_config.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/saving/keras2/keras2_parts.h"

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

bool is_users(const JsonValue& object) {
  const JsonValue* registered = object.find("registered_name");
  return registered != nullptr && registered->is_string() && registered->as_string().find('>') != std::string::npos;
}

constexpr std::string_view kOldOptimizers = "SGD RMSprop Adam Adamax Nadam Adagrad Adadelta Ftrl";
constexpr std::string_view kNewOptions = "weight_decay use_ema ema_momentum ema_overwrite_frequency";

JsonValue optimizer_for_h5(const JsonValue& object, OptimizerReader reader) {
  const std::string class_name = keras2::word_at(object, "class_name");
  JsonValue config = JsonValue::object();
  if (const JsonValue* given = object.find("config")) {
    for (const JsonMember& member : given->members()) {
      if (reader != OptimizerReader::kBoth || !keras2::among(member.key, kNewOptions)) config.add(member.key, member.value);
    }
  }
  const bool registered = reader == OptimizerReader::kKeras2 && !class_name.empty();
  const JsonValue name = is_users(object) ? *object.find("registered_name") : JsonValue(registered ? "Custom>" + class_name : class_name);
  return JsonValue::object({{"class_name", name}, {"config", std::move(config)}});
}

// A user's class goes by its registered name alone.
JsonValue with_registered_names(const JsonValue& value) {
  JsonValue copy = value;
  if (value.is_array()) {
    for (JsonValue& item : copy.items()) item = with_registered_names(item);
  } else if (value.is_object()) {
    for (JsonMember& member : copy.members()) member.value = with_registered_names(member.value);
    if (is_users(value) && value.has("class_name") && *value.find("class_name") != JsonValue("function")) {
      copy.set("class_name", *value.find("registered_name"));
      copy.erase("registered_name");
      copy.erase("module");
    }
  }
  return copy;
}

}  // namespace

JsonValue model_config_for_h5(const JsonValue& config) {
  JsonValue object = JsonValue::object();
  for (const char* key : {"class_name", "config", "namesake"}) {
    if (const JsonValue* value = config.find(key)) object.add(key, with_registered_names(*value));
  }
  if (object.find("class_name")->as_string() == "Model") object.set("class_name", "Functional");  // the word of both here
  if (is_users(config)) object.set("class_name", *config.find("registered_name"));
  return object;
}

std::string unknown_to_old_optimizers(const JsonValue& optimizer) {
  const std::string class_name = keras2::word_at(optimizer, "class_name");
  if (!keras2::among(class_name, kOldOptimizers)) return is_users(optimizer) ? "" : class_name;
  const JsonValue* config = optimizer.find("config");
  for (const char* key : {"weight_decay", "use_ema"}) {
    const JsonValue* value = config == nullptr ? nullptr : config->find(key);
    if (value != nullptr && !value->is_null() && *value != JsonValue(false)) return key;
  }
  return "";
}

JsonValue training_config_for_h5(const JsonValue& compile_config, OptimizerReader reader) {
  const auto value = [&](std::string_view key) {
    const JsonValue* found = compile_config.find(key);
    return found != nullptr ? *found : JsonValue();
  };
  return JsonValue::object({{"loss", with_registered_names(full_names(value("loss")))},
                            {"metrics", with_registered_names(value("metrics"))},
                            {"weighted_metrics", with_registered_names(value("weighted_metrics"))},
                            {"loss_weights", value("loss_weights")},
                            {"optimizer_config", optimizer_for_h5(value("optimizer"), reader)}});
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
