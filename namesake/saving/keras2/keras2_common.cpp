// Our configs in words that Keras 2.15 and Keras 3 both open: calls as Keras 2's lists, batch_input_shape, dtypes as words, and only keys
// that both know. How a model was compiled: keras2_common_compile.cpp.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "namesake/nn/carried_masks.h"
#include "namesake/nn/keras_ops.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/keras2/keras2_dialect.h"
#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving {
namespace {

using keras2::among;
using keras2::layer_name;
using keras2::word_at;

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
});

// Layers that Keras 2 has not.
constexpr std::string_view kNewLayers = "GroupQueryAttention RMSNormalization";

// Keras 2's words for a whole model; what it has no words for is told to `obstacles`.
class CommonWords {
 public:
  explicit CommonWords(DialectObstacles& obstacles) : obstacles_(obstacles) {}
  JsonValue object(const JsonValue& object, bool outermost, const LayerBase* layer = nullptr);

 private:
  void tell(std::string_view layer, std::string_view what) { obstacles_.keras2.push_back(fmt::format("the layer \"{}\": {}", layer, what)); }
  void tell_keras3(std::string_view layer, std::string_view what) { obstacles_.keras3.push_back(fmt::format("the layer \"{}\": {}", layer, what)); }
  void apply(const CommonRule& rule, JsonValue& config, std::string_view layer);
  JsonValue value(const JsonValue& value);
  JsonValue reference(const JsonValue& tensor) const;
  JsonValue argument(const JsonValue& value) const;
  JsonValue call(const JsonValue& call, std::string_view layer, std::string_view class_name);
  JsonValue functional(const JsonValue& config, const LayerBase* model);
  JsonValue sequential(const JsonValue& config, bool outermost, const LayerBase* model);
  JsonValue layer_config(const JsonValue& was, const std::string& name);

  DialectObstacles& obstacles_;
  const JsonValue* graph_ = nullptr;  // the config of the functional model that is being said
};

void CommonWords::apply(const CommonRule& rule, JsonValue& config, std::string_view layer) {
  const JsonValue* found = config.find(rule.key);
  if (found == nullptr) return;
  const JsonValue value = *found;  // a copy: setting another member may move this one
  if (rule.loss == Loss::kRenamed) config.set(rule.other, value);
  const bool nothing = value.is_null() || value == JsonValue(false) || value == JsonValue(rule.other);
  if (rule.loss == Loss::kPlain && !nothing) tell(layer, fmt::format("Keras 2 has no {} = {}", rule.key, to_json(value)));
  config.erase(rule.key);
}

JsonValue CommonWords::value(const JsonValue& value) {
  if (value.is_object()) {
    const JsonValue* config = value.find("config");
    if (value.has("class_name") && config != nullptr && config->is_object()) return object(value, false);
  } else if (value.is_array()) {
    JsonValue list = JsonValue::array();
    for (const JsonValue& item : value.items()) list.push_back(this->value(item));
    return list;
  }
  return value;
}

bool is_functional(const JsonValue& object) { return word_at(object, "class_name") == "Functional"; }

const JsonValue* entry_named(const JsonValue& functional, std::string_view name) {
  for (const JsonValue& entry : functional.find("layers")->items()) {
    if (layer_name(entry) == name) return &entry;
  }
  return nullptr;
}

// A functional model inside another: Keras 2 counts its own graph as call 0, Keras 3 does not. So each of its calls stands there twice,
// and what comes after takes the second for Keras 3, which is the first for Keras 2: numbers 2k + 1 are call k in both.
std::int64_t common_number(std::int64_t call) { return 2 * call + 1; }

JsonValue common_reference(const JsonValue& functional, const JsonValue& history, std::int64_t counted_by_both) {
  const JsonValue* from = entry_named(functional, history.items()[0].as_string());
  if (from == nullptr || !is_functional(*from)) return history;
  JsonArray items = history.items();
  return JsonValue::array({items[0], common_number(items[1].as_int() - counted_by_both), items[2]});
}

bool is_tensor(const JsonValue& value) { return word_at(value, "class_name") == "__keras_tensor__"; }

JsonValue CommonWords::reference(const JsonValue& tensor) const {
  return common_reference(*graph_, *tensor.find("config")->find("keras_history"), 0);
}

// An argument by name, with references for tensors.
JsonValue CommonWords::argument(const JsonValue& value) const {
  if (is_tensor(value)) return reference(value);
  if (!value.is_array()) return value;
  JsonValue list = JsonValue::array();
  for (const JsonValue& item : value.items()) list.push_back(argument(item));
  return list;
}

