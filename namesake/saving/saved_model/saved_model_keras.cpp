#include "namesake/saving/saved_model/saved_model_keras.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/sequential.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/checkpoint/checkpoint_objects.h"
#include "namesake/saving/config_words.h"
#include "namesake/saving/keras2/keras2_dialect.h"
#include "namesake/saving/keras2/keras2_parts.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/legacy/legacy_config.h"

namespace namesake::saving {
namespace {

using keras2::word_at;

// Which of a functional model's layers are models themselves, by name.
struct InnerModels {
  std::set<std::string> functional, sequential;
};

InnerModels inner_models(const JsonValue& config) {
  InnerModels models;
  for (const JsonValue& entry : config.find("layers")->items()) {
    const std::string class_name = word_at(entry, "class_name");
    if (class_name == "Model") models.functional.insert(keras2::layer_name(entry));
    if (class_name == "Sequential") models.sequential.insert(keras2::layer_name(entry));
  }
  return models;
}

// ["encoder", 3, 0, {}]: Keras 2 counts the graph of a model as its call 0. The words for both count every call of a functional model twice,
// and give a Sequential no graph.
JsonValue counted_as_keras2(const JsonValue& reference, const InnerModels& models) {
  if (!reference.is_array()) return reference;
  const JsonArray& items = reference.items();
  JsonValue result = JsonValue::array();
  if (items.size() < 2 || !items[0].is_string() || !items[1].is_int()) {
    for (const JsonValue& item : items) result.push_back(counted_as_keras2(item, models));
    return result;
  }
  std::int64_t call = items[1].as_int();
  if (models.functional.contains(items[0].as_string())) call = (call - 1) / 2 + 1;
  else if (models.sequential.contains(items[0].as_string())) ++call;
  for (std::size_t i = 0; i < items.size(); ++i) result.push_back(i == 1 ? JsonValue(call) : items[i]);
  return result;
}

JsonValue functional_for_keras2(const JsonValue& config) {
  const InnerModels models = inner_models(config);
  JsonValue result = config, layers = JsonValue::array();
  for (const JsonValue& entry : config.find("layers")->items()) {
    JsonValue layer = entry;
    JsonValue calls = JsonValue::array();
    const JsonArray& given = entry.find("inbound_nodes")->items();
    const std::size_t step = models.functional.contains(keras2::layer_name(entry)) ? 2 : 1;
    for (std::size_t i = 0; i < given.size(); i += step) calls.push_back(counted_as_keras2(given[i], models));
    layer.set("inbound_nodes", std::move(calls));
    layers.push_back(std::move(layer));
  }
  result.set("layers", std::move(layers));
  for (const char* key : {"input_layers", "output_layers"}) result.set(key, counted_as_keras2(*config.find(key), models));
  return result;
}

JsonValue tensor_shape(const Shape& shape) {
  JsonValue items = JsonValue::array();
  for (const std::int64_t size : shape.sizes()) items.push_back(size < 0 ? JsonValue() : JsonValue(size));
  return JsonValue::object({{"class_name", "TensorShape"}, {"items", std::move(items)}});
}

JsonValue build_input_shape(const std::vector<Shape>& shapes) {
  if (shapes.size() == 1) return tensor_shape(shapes[0]);
  JsonValue list = JsonValue::array();
  for (const Shape& shape : shapes) list.push_back(tensor_shape(shape));
  return list;
}

std::vector<Shape> shapes_of(const LayerBase& layer) {
  const auto* model = dynamic_cast<const ModelBase*>(&layer);
  if (!layer.built_shapes().empty() || model == nullptr || !model->input_shape().known_rank()) return layer.built_shapes();
  return {model->input_shape()};
}

std::string identifier_of(const LayerBase& layer) {
  if (layer.class_name() == "InputLayer") return "_tf_keras_input_layer";
  if (dynamic_cast<const nn::SequentialBody*>(&layer) != nullptr) return "_tf_keras_sequential";
  if (dynamic_cast<const nn::FunctionalBody*>(&layer) != nullptr) return "_tf_keras_network";
  return layer.is_model() ? "_tf_keras_model" : "_tf_keras_layer";
}

class Writer {
 public:
  explicit Writer(const SavedModelContent& content) : content_(content) {}

  // An entry for the layer, of which `common` is {"class_name", "config"} in the words for both. `in_class`: it is part of a class of a user's,
  // whose Python code makes it: Keras 2 must not make its graph anew.
  void add(const LayerBase& layer, const JsonValue& common, const std::string& path, bool in_class = false) {
    const auto node = content_.nodes.find(&layer);
    if (node == content_.nodes.end() || !done_.insert(&layer).second) return;
    const JsonValue object = model_config_for_h5(common);
    JsonValue config = *object.find("config");
    if (dynamic_cast<const nn::FunctionalBody*>(&layer) != nullptr) config = functional_for_keras2(config);
    JsonValue metadata = JsonValue::object({{"name", word_at(config, "name")}, {"class_name", *object.find("class_name")}, {"trainable", layer.trainable()}});
    if (const JsonValue* dtype = config.find("dtype")) metadata.add("dtype", *dtype);
    if (const JsonValue* shape = config.find("batch_input_shape"); shape != nullptr && layer.class_name() == "InputLayer") metadata.add("batch_input_shape", *shape);
    if (const std::vector<Shape> shapes = shapes_of(layer); !shapes.empty()) metadata.add("build_input_shape", build_input_shape(shapes));
    if (!in_class || !layer.is_model()) metadata.add("config", std::move(config));
    entries.push_back({node->second, path, identifier_of(layer), std::move(metadata), 2, 1});
    add_children(layer, path, in_class);
  }

  std::vector<formats::KerasMetadata> entries;

 private:
  void add_child(const LayerBase& owner, const LayerBase& layer, const std::string& path, bool in_class) {
    DialectObstacles ignored;
    add(layer, common_dialect_config(nn::serialize_layer(layer, nn::name_in_config(owner, layer)), ignored, &layer), path, in_class);
  }

  void add_children(const LayerBase& owner, const std::string& path, bool in_class) {
    const std::vector<const LayerBase*> counted = layers_in_keras2(owner);
    for (std::size_t i = 0; i < counted.size(); ++i) add_child(owner, *counted[i], fmt::format("{}.layer-{}", path, i), in_class);
    for (const ChildLayer& child : owner.children()) {
      if (!child.attribute.empty()) add_child(owner, *child.layer, fmt::format("{}.{}", path, child.attribute), true);
    }
  }

  const SavedModelContent& content_;
  std::set<const LayerBase*> done_;
};

}  // namespace

std::vector<formats::KerasMetadata> saved_model_keras(const Model& model, const SavedModelContent& content, const SaveOptions& options, SaveReport& report) {
  SaveReport said;
  WordedConfig worded;
  try {
    worded = config_in_words(model, options, Words::kKeras2OrKeras3, said);
  } catch (const Unsupported& error) {  // a graph of a file has no config
    report.notes.push_back(fmt::format("not for Keras 2's load_model: {}", error.parts().what));
    return {};
  }
  report.notes.insert(report.notes.end(), said.notes.begin(), said.notes.end());
  if (!worded.common) return {};
  report.opened_by.emplace_back("Keras 2");
  Writer writer(content);
  writer.add(*model.ptr(), worded.config, "root");
  const JsonValue* compiled = worded.config.find("compile_config");
  if (compiled != nullptr && worded.common_compile) {
    writer.entries.front().metadata.add("training_config", training_config_for_h5(*compiled, OptimizerReader::kKeras2));
  }
  return std::move(writer.entries);
}

}  // namespace namesake::saving
