#include "namesake/nn/serialization.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/scope.h"
#include "namesake/naming/unique_names.h"
#include "namesake/nn/foreign_names.h"
#include "namesake/nn/functional_config.h"
#include "namesake/nn/op_layer.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/sequential.h"
#include "namesake/nn/shared_layers.h"

namespace namesake::nn {
namespace {

// The path that a name in a config stands for: `a>d` as we write scopes, `a/d` as Keras 2 allowed. Others are one component.
std::string path_in_config(std::string_view name) {
  if (const auto path = naming::unflatten_scoped(name)) return *path;
  return std::string(name);
}

// Opens the scopes of a layer's name in a config, and leaves its own name in the config that the layer is made of.
class ScopedConfig {
 public:
  explicit ScopedConfig(const JsonView& object) : object_(object) {
    const JsonValue* name = object.at("config").value().find("name");
    if (name == nullptr || !name->is_string()) return;
    const std::string path = path_in_config(name->as_string());
    if (!naming::readable(path)) object.at("config").at("name").fail("A layer has an unreadable name.", "UTF-8 without control characters", to_json(*name));
    const std::string_view scopes = naming::parent_path(path);
    if (scopes.empty()) return;
    changed_ = object.value();
    changed_->find("config")->set("name", naming::leaf_name(path));
    naming::ScopePtr scope = naming::current_scope();
    for (const std::string& component : naming::split_path(scopes)) scope = scope->make_child(component);
    entry_.emplace(std::move(scope));
  }
  [[nodiscard]] JsonView view() const { return changed_ ? JsonView(*changed_) : object_; }

