#include "namesake/saving/keras2/keras2_dialect.h"

#include <optional>

#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving {
namespace {

using keras2::among;
using keras2::word_at;

// True or false where only one of the two Kerases writes such a thing.
std::optional<bool> says_keras2(const JsonValue& value) {
  if (value.is_array()) {
    for (const JsonValue& item : value.items()) {
      if (const auto said = says_keras2(item)) return said;
    }
  }
  if (!value.is_object()) return std::nullopt;
  if (value.has("batch_input_shape") || value.has("time_major") || word_at(value, "module").starts_with("keras.src.engine")) return true;
  if (value.has("batch_shape") || word_at(value, "class_name") == "DTypePolicy") return false;
  if (keras2::is_op_class(word_at(value, "class_name"))) return true;
  if (const JsonValue* nodes = value.find("inbound_nodes"); nodes != nullptr && nodes->is_array() && !nodes->items().empty()) {
    return !(nodes->items()[0].is_object() && nodes->items()[0].has("args"));
  }
  for (const JsonMember& member : value.members()) {
    if (const auto said = says_keras2(member.value)) return said;
  }
  return std::nullopt;
}

}  // namespace

bool is_keras2_config(const JsonValue& config) {
  if (const JsonValue* inner = config.find("config"); inner != nullptr && inner->is_array()) return true;  // a Sequential of the first Keras 2
  return says_keras2(config).value_or(false);
}

JsonValue keras3_config(const JsonView& config) {
  if (!is_keras2_config(config.value())) return config.value();
  JsonValue result = keras2::keras3_object(config);
  result.erase("compile_config");
  result.erase("training_config");
  for (const char* key : {"compile_config", "training_config"}) {
    if (const auto settings = config.find(key)) result.set("compile_config", keras3_compile_config(*settings));
  }
  return result;
}

}  // namespace namesake::saving
