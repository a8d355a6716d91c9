#include "namesake/saving/save_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/nn/op_layer.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/shared_layers.h"
#include "namesake/ops/create.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"

namespace namesake::saving {

bool is_other_format(const std::filesystem::path& file) {
  constexpr std::string_view kOthers[] = {".keras", ".index", ".pb", ".pbtxt", ".onnx", ".tflite", ".safetensors", ".npz", ".npy", ".pt", ".pth", ".pkl", ".json", ".weights", ".zip"};
  const auto is_one = [&](const std::string& word) { return std::find(std::begin(kOthers), std::end(kOthers), word) != std::end(kOthers); };
  return !file.has_filename() || is_one(file.extension().string()) || is_one(file.filename().string());  // ".keras" is an ending without a name
}

formats::ArrayContent array_of(std::string path, const Variable& variable) {
  auto value = std::make_shared<const Tensor>(variable.value());
  const auto bytes = value->bytes();
  return {std::move(path), variable.dtype(), variable.shape(), {bytes, std::move(value)}};
}

namespace {

void add_state(const Optimizer& optimizer, const std::vector<Variable>& targets, const std::string& group, formats::Hdf5Content& content) {
  content.groups.push_back({group + "/vars", JsonValue::object({{"name", optimizer.name()}})});
  std::size_t i = 0;
  for (const Variable& state : optimizer.variables(targets)) content.arrays.push_back(array_of(fmt::format("{}/vars/{}", group, i++), state));
  // Keras keeps the state of an optimizer in another one twice.
  const auto* scaled = dynamic_cast<const LossScaleOptimizerBody*>(optimizer.body().get());
  if (scaled != nullptr) add_state(scaled->inner_optimizer(), targets, group + "/inner_optimizer", content);
}

void add_optimizer(const Model& model, formats::Hdf5Content& content) {
  const std::vector<Variable> targets = model.trainable_variables();
  build_optimizer(model);  // Keras restores a state that is whole, or none
  add_state(model.optimizer(), targets, "optimizer", content);
}

}  // namespace

void check_built(const Model& model) {
  if (model.built()) return;
  throw InvalidArgument({.subject = model.name(),
                         .what = fmt::format("The model \"{}\" cannot be saved before it is built: it has no weights yet.", model.name()),
                         .places = {{"model", model.ptr()->site(), model.ptr()->describe(), {}}},
                         .fix = "give the first layer an input_shape, or call the model on a batch"});
}

formats::Hdf5Content keras_content(const Model& model, bool with_optimizer, bool keras2) {
  const KerasLayout layout = keras_layout(model, model_name_in_config(model), keras2);
  formats::Hdf5Content content;
  for (const StoredLayer& layer : layout.layers) {
    content.groups.push_back({naming::join_path(layer.path, "vars"), JsonValue::object({{"name", layer.name}})});
  }
  for (const StoredWeight& weight : layout.weights) content.arrays.push_back(array_of(weight.path, weight.variable));
  if (with_optimizer && model.is_compiled()) add_optimizer(model, content);
  return content;
}

bool has_state(const Model& model) {
  if (!model.is_compiled() || !model.optimizer().built() || model.optimizer().iterations() == 0) return false;
  const bool scheduled = model.optimizer().learning_rate_schedule().defined();
  return scheduled || model.optimizer().variables().size() > 2;  // more than the number of steps and the learning rate, which its config has
}

std::vector<Variable> state_for_keras2(const Model& model, SaveReport& report) {
  build_optimizer(model);
  const Optimizer& optimizer = model.optimizer();
  if (optimizer.class_name() == "Adafactor") {
    if (has_state(model)) report.dropped.emplace_back("the optimizer's state: Keras 2 keeps Adafactor's in another way");
    return {};
  }
  std::vector<Variable> variables = optimizer.variables(model.trainable_variables());
  if (!optimizer.learning_rate_schedule().defined()) variables.erase(variables.begin() + 1);  // its config has the learning rate
  if (optimizer.class_name() == "Nadam") {
    variables.pop_back();
    if (has_state(model)) report.dropped.emplace_back("of the optimizer's state the product of Nadam's momentums, which Keras 2 does not keep: its next steps are a little longer");
  }
  if (optimizer.class_name() == "SGD" && variables.size() == 1) {  // it keeps momentums that it does not use
    for (const Variable& weight : model.trainable_variables()) {
      const Tensor value = weight.value();
      variables.emplace_back(zeros(value.shape(), value.dtype()), VariableOptions{.name = "m", .trainable = false});
    }
  }
  return variables;
}

void add_state_for_keras2(const Model& model, formats::Hdf5Content& content, SaveReport& report) {
  const std::vector<Variable> variables = state_for_keras2(model, report);
  if (variables.empty()) return;
  content.groups.push_back({"optimizer/vars", JsonValue::object()});
  for (std::size_t i = 0; i < variables.size(); ++i) content.arrays.push_back(array_of(fmt::format("optimizer/vars/{}", i), variables[i]));
  if (has_state(model)) report.notes.emplace_back("the optimizer's state is stored as Keras 2 keeps it: Keras 3 drops it");
}

namespace {

struct UsersClass {
  std::string registered_name, class_name;
  bool is_model = false;
  std::vector<std::string> attributes;  // under which it keeps layers
};

void find_users_classes(const LayerBase& layer, std::vector<UsersClass>& found) {
  const std::string class_name(layer.class_name());
  const nn::LayerClass* known = nn::layer_class_of(layer);
  const bool kerass = dynamic_cast<const nn::OpLayerBody*>(&layer) != nullptr || (known != nullptr && !known->module.empty());
  const auto same = [&](const UsersClass& other) { return other.class_name == class_name; };
  if (!kerass && std::find_if(found.begin(), found.end(), same) == found.end()) {
    UsersClass users{known == nullptr ? fmt::format("Custom>{}", class_name) : known->registered_name, class_name, layer.is_model(), {}};
    for (const ChildLayer& child : layer.children()) users.attributes.push_back("self." + child.attribute);
    found.push_back(std::move(users));
  }
  for (const ChildLayer& child : layer.children()) find_users_classes(*child.layer, found);
}

}  // namespace

void note_users_classes(const Model& model, SaveReport& report) {
  std::vector<UsersClass> classes;
  find_users_classes(*model.ptr(), classes);
  if (classes.empty()) return;
  std::string objects;
  for (const UsersClass& users : classes) {
    const std::string package = users.registered_name.substr(0, users.registered_name.find('>'));
    report.python.push_back(fmt::format("@keras.saving.register_keras_serializable(package=\"{}\") class {}(keras.{}){}", package, users.class_name,
                                        users.is_model ? "Model" : "layers.Layer",
                                        users.attributes.empty() ? "" : fmt::format(", its layers in {}", fmt::join(users.attributes, ", "))));
    objects += fmt::format("{}\"{}\": {}", objects.empty() ? "" : ", ", users.registered_name, users.class_name);
  }
  report.python.push_back(fmt::format("keras.models.load_model(\"{}\", custom_objects={{{}}})", report.file.string(), objects));
}

void note_for_keras(const Model& model, SaveReport& report) {
  note_users_classes(model, report);
  if (const LayerBase* shared = nn::SharedLayers::first_in(*model.ptr())) {
    report.notes.push_back(fmt::format("the layer \"{}\" stands in an inner model and outside it: Namesake brings it back shared, Keras 3 cannot open such a file",
                                       shared->name()));
  }
}

}  // namespace namesake::saving
