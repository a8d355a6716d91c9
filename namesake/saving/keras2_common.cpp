// Our configs in words that Keras 2.15 and Keras 3 both open: calls as Keras 2's lists, batch_input_shape, dtypes as words, and only keys
// that both know.
#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/keras_ops.h"
#include "namesake/saving/keras2_dialect.h"
#include "namesake/saving/keras2_parts.h"

namespace namesake::saving {
namespace {

using keras2::among;
using keras2::layer_name;
using keras2::word_at;

[[noreturn]] void refuse(std::string_view layer, std::string_view what, std::string_view fix = "save it as .keras for Keras 3 alone") {
  throw Unsupported({.subject = std::string(layer),
                     .what = fmt::format("\"{}\" cannot be said in words that Keras 2 and Keras 3 both know: {}.", layer, what),
                     .fix = std::string(fix)});
}

enum class Loss : std::uint8_t {
  kRenamed,  // to `other`
  kPlain,    // left out; only null, false or `other` may be lost
  kSilent,   // left out, whatever it says: it changes no number that is computed
};
struct CommonRule {
  std::string_view classes;  // "*": all
  std::string_view key;
  Loss loss;
  std::string_view other = "";
};

// What Keras 2's constructors do not take.
constexpr auto kRules = std::to_array<CommonRule>({
    {"InputLayer", "batch_shape", Loss::kRenamed, "batch_input_shape"},
    {"InputLayer", "optional", Loss::kPlain},
    {"LeakyReLU", "negative_slope", Loss::kRenamed, "alpha"},
    {"ZeroPadding1D", "data_format", Loss::kPlain, "channels_last"},
    {"SpatialDropout2D SpatialDropout3D", "data_format", Loss::kPlain, "channels_last"},
    {"LayerNormalization", "rms_scaling", Loss::kPlain},
    {"BatchNormalization", "synchronized", Loss::kPlain},
    {"BatchNormalization", "renorm", Loss::kPlain},
    {"BatchNormalization", "renorm_clipping", Loss::kPlain},
    {"BatchNormalization", "renorm_momentum", Loss::kSilent},
    {"LSTM GRU SimpleRNN LSTMCell GRUCell SimpleRNNCell ConvLSTM1D ConvLSTM2D ConvLSTM3D MultiHeadAttention Attention AdditiveAttention", "seed", Loss::kSilent},
    {"MultiHeadAttention", "use_gate", Loss::kPlain},
    {"MultiHeadAttention", "sliding_window", Loss::kPlain},
    {"*", "quantization_config", Loss::kPlain},
    {"*", "input_axes", Loss::kPlain},
    {"*", "output_axes", Loss::kPlain},
    {"*", "loss_scale_factor", Loss::kPlain},
    {"*", "gradient_accumulation_steps", Loss::kPlain},
});

// Layers that Keras 2 has not.
constexpr std::string_view kNewLayers = "RMSNormalization";

void apply(const CommonRule& rule, JsonValue& config, std::string_view layer) {
  const JsonValue* found = config.find(rule.key);
  if (found == nullptr) return;
  const JsonValue value = *found;  // a copy: setting another member may move this one
  if (rule.loss == Loss::kRenamed) config.set(rule.other, value);
  const bool nothing = value.is_null() || value == JsonValue(false) || value == JsonValue(rule.other);
  if (rule.loss == Loss::kPlain && !nothing) refuse(layer, fmt::format("Keras 2 has no {} = {}", rule.key, to_json(value)));
  config.erase(rule.key);
}

JsonValue common_object(const JsonValue& object, bool outermost);

JsonValue common_value(const JsonValue& value) {
  if (value.is_object()) {
    const JsonValue* config = value.find("config");
    if (value.has("class_name") && config != nullptr && config->is_object()) return common_object(value, false);
  } else if (value.is_array()) {
    JsonValue list = JsonValue::array();
    for (const JsonValue& item : value.items()) list.push_back(common_value(item));
    return list;
  }
  return value;
}

// A tensor of ours as Keras 2's [layer, call, output].
JsonValue reference(const JsonValue& tensor, std::string_view layer) {
  if (word_at(tensor, "class_name") != "__keras_tensor__") refuse(layer, "it is called with what is no tensor");
  return *tensor.find("config")->find("keras_history");
}

// {"args": [...], "kwargs": {...}} as [["dense", 0, 0, {...}], ...].
JsonValue common_call(const JsonValue& call, std::string_view layer) {
  JsonValue kwargs = JsonValue::object();
  for (const JsonMember& member : call.find("kwargs")->members()) {
    if (member.value.is_null()) continue;
    if (member.value.is_array() || member.value.is_object()) refuse(layer, fmt::format("its argument {} is a tensor", member.key));
    kwargs.add(member.key, member.value);
  }
  const JsonArray& args = call.find("args")->items();
  if (args.size() != 1) refuse(layer, "it is called with several arguments", "call it with a list");
  JsonValue list = JsonValue::array();
  const JsonArray one = {args[0]};
  for (const JsonValue& tensor : args[0].is_array() ? args[0].items() : one) {
    JsonValue item = reference(tensor, layer);
    item.push_back(kwargs);
    list.push_back(std::move(item));
  }
  return list;
}

JsonValue common_functional(const JsonValue& config) {
  JsonValue result = config, layers = JsonValue::array();
  for (const JsonValue& entry : config.find("layers")->items()) {
    const std::string name = layer_name(entry);
    if (nn::is_op_module(word_at(entry, "module"))) refuse(name, fmt::format("Keras 2 has no operation {}", word_at(entry, "class_name")), "put it into a layer");
    JsonValue layer = common_object(entry, false);
    layer.set("name", name);
    JsonValue calls = JsonValue::array();
    for (const JsonValue& call : entry.find("inbound_nodes")->items()) calls.push_back(common_call(call, name));
    layer.set("inbound_nodes", std::move(calls));
    layers.push_back(std::move(layer));
  }
  result.set("layers", std::move(layers));
  for (const char* key : {"input_layers", "output_layers"}) {  // Keras 2 has a list of one
    JsonValue& ends = *result.find(key);
    if (ends.is_array() && !ends.items().empty() && ends.items()[0].is_string()) ends = JsonValue::array({JsonValue(ends)});
  }
  return result;
}

// A Sequential inside a model has no shape of its own: without one, both count its calls from 0.
JsonValue common_sequential(const JsonValue& config, bool outermost) {
  JsonValue result = config, layers = JsonValue::array();
  for (const JsonValue& layer : config.find("layers")->items()) {
    if (outermost || word_at(layer, "class_name") != "InputLayer") layers.push_back(common_object(layer, false));
  }
  result.set("layers", std::move(layers));
  result.erase("build_input_shape");
  return result;
}

JsonValue common_object(const JsonValue& object, bool outermost) {
  const std::string class_name = word_at(object, "class_name");
  const JsonValue& was = *object.find("config");
  const std::string name = layer_name(object).empty() ? class_name : layer_name(object);
  const bool functional = class_name == "Functional";
  if (functional && !outermost) refuse(name, "each counts the calls of a functional model inside another in its own way", "use a Sequential inside, or save it as .keras for Keras 3 alone");
  if (among(class_name, kNewLayers)) refuse(name, fmt::format("Keras 2 has no {}", class_name));
  JsonValue config;
  if (functional) {
    config = common_functional(was);
  } else if (class_name == "Sequential") {
    config = common_sequential(was, outermost);
  } else {
    config = JsonValue::object();
    for (const JsonMember& member : was.members()) {
      if (member.key.ends_with("activation") && to_json(member.value).find("hard_sigmoid") != std::string::npos) {
        refuse(name, "hard_sigmoid is another function in each");
      }
      config.add(member.key, member.key == "dtype" ? member.value : common_value(member.value));
    }
  }
  for (const CommonRule& rule : kRules) {
    if (rule.classes == "*" || among(class_name, rule.classes)) apply(rule, config, name);
  }
  if (JsonValue* dtype = config.find("dtype"); dtype != nullptr && dtype->is_object()) *dtype = JsonValue(word_at(*dtype->find("config"), "name"));
  JsonValue result = object;
  for (const char* key : {"build_config", "shared_object_id"}) result.erase(key);
  if (functional) {
    result.set("module", "keras.models");
    result.set("class_name", "Model");
    result.set("registered_name", nullptr);
  }
  result.set("config", std::move(config));
  return result;
}

JsonValue common_compile_config(const JsonValue& given) {
  JsonValue result = JsonValue::object();
  for (const JsonMember& member : given.members()) {
    if (member.key == "auto_scale_loss" || (member.value.is_null() && among(member.key, "run_eagerly steps_per_execution jit_compile"))) continue;
    if (member.key == "jit_compile" && member.value == JsonValue("auto")) continue;
    result.add(member.key, common_value(member.value));
  }
  return result;
}

}  // namespace

JsonValue common_dialect_config(const JsonValue& config) {
  JsonValue result = common_object(config, true);
  if (const JsonValue* compiled = config.find("compile_config"); compiled != nullptr && compiled->is_object()) {
    result.set("compile_config", common_compile_config(*compiled));
  }
  return result;
}

}  // namespace namesake::saving
