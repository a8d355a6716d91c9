// Saving: names and layout are checked first, then the archive is written, all or nothing.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/naming/path.h"
#include "namesake/nn/model.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/shared_layers.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"

namespace namesake {
namespace {

// A variable's numbers, kept alive until they are written.
formats::ArrayContent array_of(std::string path, const Variable& variable) {
  auto value = std::make_shared<const Tensor>(variable.value());
  const auto bytes = value->bytes();
  return {std::move(path), variable.dtype(), variable.shape(), {bytes, std::move(value)}};
}

void add_state(const Optimizer& optimizer, const std::vector<Variable>& targets, const std::string& group, formats::KerasArchiveContent& content) {
  content.groups.push_back({group + "/vars", JsonValue::object({{"name", optimizer.name()}})});
  std::size_t i = 0;
  for (const Variable& state : optimizer.variables(targets)) content.arrays.push_back(array_of(fmt::format("{}/vars/{}", group, i++), state));
  // Keras keeps the state of an optimizer in another one twice.
  const auto* scaled = dynamic_cast<const LossScaleOptimizerBody*>(optimizer.body().get());
  if (scaled != nullptr) add_state(scaled->inner_optimizer(), targets, group + "/inner_optimizer", content);
}

void add_optimizer(const Model& model, formats::KerasArchiveContent& content) {
  const std::vector<Variable> targets = model.trainable_variables();
  saving::build_optimizer(model);  // Keras restores a state that is whole, or none
  add_state(model.optimizer(), targets, "optimizer", content);
}

// The Python line that opens a file with classes of one's own.
void note_user_classes(const LayerBase& layer, SaveReport& report) {
  for (const ChildLayer& child : layer.children()) {
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

SaveReport save_keras(const Model& model, const std::filesystem::path& file, const SaveOptions& options) {
  if (!model.built()) {
    throw InvalidArgument({.subject = model.name(),
                           .what = fmt::format("The model \"{}\" cannot be saved before it is built: it has no weights yet.", model.name()),
                           .places = {{"model", model.ptr()->site(), model.ptr()->describe(), {}}},
                           .fix = "give the first layer an input_shape, or call the model on a batch"});
  }
  const saving::KerasLayout layout = saving::keras_layout(model, saving::model_name_in_config(model));
  formats::KerasArchiveContent content;
  content.config = saving::keras_config(model, options);
  for (const saving::StoredLayer& layer : layout.layers) {
    content.groups.push_back({naming::join_path(layer.path, "vars"), JsonValue::object({{"name", layer.name}})});
  }
  for (const saving::StoredWeight& weight : layout.weights) content.arrays.push_back(array_of(weight.path, weight.variable));
  SaveReport report{file, {}};
  if (model.is_compiled() && options.include_optimizer) add_optimizer(model, content);
  note_user_classes(*model.ptr(), report);
  if (const LayerBase* shared = nn::SharedLayers::first_in(*model.ptr())) {
    report.notes.push_back(fmt::format("the layer \"{}\" stands in an inner model and outside it: Namesake brings it back shared, Keras 3 cannot open such a file",
                                       shared->name()));
  }
  formats::write_keras_archive(file.string(), content);
  return report;
}

}  // namespace

SaveReport Model::save(const std::filesystem::path& file, const SaveOptions& options) const {
  const ops::StopRecording quiet;
  if (file.extension() == ".keras") return save_keras(*this, file, options);
  throw Unsupported({.subject = file.string(),
                     .what = fmt::format("No format goes by the name \"{}\".", file.filename().string()),
                     .expected = "a file name that ends in .keras",
                     .fix = fmt::format("model.save(\"{}.keras\")", (file.parent_path() / file.stem()).string())});
}

}  // namespace namesake
