// How Keras 2 compiled a model, in Keras 3's words. Losses and metrics read Keras 2's words themselves; what is left is the form of
// `.h5` files and the old optimizers.
#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/saving/keras2/keras2_dialect.h"
#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving {
namespace {

using keras2::among;
using keras2::word_at;

// Keras 2.x, for a learning rate that shrinks by `decay` each step: rate / (1 + decay * step).
JsonValue decaying(const JsonValue& rate, const JsonValue& decay) {
  return JsonValue::object({{"module", "keras.optimizers.schedules"},
                            {"class_name", "InverseTimeDecay"},
                            {"config", JsonValue::object({{"initial_learning_rate", rate},
                                                          {"decay_steps", 1},
                                                          {"decay_rate", decay},
                                                          {"staircase", false}})},
                            {"registered_name", nullptr}});
}

JsonValue keras3_optimizer(const JsonView& given);

JsonValue optimizer_settings(const JsonView& was) {
  JsonValue config = JsonValue::object();
  for (const JsonMember& member : was.as_object()) {
    if (member.key == "dynamic" && member.value == JsonValue(false)) {
      throw Unsupported({.subject = "LossScaleOptimizer",
                         .what = "The model was compiled with a loss scale that stays the same: in Keras 3 it is always dynamic.",
                         .fix = "load it without compiling, and compile it anew"});
    }
    // `dynamic` is so always; schedule_decay is of the first Nadam.
    if (among(member.key, "jit_compile is_legacy_optimizer decay schedule_decay dynamic")) continue;
    if (member.key == "epsilon" && member.value.is_null()) continue;
    if (among(member.key, "inner_optimizer optimizer")) {
      config.set("inner_optimizer", keras3_optimizer(was.at(member.key)));
    } else {
      config.set(member.key == "lr" ? "learning_rate" : member.key, member.value);
    }
  }
  JsonValue* rate = config.find("learning_rate");
  const JsonValue* decay = was->find("decay");
  if (decay != nullptr && decay->is_number() && decay->as_double() != 0 && rate != nullptr && rate->is_number()) *rate = decaying(*rate, *decay);
  if (rate != nullptr && rate->is_object() && rate->find("config") != nullptr) {
    JsonValue* schedule = rate->find("config");
    if (const JsonValue* name = schedule->find("name"); name != nullptr && name->is_null()) schedule->erase("name");
  }
  return config;
}

JsonValue keras3_optimizer(const JsonView& given) {
  if (!given->is_object()) return given.value();
  std::string class_name = given.at("class_name").as_string();
  if (const std::size_t mark = class_name.find('>'); mark != std::string::npos) class_name = class_name.substr(mark + 1);
  if (class_name.starts_with("LossScaleOptimizer")) class_name = "LossScaleOptimizer";
  if (class_name == "TFOptimizer") {
    throw Unsupported({.subject = class_name,
                       .what = "The model was compiled with an optimizer of TensorFlow 1, of which Keras 2 keeps no settings.",
                       .fix = "load it without compiling, and compile it anew"});
  }
  return JsonValue::object(
      {{"module", "keras.optimizers"}, {"class_name", class_name}, {"config", optimizer_settings(given.at("config"))}, {"registered_name", nullptr}});
}

}  // namespace

JsonValue keras3_compile_config(const JsonView& config) {
  JsonValue result = JsonValue::object();
  if (const auto optimizer = config.find("optimizer")) result.add("optimizer", keras3_optimizer(*optimizer));
  if (const auto optimizer = config.find("optimizer_config")) result.add("optimizer", keras3_optimizer(*optimizer));
  for (const JsonMember& member : config.as_object()) {
    if (among(member.key, "optimizer optimizer_config sample_weight_mode")) continue;
    if (member.value.is_null() && among(member.key, "run_eagerly steps_per_execution jit_compile")) continue;
    result.add(member.key, member.value);
  }
  return result;
}

}  // namespace namesake::saving