 private:
  JsonView object_;
  std::optional<JsonValue> changed_;
  std::optional<naming::ScopeEntry> entry_;
};

// `input_layer`, unless a layer is called so.
std::string free_input_name(const SequentialBody& model) {
  naming::UniqueNames names;
  for (const ChildLayer& child : model.children()) static_cast<void>(names.take(name_in_config(model, *child.layer)));
  return names.take("input_layer");
}

JsonValue sequential_config(const SequentialBody& model, std::string_view name) {
  JsonValue config = JsonValue::object({{"name", name}, {"trainable", model.trainable()}, {"dtype", model.dtype_policy()}});
  JsonValue layers = JsonValue::array();
  const Shape input = model.input_shape();
  for (const ChildLayer& child : model.children()) {
    if (layers.items().empty() && input.known_rank() && child.layer->class_name() != "InputLayer") {
      // Keras names the input of a model that was given a shape: without this entry the model would be built later, under other names.
      layers.push_back(JsonValue::object({{"module", "keras.layers"},
                                          {"class_name", "InputLayer"},
                                          {"config", JsonValue::object({{"batch_shape", shape_to_json(input)},
                                                                        {"dtype", "float32"},
                                                                        {"sparse", false},
                                                                        {"ragged", false},
                                                                        {"name", free_input_name(model)}})},
                                          {"registered_name", nullptr}}));
    }
    layers.push_back(serialize_layer(*child.layer, name_in_config(model, *child.layer)));
  }
  config.add("layers", std::move(layers));
  if (input.known_rank()) config.add("build_input_shape", shape_to_json(input));
  return config;
}

}  // namespace

std::string name_in_config(const LayerBase& owner, const LayerBase& child) {
  const std::string path = owner.child_path(child);
  return path.find('/') == std::string::npos ? path : naming::flatten_scoped(path);
}

namespace {

JsonValue serialize_op(const OpLayerBody& op, std::string_view name) {
  const OpCall& call = op.operation();
  if (call.module.empty()) {
    throw Unsupported({.subject = std::string(name),
                       .what = fmt::format("The op {} (\"{}\") has no class in Keras: a model with it runs, and cannot be saved.", call.class_name, name),
                       .places = {{"model", op.site(), {}, op.scope()->path()}},
                       .fix = "put it into a layer of your own, or use another op"});
  }
  return JsonValue::object({{"module", call.module}, {"class_name", call.class_name}, {"config", op.config(name)}, {"registered_name", call.class_name}});
}

JsonValue config_of_layer(const LayerBase& layer, std::string_view name) {
  if (const auto* sequential = dynamic_cast<const SequentialBody*>(&layer)) return sequential_config(*sequential, name);
  if (const auto* functional = dynamic_cast<const FunctionalBody*>(&layer)) return functional_config(*functional, name);
  return layer.config(name);
}

}  // namespace

JsonValue serialize_layer(const LayerBase& layer, std::string_view name) {
  if (const auto* op = dynamic_cast<const OpLayerBody*>(&layer)) return serialize_op(*op, name);
  const SharedLayers document(layer);
  const LayerClass* known = layer_class_of(layer);
  const auto text_or_null = [](const std::string& text) { return text.empty() ? JsonValue() : JsonValue(text); };
  JsonValue object = JsonValue::object();
  object.add("module", known == nullptr ? JsonValue() : text_or_null(known->module));
  object.add("class_name", known == nullptr || known->export_name.empty() ? layer.class_name() : std::string_view(known->export_name));
  object.add("config", config_of_layer(layer, name));
  object.add("registered_name", known == nullptr ? JsonValue(fmt::format("Custom>{}", layer.class_name())) : text_or_null(known->registered_name));
  if (const auto number = SharedLayers::number_of(layer)) object.add("shared_object_id", *number);
  return object;
}

namespace {

// What a model with a layer that is not known here can still be: a graph, which needs no classes.
constexpr std::string_view kExport = "in Python, model.export(\"model_0\") of Keras 3, or model.save(\"model_0\") of Keras 2: such a SavedModel runs here as a graph";

[[noreturn]] void refuse_class(const JsonView& object, const std::string& class_name, const std::string& registered_name) {
  const std::size_t package = registered_name.find('>');
  std::string fix(kExport);
  if (class_name == "Lambda") fix = fmt::format("it holds Python code: in Python, put a layer of a class in its place and save again; or, {}", kExport);
  if (package != std::string::npos) fix = fmt::format("register it before loading: register_layer<{}>(\"{}\"); or, {}", class_name, registered_name.substr(0, package), kExport);
  throw Unsupported({.subject = class_name,
                     .what = fmt::format("{}{}the layer class \"{}\" is not known here.", object.file().empty() ? "" : std::string(object.file()) + ": ",
                                         object.path().empty() ? "" : object.path() + ": ", registered_name.empty() ? class_name : registered_name),
                     .fix = std::move(fix)});
}

}  // namespace

Layer deserialize_layer(const JsonView& object) {
  const ForeignNames foreign;
  const std::string class_name = object.at("class_name").as_string();
  const auto word = [&](std::string_view key) {
    const JsonValue* value = object.value().find(key);
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  const std::string registered_name = word("registered_name");
  const LayerClass* known = find_layer_class(registered_name, class_name, word("module"));
  if (known == nullptr) refuse_class(object, class_name, registered_name);
  const SharedLayers document;
  const JsonValue* number = object.value().find("shared_object_id");
  const bool shared = number != nullptr && number->is_int();
  if (shared) {
    if (const auto made = SharedLayers::find(number->as_int()); made && made->class_name() == class_name) return Layer(made);
  }
  const ScopedConfig scoped(object);
  Layer layer = known->make(scoped.view().at("config"));
  if (shared) SharedLayers::remember(number->as_int(), layer.ptr());
  return layer;
}

Layer sequential_from_config(const JsonView& config) {
  const ForeignNames foreign;
  ConfigFields fields(config);
  const BaseConfig base = read_base_config(config, fields);
  fields.ignore("layers");
  fields.ignore("build_input_shape");
  fields.refuse_others("Sequential");
  const BeingBorn birth({base.name, SequentialBody::kClassName, Site{}, base.dtype, true, {}, {}});
  const auto body = std::make_shared<SequentialBody>(SequentialOptions{});
  const Sequential model = Sequential::of(Layer(body));
  std::vector<Layer> layers;
  for (const JsonView& layer : config.at("layers").items()) layers.push_back(deserialize_layer(layer));
  body->add_all(layers, Site{});
  if (const JsonValue* shape = config.value().find("build_input_shape"); shape != nullptr && shape->is_array() && !body->built()) {
    model.build(shape_from_json(config.at("build_input_shape")));
  }
  if (!base.trainable) model.set_trainable(false);
  return model;
}

}  // namespace namesake::nn
