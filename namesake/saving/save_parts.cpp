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
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"

namespace namesake::saving {

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

formats::Hdf5Content keras_content(const Model& model, bool with_optimizer) {
  const KerasLayout layout = keras_layout(model, model_name_in_config(model));
  formats::Hdf5Content content;
  for (const StoredLayer& layer : layout.layers) {
    content.groups.push_back({naming::join_path(layer.path, "vars"), JsonValue::object({{"name", layer.name}})});
  }
  for (const StoredWeight& weight : layout.weights) content.arrays.push_back(array_of(weight.path, weight.variable));
  if (with_optimizer && model.is_compiled()) add_optimizer(model, content);
  return content;
}

namespace {

void note_user_classes(const LayerBase& layer, SaveReport& report) {
  for (const ChildLayer& child : layer.children()) {
    if (dynamic_cast<const nn::OpLayerBody*>(child.layer.get()) != nullptr) continue;
    const nn::LayerClass* known = nn::find_layer_class("", child.layer->class_name());
    if (known == nullptr || known->module.empty()) {
      const std::string registered = known == nullptr ? fmt::format("Custom>{}", child.layer->class_name()) : known->registered_name;
      const std::string package = registered.substr(0, registered.find('>'));
      std::string note = fmt::format("in Python: @keras.saving.register_keras_serializable(package=\"{}\") class {}(keras.layers.Layer)",
                                     package, child.layer->class_name());
      if (std::find(report.notes.begin(), report.notes.end(), note) == report.notes.end()) report.notes.push_back(std::move(note));
    }
    note_user_classes(*child.layer, report);
  }
}

}  // namespace

void note_for_keras(const Model& model, SaveReport& report) {
  note_user_classes(*model.ptr(), report);
  if (const LayerBase* shared = nn::SharedLayers::first_in(*model.ptr())) {
    report.notes.push_back(fmt::format("the layer \"{}\" stands in an inner model and outside it: Namesake brings it back shared, Keras 3 cannot open such a file",
                                       shared->name()));
  }
}

}  // namespace namesake::saving
