#include "namesake/nn/keras_ops.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/keras_ops/op_families.h"
#include "namesake/optim/keras_object.h"

namespace namesake::nn {
namespace {

constexpr std::array kFamilies = {arithmetic_ops, unary_ops,     activation_ops, neural_ops, reduction_ops,
                                  shaping_ops,    arranging_ops, indexing_ops,   product_ops, image_ops};

const OpClass* find_class(std::string_view name) {
  for (const auto family : kFamilies) {
    for (const OpClass& known : family()) {
      if (known.name == name) return &known;
    }
  }
  return nullptr;
}

std::string_view nearest_class(std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto family : kFamilies) {
    for (const OpClass& op : family()) known.push_back(op.name);
  }
  return optim::nearest_word(name, known);
}

}  // namespace

bool is_op_module(std::string_view module) { return module.starts_with("keras.src.ops") || module == "keras.ops" || module == kActivations; }

bool is_op_entry(const JsonValue& entry) {
  const JsonValue *module = entry.find("module"), *config = entry.find("config"), *class_name = entry.find("class_name");
  if (module != nullptr) return module->is_string() && is_op_module(module->as_string());
  if (config == nullptr || !config->is_object() || config->has("trainable")) return false;
  return class_name != nullptr && class_name->is_string() && find_class(class_name->as_string()) != nullptr;
}

OpCall read_op(const JsonView& object, JsonValue args, JsonValue kwargs) {
  const std::string& name = object.at("class_name").as_string();
  const OpClass* known = find_class(name);
  if (known == nullptr) {
    const std::string_view nearest = nearest_class(name);
    throw Unsupported({.subject = name,
                       .what = fmt::format("{}{}the operation {} is not known here.", object.file().empty() ? "" : fmt::format("{}: ", object.file()),
                                           object.path().empty() ? "" : object.path() + ": ", name),
                       .expected = nearest.empty() ? "an operation of keras.ops that is known here" : fmt::format("an operation of keras.ops such as {}", nearest),
                       .fix = "put it into a layer of your own, or use another operation"});
  }
  OpCall call{.class_name = known->name, .module = known->module, .args = std::move(args), .kwargs = std::move(kwargs)};
  for (const JsonMember& member : object.at("config").as_object()) {
    if (member.key != "name") call.config.add(member.key, member.value);
  }
  OpArguments arguments(object, call.args, call.kwargs);
  call.run = known->make(arguments);
  arguments.refuse_others();
  return call;
}

}  // namespace namesake::nn
