#include "namesake/view/keras_names.h"

#include <algorithm>
#include <array>
#include <span>

namespace namesake::view {
namespace {

/// A weight that is there unless the config's `option` is false (or null).
struct Weight {
  std::string_view name;
  std::string_view option = "";
};
struct Class {
  std::string_view name;
  std::array<Weight, 4> weights;
};

constexpr Weight kKernel = {"kernel"};
constexpr Weight kBias = {"bias", "use_bias"};

constexpr std::array kClasses = {
    Class{"Dense", {{kKernel, kBias}}},
    Class{"EinsumDense", {{kKernel, {"bias", "bias_axes"}}}},
    Class{"Conv1D", {{kKernel, kBias}}},
    Class{"Conv2D", {{kKernel, kBias}}},
    Class{"Conv3D", {{kKernel, kBias}}},
    Class{"Conv1DTranspose", {{kKernel, kBias}}},
    Class{"Conv2DTranspose", {{kKernel, kBias}}},
    Class{"Conv3DTranspose", {{kKernel, kBias}}},
    Class{"DepthwiseConv1D", {{kKernel, kBias}}},
    Class{"DepthwiseConv2D", {{kKernel, kBias}}},
    Class{"SeparableConv1D", {{{"depthwise_kernel"}, {"pointwise_kernel"}, kBias}}},
    Class{"SeparableConv2D", {{{"depthwise_kernel"}, {"pointwise_kernel"}, kBias}}},
    Class{"Embedding", {{{"embeddings"}}}},
    Class{"PReLU", {{{"alpha"}}}},
    Class{"BatchNormalization", {{{"gamma", "scale"}, {"beta", "center"}, {"moving_mean"}, {"moving_variance"}}}},
    Class{"LayerNormalization", {{{"gamma", "scale"}, {"beta", "center"}}}},
    Class{"RMSNormalization", {{{"scale"}}}},
    Class{"LayerScale", {{{"gamma"}}}},
    Class{"GroupNormalization", {{{"gamma", "scale"}, {"beta", "center"}}}},
    Class{"Normalization", {{{"mean"}, {"variance"}, {"count"}}}},
    Class{"SimpleRNNCell", {{kKernel, {"recurrent_kernel"}, kBias}}},
    Class{"LSTMCell", {{kKernel, {"recurrent_kernel"}, kBias}}},
    Class{"GRUCell", {{kKernel, {"recurrent_kernel"}, kBias}}},
};

/// State of an optimizer for each weight; with an `option`, only if the config's is true or above 0.
struct Slots {
  std::array<std::string_view, 2> names;
  std::string_view option = "";
};
struct OptimizerClass {
  std::string_view name;
  std::array<Slots, 3> slots;
};
constexpr Slots kMoments = {{"momentum", "velocity"}};
constexpr std::array kOptimizers = {
    OptimizerClass{"Adadelta", {{{{"accumulated_grad", "accumulated_delta_var"}}}}},
    OptimizerClass{"Adagrad", {{{{"accumulator"}}}}},
    OptimizerClass{"Adam", {{kMoments, {{"velocity_hat"}, "amsgrad"}}}},
    OptimizerClass{"AdamW", {{kMoments, {{"velocity_hat"}, "amsgrad"}}}},
    OptimizerClass{"Adamax", {{{{"momentum", "norm"}}}}},
    OptimizerClass{"Ftrl", {{{{"accumulator", "linear"}}}}},
    OptimizerClass{"Lamb", {{kMoments}}},
    OptimizerClass{"Lion", {{{{"momentum"}}}}},
    OptimizerClass{"Nadam", {{kMoments}}},
    OptimizerClass{"RMSprop", {{{{"velocity"}}, {{"momentum"}, "momentum"}, {{"average_gradient"}, "centered"}}}},
    OptimizerClass{"SGD", {{{{"momentum"}, "momentum"}}}},
};

bool is_on(const JsonValue& config, std::string_view option) {
  if (option.empty()) return true;
  const JsonValue* value = config.find(option);
  if (value == nullptr) return true;
  return !value->is_null() && !(value->is_bool() && !value->as_bool());
}

bool is_true(const JsonValue& config, std::string_view option) {
  const JsonValue* value = config.find(option);
  return value != nullptr && value->is_bool() && value->as_bool();
}

bool is_above_zero(const JsonValue& config, std::string_view option) {
  const JsonValue* value = config.find(option);
  return value != nullptr && value->is_number() && value->as_double() > 0;
}

/// `dense_1_kernel_momentum` of dense_1/kernel.
std::string slot_name(std::string_view path, std::string_view slot) {
  std::string name(path);
  std::replace(name.begin(), name.end(), '/', '_');
  return name + "_" + std::string(slot);
}

}  // namespace

std::optional<std::vector<std::string>> keras_weight_names(std::string_view class_name, const JsonValue& config, std::size_t count) {
  const auto found = std::find_if(kClasses.begin(), kClasses.end(), [&](const Class& c) { return c.name == class_name; });
  if (found == kClasses.end()) return std::nullopt;
  std::vector<std::string> names;
  for (const Weight& weight : found->weights) {
    if (!weight.name.empty() && is_on(config, weight.option)) names.emplace_back(weight.name);
  }
  if (names.size() != count) return std::nullopt;
  return names;
}

JsonValue keras_child(std::string_view class_name, const JsonValue& config, std::string_view key) {
  if (key == "cell" && (class_name == "LSTM" || class_name == "GRU" || class_name == "SimpleRNN")) {
    JsonValue cell = config;  // the layer's options are the cell's
    cell.erase("name");
    return JsonValue::object({{"class_name", std::string(class_name) + "Cell"}, {"config", std::move(cell)}});
  }
  const bool both_ways = class_name == "Bidirectional" && (key == "forward_layer" || key == "backward_layer");
  const JsonValue* found = config.find(key);
  if (both_ways && (found == nullptr || found->is_null())) found = config.find("layer");
  if (found == nullptr || !found->is_object() || !found->has("class_name")) return {};
  JsonValue child = *found;
  JsonValue* inner = child.find("config");
  const JsonValue* name = inner == nullptr || !inner->is_object() ? nullptr : inner->find("name");
  if (both_ways && name != nullptr && name->is_string()) {  // Keras 2 writes the name without it
    const std::string prefix(key.substr(0, key.find('_') + 1));
    if (!name->as_string().starts_with(prefix)) inner->set("name", prefix + name->as_string());
  }
  return child;
}

std::optional<std::vector<std::string>> keras_optimizer_names(std::string_view class_name, const JsonValue& config,
                                                              const std::vector<std::string>& paths, std::size_t count) {
  const auto found = std::find_if(kOptimizers.begin(), kOptimizers.end(), [&](const OptimizerClass& c) { return c.name == class_name; });
  if (found == kOptimizers.end()) return std::nullopt;
  std::vector<std::string> names = {"iteration"};
  const JsonValue* rate = config.find("learning_rate");
  if (rate == nullptr || !rate->is_object()) names.emplace_back("learning_rate");  // a schedule is no variable
  const auto add_slots = [&](std::span<const std::string_view> slots) {  // those of one weight side by side
    for (const std::string& path : paths) {
      for (const std::string_view slot : slots) {
        if (!slot.empty()) names.push_back(slot_name(path, slot));
      }
    }
  };
  if (is_true(config, "use_ema")) add_slots(std::array{std::string_view("average")});
  if (is_above_zero(config, "gradient_accumulation_steps")) add_slots(std::array{std::string_view("gradient_accumulator")});
  for (const Slots& slots : found->slots) {
    if (slots.option.empty() || is_true(config, slots.option) || is_above_zero(config, slots.option)) add_slots(slots.names);
  }
  if (class_name == "Nadam") names.emplace_back("variable");
  if (names.size() != count) return std::nullopt;
  return names;
}

}  // namespace namesake::view