// {"args": [...], "kwargs": {...}} as [["dense", 0, 0, {...}], ...]: one list of inputs (of a recurrent layer the sequence, then the
// states), each with the other arguments beside it, tensors as ["a", 0, 0]. Those Keras 3 does not find there.
JsonValue CommonWords::call(const JsonValue& call, std::string_view layer, std::string_view class_name) {
  JsonArray given = call.find("args")->items();
  JsonValue named = *call.find("kwargs"), kwargs = JsonValue::object();
  if (class_name == "MultiHeadAttention") {  // its call() takes no list
    constexpr std::array<std::string_view, 3> kParameters = {"query", "value", "key"};
    for (std::size_t i = given.size(); i-- > 1;) {
      if (i < kParameters.size()) named.set(kParameters[i], given[i]);
    }
    given.resize(std::min<std::size_t>(given.size(), 1));
    if (const JsonValue* query = named.find("query"); given.empty() && query != nullptr) given.push_back(JsonValue(*query));
    named.erase("query");
  }
  JsonArray inputs;
  if (!given.empty()) inputs = given[0].is_array() ? given[0].items() : JsonArray{given[0]};
  if (given.size() != 1) tell(layer, "it is called with several arguments, not with a list");
  for (const JsonMember& member : named.members()) {
    if (member.value.is_null()) continue;
    JsonValue value = argument(member.value);
    if (!(value == member.value)) tell_keras3(layer, fmt::format("Keras 3 finds no tensor for {} in Keras 2's words", member.key));
    if (member.key != "initial_state" || !among(class_name, keras2::kTakeStates)) {
      if (member.value.is_object() && !is_tensor(member.value)) tell(layer, fmt::format("Keras 2 has no words for its argument {}", member.key));
      kwargs.add(member.key, std::move(value));
      continue;
    }
    for (const JsonValue& state : member.value.is_array() ? member.value.items() : JsonArray{member.value}) inputs.push_back(state);
  }
  JsonValue list = JsonValue::array();
  for (const JsonValue& tensor : inputs) {
    if (!is_tensor(tensor)) {
      tell(layer, "it is called with what is no tensor");
      continue;
    }
    JsonValue item = reference(tensor);
    item.push_back(kwargs);
    list.push_back(std::move(item));
  }
  return list;
}

// Where a model begins or ends: one reference or a list of them; Keras 3 counts a functional model's own graph here, too.
JsonValue common_ends(const JsonValue& functional, const JsonValue& ends) {
  if (!ends.is_array() || ends.items().empty()) return ends;
  if (ends.items()[0].is_string()) return JsonValue::array({common_reference(functional, ends, 1)});  // Keras 2 has a list of one
  JsonValue list = JsonValue::array();
  for (const JsonValue& end : ends.items()) {
    const bool reference = end.is_array() && !end.items().empty() && end.items()[0].is_string();
    list.push_back(reference ? common_reference(functional, end, 1) : end);
  }
  return list;
}

const LayerBase* child_named(const LayerBase* model, const std::string& name) {
  if (model == nullptr) return nullptr;
  for (const ChildLayer& child : model->children()) {
    if (nn::name_in_config(*model, *child.layer) == name) return child.layer.get();
  }
  return nullptr;
}

// Keras 2's MultiHeadAttention asks its config for the shapes that it was built for.
void add_built_shapes(const JsonValue& call, JsonValue& config) {
  constexpr std::array<std::string_view, 3> kParameters = {"query", "value", "key"};
  const JsonArray& given = call.find("args")->items();
  JsonValue shape;  // of a key that was left out: the value's
  for (std::size_t i = 0; i < kParameters.size(); ++i) {
    const JsonValue* tensor = i < given.size() ? &given[i] : call.find("kwargs")->find(kParameters[i]);
    const JsonValue* known = tensor != nullptr && is_tensor(*tensor) ? tensor->find("config")->find("shape") : nullptr;
    if (known != nullptr) shape = *known;
    config.set(fmt::format("{}_shape", kParameters[i]), shape);
  }
}

