// Layers of Keras 2 in Keras 3's words: what a key is called today, which keys went away, and which layers did.
#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "namesake/base/error.h"
#include "namesake/nn/registry.h"
#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving::keras2 {
namespace {

enum class Fate : std::uint8_t {
  kRenamed,  // to `now`
  kGone,     // it said nothing that matters for a saved model
  kFalse,    // gone; only false (or null) could be said in Keras 3
  kOne,      // gone; only 1 (or null)
  kPlain,    // a word or number that Keras 2 may have wrapped in an object
};

struct KeyRule {
  std::string_view classes;  // separated by spaces; "*": all
  std::string_view key;
  Fate fate;
  std::string_view now = "";
};

constexpr std::string_view kRecurrent = "LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D";
constexpr std::string_view kUngrouped = "Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D";
constexpr std::string_view kDepthwise = "DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D";

constexpr auto kKeyRules = std::to_array<KeyRule>({
    {"InputLayer", "batch_input_shape", Fate::kRenamed, "batch_shape"},
    {"InputLayer", "type_spec", Fate::kGone},
    {"*", "batch_input_shape", Fate::kGone},  // a Sequential has taken it by now
    {"*", "input_dtype", Fate::kGone},
    {"LeakyReLU", "alpha", Fate::kRenamed, "negative_slope"},
    {"LeakyReLU", "negative_slope", Fate::kPlain},
    {"ReLU", "max_value", Fate::kPlain},
    {"ReLU", "negative_slope", Fate::kPlain},
    {"ReLU", "threshold", Fate::kPlain},
    {"ELU", "alpha", Fate::kPlain},
    {"Embedding", "input_length", Fate::kGone},
    {kUngrouped, "groups", Fate::kOne},
    {kDepthwise, "kernel_initializer", Fate::kGone},
    {kDepthwise, "kernel_regularizer", Fate::kGone},
    {kDepthwise, "kernel_constraint", Fate::kGone},
    {"DepthwiseConv1D DepthwiseConv2D", "filters", Fate::kGone},
    {kRecurrent, "time_major", Fate::kFalse},
    {"LSTM GRU SimpleRNN LSTMCell GRUCell SimpleRNNCell", "implementation", Fate::kGone},
    {"BatchNormalization", "fused", Fate::kGone},
    {"BatchNormalization", "virtual_batch_size", Fate::kFalse},
    {"BatchNormalization", "adjustment", Fate::kFalse},
    {"Attention AdditiveAttention", "causal", Fate::kGone},  // its calls say it by now
    {"MultiHeadAttention", "query_shape", Fate::kGone},
    {"MultiHeadAttention", "key_shape", Fate::kGone},
    {"MultiHeadAttention", "value_shape", Fate::kGone},
    {"SpatialDropout1D SpatialDropout2D SpatialDropout3D", "noise_shape", Fate::kGone},
    {"CategoryEncoding", "sparse", Fate::kFalse},
});

// Classes that are called otherwise today.
constexpr std::array<std::array<std::string_view, 2>, 4> kClassWords{{
    {"BatchNormalizationV1", "BatchNormalization"},
    {"BatchNormalizationV2", "BatchNormalization"},
    {"LSTMV2", "LSTM"},
    {"GRUV2", "GRU"},
}};

// Registered in Keras 2 as a user's class would be; keras.applications.InceptionResNetV2 has it.
constexpr std::string_view kScaleOfKeras2 = "Custom>CustomScaleLayer";

struct GoneLayer {
  std::string_view class_name;
  std::string_view fix;
};
constexpr std::string_view kOwnLayer = "write it as a layer of your own, and give it the weights in Keras 2";
constexpr std::string_view kCuDnn = "open the file in Keras 2 with the layer's class replaced (CuDNNLSTM by LSTM, CuDNNGRU by GRU with reset_after=True), and save it again";
constexpr std::string_view kAugment = "leave it out: it only changes images in training";
constexpr auto kGone = std::to_array<GoneLayer>({
    {"ThresholdedReLU", "use ReLU(threshold=theta), which does the same, and save the model again in Keras 2"},
    {"LocallyConnected1D", kOwnLayer},
    {"LocallyConnected2D", kOwnLayer},
    {"CuDNNLSTM", kCuDnn},
    {"CuDNNGRU", kCuDnn},
    {"RandomHeight", kAugment},
    {"RandomWidth", kAugment},
    {"DenseFeatures", "make the features before the model, with keras.layers.StringLookup, Discretization and CategoryEncoding"},
    {"ConvLSTM2DCell", kOwnLayer},
    {"PeepholeLSTMCell", kOwnLayer},
});

void refuse_gone(const JsonView& object, std::string_view class_name) {
  for (const GoneLayer& gone : kGone) {
    if (gone.class_name != class_name) continue;
    const std::string name = layer_name(object.value());
    throw Unsupported({.subject = name,
                       .what = fmt::format("{}{}the layer \"{}\" is a {}, which Keras 3 no longer has.",
                                           object.file().empty() ? "" : fmt::format("{}: ", object.file()), object.path().empty() ? "" : object.path() + ": ", name,
                                           class_name),
                       .fix = std::string(gone.fix)});
  }
}

[[noreturn]] void refuse_value(const JsonView& config, const KeyRule& rule, const JsonValue& value, std::string_view class_name) {
  const std::string name = word_at(config.value(), "name");
  throw Unsupported({.subject = name,
                     .what = fmt::format("{}{}the layer \"{}\" ({}) has {} = {}, which Keras 3 has no word for.",
                                         config.file().empty() ? "" : fmt::format("{}: ", config.file()), config.path().empty() ? "" : config.path() + ": ", name, class_name,
                                         rule.key, to_json(value)),
                     .expected = fmt::format("{} = {}", rule.key, rule.fate == Fate::kOne ? "1" : "false"),
                     .fix = rule.key == "time_major" ? "swap the first two axes with a Permute or a transpose before and after the layer" : ""});
}

[[noreturn]] void refuse_layer(const JsonView& config, std::string_view class_name, std::string_view what, std::string_view fix) {
  const std::string name = word_at(config.value(), "name");
  throw Unsupported({.subject = name,
                     .what = fmt::format("{}{}the layer \"{}\" ({}) {}.", config.file().empty() ? "" : fmt::format("{}: ", config.file()),
                                         config.path().empty() ? "" : config.path() + ": ", name, class_name, what),
                     .fix = std::string(fix)});
}

// Values that no rule of a key tells, with the way out.
void refuse_unknown_values(std::string_view class_name, const JsonValue& config, const JsonView& was) {
  const JsonValue* axis = config.find("axis");
  if (class_name == "BatchNormalization" && axis != nullptr && axis->is_array() && axis->items().size() > 1) {
    refuse_layer(was, class_name, fmt::format("normalizes over the axes {}, Keras 3 over one axis", to_json(*axis)),
                 "make one axis of them with a Reshape before the layer, and several again after it");
  }
  if (class_name == "SeparableConv1D" && word_at(config, "padding") == "causal") {
    refuse_layer(was, class_name, "has padding = \"causal\", which it has not in Keras 3",
                 "put ZeroPadding1D(((kernel_size - 1) * dilation_rate, 0)) before it, and give it padding=\"valid\"");
  }
  const JsonValue* activation = config.find("activation");
  if (activation != nullptr && activation->is_object()) {
    const nn::LayerClass* layer = nn::find_layer_class("", word_at(*activation, "class_name"));
    if (layer != nullptr) {
      refuse_layer(was, class_name, fmt::format("has the layer {} as its activation, which is not done here", word_at(*activation, "class_name")),
                   "make it a layer of its own after this one, and save the model again");
    }
  }
}

// 0.5, or {"class_name": "__numpy__", "config": {"value": 0.5, "dtype": "float32"}}, or {"type": "ndarray", "value": 0.5}.
JsonValue plain(const JsonValue& value) {
  if (!value.is_object()) return value;
  const JsonValue* inner = value.find("config");
  if (inner == nullptr || !inner->is_object()) inner = &value;
  const JsonValue* found = inner->find("value");
  return found == nullptr ? value : *found;
}

void apply(const KeyRule& rule, JsonValue& config, const JsonView& was, std::string_view class_name) {
  JsonValue* found = config.find(rule.key);
  if (found == nullptr) return;
  const bool nothing = found->is_null() || *found == JsonValue(false);
  switch (rule.fate) {
    case Fate::kPlain: *found = plain(*found); return;
    case Fate::kFalse:
      if (!nothing) refuse_value(was, rule, *found, class_name);
      break;
    case Fate::kOne:
      if (!nothing && !(*found == JsonValue(1))) refuse_value(was, rule, *found, class_name);
      break;
    case Fate::kRenamed: config.set(rule.now, plain(*found)); break;
    case Fate::kGone: break;
  }
  config.erase(rule.key);
}

// {"class_name": "Policy", "config": {"name": "mixed_float16"}} is the word; "_infer" is what a layer had before there were policies.
void name_policy(JsonValue& config) {
  JsonValue* dtype = config.find("dtype");
  if (dtype == nullptr) return;
  if (dtype->is_object() && dtype->find("config") != nullptr) *dtype = JsonValue(word_at(*dtype->find("config"), "name"));
  if (*dtype == JsonValue("_infer") || *dtype == JsonValue("")) *dtype = "float32";
}

// Keras 2 has another hard_sigmoid: clip(x / 5 + 1/2, 0, 1), which is clip(x / 6 + 1/2, 0, 1) in Keras 3.
void name_activations(JsonValue& config) {
  for (JsonMember& member : config.members()) {
    if (!member.key.ends_with("activation")) continue;
    if (member.value == JsonValue("hard_sigmoid")) member.value = "keras2_hard_sigmoid";
  }
}

// Rules that are more than a key.
void special_rules(std::string_view class_name, JsonValue& config) {
  if (class_name == "BatchNormalization") {  // one axis, in a list
    JsonValue* axis = config.find("axis");
    if (axis != nullptr && axis->is_array() && axis->items().size() == 1) *axis = JsonValue(axis->items()[0]);
  }
  if (class_name == "Bidirectional") name_backward_layer(config);
  if (class_name == "GRU" || class_name == "GRUCell") {  // before Keras 2.1.3 there was no other
    if (!config.has("reset_after")) config.set("reset_after", false);
  }
  if (class_name == "MultiHeadAttention") config.set("keeps_masks", true);
  if (class_name == "VarianceScaling") {
    if (word_at(config, "distribution") == "normal") config.set("distribution", "truncated_normal");
  }
}

JsonValue input_layer_for(const JsonValue& layer, const JsonValue& shape) {
  const std::string dtype = word_at(*layer.find("config"), "dtype");
  return JsonValue::object({{"module", "keras.layers"},
                            {"class_name", "InputLayer"},
                            {"config", JsonValue::object({{"batch_shape", shape},
                                                          {"dtype", dtype.empty() || dtype.starts_with("mixed_") ? "float32" : dtype},
                                                          {"sparse", false},
                                                          {"ragged", false},
                                                          {"name", layer_name(layer) + "_input"}})},
                            {"registered_name", nullptr}});
}

JsonValue keras3_sequential(const JsonView& config) {
  JsonValue now = JsonValue::object();
  const bool bare = config->is_array();  // until Keras 2.2.2 the config was the list itself
  if (bare) {
    now.add("name", "sequential");
  } else {
    for (const JsonMember& member : config.as_object()) {
      if (member.key != "layers") now.add(member.key, member.value);
    }
    name_policy(now);
  }
  JsonValue layers = JsonValue::array();
  for (const JsonView& layer : (bare ? config : config.at("layers")).items()) {
    const JsonView inner = layer.at("config");
    const JsonValue* shape = inner->find("batch_input_shape");
    if (layers.items().empty() && shape != nullptr && shape->is_array() && word_at(layer.value(), "class_name") != "InputLayer") {
      layers.push_back(input_layer_for(layer.value(), *shape));
    }
    layers.push_back(keras3_object(layer));
  }
  now.add("layers", std::move(layers));
  return now;
}

JsonValue keras3_value(const JsonView& value) {
  if (value->is_object()) {
    if (value->has("class_name") && value->has("config") && value.at("config")->is_object()) return keras3_object(value);
  } else if (value->is_array()) {
    JsonValue list = JsonValue::array();
    for (const JsonView& item : value.items()) list.push_back(keras3_value(item));
    return list;
  }
  return value.value();
}

JsonValue plain_config(std::string_view class_name, const JsonView& was) {
  JsonValue config = JsonValue::object();
  for (const JsonMember& member : was.as_object()) config.add(member.key, keras3_value(was.at(member.key)));
  for (const KeyRule& rule : kKeyRules) {
    if (rule.classes == "*" || among(class_name, rule.classes)) apply(rule, config, was, class_name);
  }
  name_policy(config);
  name_activations(config);
  special_rules(class_name, config);
  refuse_unknown_values(class_name, config, was);
  return config;
}

bool is_functional(std::string_view class_name, const JsonView& config) {
  return among(class_name, "Functional Model Network") || (config->is_object() && config->has("input_layers") && config->has("output_layers"));
}

}  // namespace

bool among(std::string_view word, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    if (words.substr(0, end) == word) return true;
    words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
  }
  return false;
}

std::string word_at(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

std::string layer_name(const JsonValue& entry) {
  std::string name = word_at(entry, "name");
  const JsonValue* config = entry.find("config");
  return !name.empty() || config == nullptr ? name : word_at(*config, "name");
}

JsonValue keras3_object(const JsonView& object) {
  std::string class_name = object.at("class_name").as_string();
  refuse_gone(object, class_name);
  for (const auto& [old, now] : kClassWords) {
    if (class_name == old) class_name = now;
  }
  const JsonView was = object.at("config");
  JsonValue result = JsonValue::object();
  std::string registered = word_at(object.value(), "registered_name");
  if (const std::size_t mark = class_name.find('>'); mark != std::string::npos) {  // a user's class in a `.h5` file
    registered = class_name;
    class_name = class_name.substr(mark + 1);
  }
  if (registered == kScaleOfKeras2 && nn::find_layer_class(registered, class_name) == nullptr) registered.clear();
  JsonValue config;
  if (class_name == "Sequential") {
    config = keras3_sequential(was);
  } else if (is_functional(class_name, was)) {
    if (among(class_name, "Model Network")) class_name = "Functional";
    config = keras3_functional(was);
  } else {
    config = plain_config(class_name, was);
  }
  const bool users = registered.find('>') != std::string::npos;
  const nn::LayerClass* known = nn::find_layer_class(users ? registered : "", class_name);
  const bool keras = known != nullptr && !known->module.empty();
  if (keras) {
    result.add("module", known->module);
  } else if (const JsonValue* module = object->find("module")) {
    result.add("module", *module);
  }
  result.add("class_name", class_name);
  result.add("config", std::move(config));
  result.add("registered_name", class_name == "Functional" ? JsonValue("Functional") : keras || registered.empty() ? JsonValue() : JsonValue(registered));
  for (const JsonMember& member : object.as_object()) {
    if (!among(member.key, "module class_name config registered_name shared_object_id inbound_nodes")) result.add(member.key, member.value);
  }
  return result;
}

}  // namespace namesake::saving::keras2