JsonValue CommonWords::functional(const JsonValue& config, const LayerBase* model) {
  const JsonValue* outer = std::exchange(graph_, &config);
  const auto* body = dynamic_cast<const nn::FunctionalBody*>(model);
  const nn::CarriedMasks masks = body != nullptr ? nn::carried_masks(*body) : nn::CarriedMasks();
  JsonValue result = config, layers = JsonValue::array();
  for (const JsonValue& entry : config.find("layers")->items()) {
    const std::string name = layer_name(entry);
    if (masks.operations.contains(name)) continue;
    if (nn::is_op_module(word_at(entry, "module"))) {
      obstacles_.keras2.push_back(fmt::format("the operation \"{}\": Keras 2 has no keras.ops, put {} into a layer", name, word_at(entry, "class_name")));
      continue;
    }
    JsonValue layer = object(entry, false, child_named(model, name));
    layer.set("name", name);
    const JsonArray& nodes = entry.find("inbound_nodes")->items();
    if (word_at(entry, "class_name") == "MultiHeadAttention" && !nodes.empty()) add_built_shapes(nodes[0], *layer.find("config"));
    JsonValue calls = JsonValue::array();
    std::size_t number = 0;
    for (JsonValue call : nodes) {
      if (masks.calls.contains({name, number++})) call.find("kwargs")->erase("mask");
      calls.push_back(this->call(call, name, word_at(entry, "class_name")));
      if (is_functional(entry)) calls.push_back(JsonValue(calls.items().back()));
    }
    layer.set("inbound_nodes", std::move(calls));
    layers.push_back(std::move(layer));
  }
  result.set("layers", std::move(layers));
  for (const char* key : {"input_layers", "output_layers"}) result.set(key, common_ends(config, *config.find(key)));
  graph_ = outer;
  return result;
}

// A Sequential inside a model has no shape of its own: without one, both count its calls from 0.
JsonValue CommonWords::sequential(const JsonValue& config, bool outermost, const LayerBase* model) {
  JsonValue result = config, layers = JsonValue::array();
  for (const JsonValue& layer : config.find("layers")->items()) {
    if (outermost || word_at(layer, "class_name") != "InputLayer") layers.push_back(object(layer, false, child_named(model, layer_name(layer))));
  }
  result.set("layers", std::move(layers));
  result.erase("build_input_shape");
  return result;
}

JsonValue CommonWords::layer_config(const JsonValue& was, const std::string& name) {
  JsonValue config = JsonValue::object();
  for (const JsonMember& member : was.members()) {
    if (member.key.ends_with("activation") && to_json(member.value).find("hard_sigmoid") != std::string::npos) {
      tell(name, "hard_sigmoid is another function in Keras 2");
    }
    config.add(member.key, member.key == "dtype" ? member.value : value(member.value));
  }
  return config;
}

// What Keras 2 builds it from: the shapes of its inputs, null where they are not known.
void add_head_shapes(JsonValue& config, const LayerBase* layer) {
  const std::vector<Shape> shapes = layer != nullptr ? layer->built_shapes() : std::vector<Shape>();
  constexpr std::array<std::string_view, 3> kKeys = {"query_shape", "value_shape", "key_shape"};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    JsonValue said;
    if (shapes.size() > 1) {
      said = JsonValue::array();
      for (const std::int64_t size : shapes[i == 2 && shapes.size() == 2 ? 1 : i].sizes()) said.push_back(size < 0 ? JsonValue() : JsonValue(size));
    }
    config.set(kKeys[i], std::move(said));
  }
}

JsonValue CommonWords::object(const JsonValue& object, bool outermost, const LayerBase* layer) {
  const std::string class_name = word_at(object, "class_name");
  const JsonValue& was = *object.find("config");
  const std::string name = layer_name(object).empty() ? class_name : layer_name(object);
  const bool functional = is_functional(object);
  if (among(class_name, kNewLayers)) tell(name, fmt::format("Keras 2 has no {}", class_name));
  if (word_at(object, "module").starts_with("keras.src.applications")) tell(name, fmt::format("Keras 2 finds no {}, for files of its own neither", class_name));
  JsonValue config = functional ? this->functional(was, layer) : class_name == "Sequential" ? sequential(was, outermost, layer) : layer_config(was, name);
  for (const CommonRule& rule : kRules) {
    if (rule.classes == "*" || among(class_name, rule.classes)) apply(rule, config, name);
  }
  if (JsonValue* dtype = config.find("dtype"); dtype != nullptr && dtype->is_object()) {
    if (word_at(*dtype, "class_name") != "DTypePolicy") tell(name, fmt::format("Keras 2 has no {}", word_at(*dtype, "class_name")));
    *dtype = JsonValue(word_at(*dtype->find("config"), "name"));
  }
  if (class_name == "Bidirectional") keras2::say_layers_of_bidirectional(config);
  if (class_name == "MultiHeadAttention") add_head_shapes(config, layer);
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

}  // namespace

JsonValue common_dialect_config(const JsonValue& config, DialectObstacles& obstacles, const LayerBase* layer) {
  return CommonWords(obstacles).object(config, true, layer);
}

}  // namespace namesake::saving
