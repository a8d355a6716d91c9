// The inventory of a file in Keras's layout: config.json says what layers there are, model.weights.h5 keeps their weights by
// class and position (`layers/dense_1/vars/0`). The config decides; what it does not explain is shown as it stands in the file.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "namesake/naming/path.h"
#include "namesake/naming/snake_case.h"
#include "namesake/naming/unique_names.h"
#include "namesake/view/checkpoint_inventory.h"
#include "namesake/view/inventory.h"
#include "namesake/view/keras_graph.h"
#include "namesake/view/keras_names.h"
#include "namesake/view/legacy_inventory.h"

namespace namesake::view {
namespace {

std::string text_of(const JsonValue* object, std::string_view key) {
  const JsonValue* value = object != nullptr ? object->find(key) : nullptr;
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

const JsonValue* object_at(const JsonValue* object, std::string_view key) {
  const JsonValue* value = object != nullptr ? object->find(key) : nullptr;
  return value != nullptr && value->is_object() ? value : nullptr;
}

/// The layers of a model's config; none for another layer.
std::span<const JsonValue> layers_of(const JsonValue* config) {
  const JsonValue* layers = config != nullptr ? config->find("layers") : nullptr;
  if (layers == nullptr || !layers->is_array()) return {};
  return layers->items();
}

class Walk {
 public:
  explicit Walk(const formats::ModelFile& file) : file_(file) {
    for (const formats::GroupEntry& group : file.groups) {
      if (!group.path.empty()) groups_[std::string(naming::parent_path(group.path))].push_back(&group);
    }
    for (const formats::WeightEntry& weight : file.weights) weights_[std::string(naming::parent_path(weight.path))].push_back(&weight);
    const JsonValue* mark = object_at(&file.config, "namesake");
    ours_ = mark != nullptr;
    scope_ = text_of(mark, "scope");
  }

  Inventory take() && {
    found_.file = file_.file;
    found_.format = file_.format;
    found_.class_name = text_of(&file_.config, "class_name");
    const JsonValue* config = object_at(&file_.config, "config");
    found_.name = text_of(config, "name");
    if (file_.config.is_object()) {
      layer(file_.config, "", scope_);
      optimizer();
    }
    for (const formats::WeightEntry& weight : file_.weights) {
      if (!used_.contains(&weight)) found_.weights.push_back(row_of(weight, weight.path));
    }
    return std::move(found_);
  }

 private:
  static WeightRow row_of(const formats::WeightEntry& weight, std::string path) {
    return {std::move(path), weight.shape, weight.dtype, weight.byte_size, weight.path, weight.unsupported, weight.alias_of};
  }

  /// A layer (or the model) whose group is `group`, at `path` in the model. `entry`: its object in the config, or null.
  void layer(const JsonValue& entry, const std::string& group, const std::string& path) {
    const JsonValue* config = object_at(&entry, "config");
    const std::string class_name = text_of(&entry, "class_name");
    const auto trainable = config != nullptr ? config->find("trainable") : nullptr;
    const bool frozen = frozen_ || (trainable != nullptr && trainable->is_bool() && !trainable->as_bool());
    const bool outer = std::exchange(frozen_, frozen);
    own_weights(class_name, config, group, path);
    const auto layers = layers_of(config);
    if (layers.empty()) {
      children(class_name, config, group, path);
    } else if (class_name == "Sequential") {
      sequential(layers, naming::join_path(group, "layers"), path);
    } else if (is_functional_config(*config)) {
      functional(*config, naming::join_path(group, "layers"), path);
    } else {
      named(layers, naming::join_path(group, "layers"), path);
    }
    frozen_ = outer;
  }

  void own_weights(const std::string& class_name, const JsonValue* config, const std::string& group, const std::string& path) {
    const auto stored = weights_.find(naming::join_path(group, "vars"));
    if (stored == weights_.end()) return;
    const auto& entries = stored->second;
    const auto names = keras_weight_names(class_name, config != nullptr ? *config : JsonValue(), entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!names) all_named_ = false;
      const std::string name = names ? (*names)[i] : "vars/" + std::string(naming::leaf_name(entries[i]->path));
      found_.weights.push_back(row_of(*entries[i], naming::join_path(path, name)));
      used_.insert(entries[i]);
      if (!frozen_ && !name.starts_with("moving_") && class_name != "Normalization") trained_.push_back(found_.weights.back().path);
    }
  }

  /// Keys are the layers' classes, counted in the order of the list. Its input layer is none of them.
  void sequential(std::span<const JsonValue> layers, const std::string& group, const std::string& path) {
    naming::UniqueNames keys;
    for (const JsonValue& entry : layers) {
      if (text_of(&entry, "class_name") == "InputLayer") continue;
      const std::string below = add_layer(entry, path);
      layer_once(entry, naming::join_path(group, keys.take(key_of(entry))), below);
    }
  }

  /// The same in the order of the graph. Layers that are no part of it have no group.
  void functional(const JsonValue& config, const std::string& group, const std::string& path) {
    naming::UniqueNames keys;
    const auto layers = layers_of(&config);
    for (const std::size_t i : keras_layer_order(config)) {
      const std::string below = add_layer(layers[i], path);
      layer_once(layers[i], naming::join_path(group, keys.take(key_of(layers[i]))), below);
    }
  }

  /// Layers of a class that only its own code knows: found by the names in the file.
  void named(std::span<const JsonValue> layers, const std::string& group, const std::string& path) {
    for (const JsonValue& entry : layers) {
      const std::string below = add_layer(entry, path);
      const std::string key = group_called(group, text_of(object_at(&entry, "config"), "name"));
      if (!key.empty()) layer_once(entry, naming::join_path(group, key), below);
    }
  }

  /// Lists the layer; its path.
  std::string add_layer(const JsonValue& entry, const std::string& path) {
    const std::string below = naming::join_path(path, shown_name(text_of(object_at(&entry, "config"), "name")));
    found_.layers.push_back({std::string(naming::leaf_name(below)), text_of(&entry, "class_name"), below});
    return below;
  }

  /// A layer that several models share is stored at its first place only.
  void layer_once(const JsonValue& entry, const std::string& group, const std::string& path) {
    const JsonValue* id = entry.find("shared_object_id");
    if (id != nullptr && id->is_int() && !shared_.insert(id->as_int()).second) return;
    layer(entry, group, path);
  }

  /// What Keras calls the class in the weights file.
  static std::string key_of(const JsonValue& entry) {
    const std::string class_name = text_of(&entry, "class_name");
    const JsonValue* config = object_at(&entry, "config");
    const bool model = class_name == "Model" && config != nullptr && is_functional_config(*config);
    return naming::to_snake_case(model ? "Functional" : class_name);
  }

  /// The key of the group whose layer is called `name`; "" if the file does not say.
  [[nodiscard]] std::string group_called(const std::string& group, const std::string& name) const {
    const auto below = groups_.find(group);
    if (below == groups_.end()) return "";
    for (const formats::GroupEntry* candidate : below->second) {
      const formats::GroupEntry* vars = file_.find_group(naming::join_path(candidate->path, "vars"));
      if (vars != nullptr && vars->stored_name() == name) return std::string(naming::leaf_name(candidate->path));
    }
    return "";
  }

  /// Groups below a layer whose class alone knows what they are; its config may. A list of layers has a group of its own, and no name.
  void children(const std::string& class_name, const JsonValue* config, const std::string& group, const std::string& path) {
    const auto below = groups_.find(group);
    if (below == groups_.end()) return;
    std::vector<const formats::GroupEntry*> sorted = below->second;
    const bool both_ways = class_name == "Bidirectional";  // its forward layer comes first
    if (both_ways) std::reverse(sorted.begin(), sorted.end());
    for (const formats::GroupEntry* child : sorted) {
      const std::string_view key = naming::leaf_name(child->path);
      if (both_ways && key == "layer") continue;  // of Keras 2: what the two were made of
      if (key == "vars" || (group.empty() && (key == "optimizer" || key == "metrics"))) continue;
      const formats::GroupEntry* vars = file_.find_group(naming::join_path(child->path, "vars"));
      if (vars == nullptr) {
        children("", nullptr, child->path, path);
        continue;
      }
      const JsonValue entry = config == nullptr ? JsonValue() : keras_child(class_name, *config, key);
      const std::string said = text_of(object_at(&entry, "config"), "name");
      const std::string name = vars->stored_name().value_or(said.empty() ? std::string(key) : said);
      const std::string inner = naming::join_path(path, name);
      found_.layers.push_back({name, text_of(&entry, "class_name"), inner});
      layer(entry, child->path, inner);
    }
  }

  /// A layer's name in the config as a path: in files of ours `a>d` stands for a layer d in the scope a.
  [[nodiscard]] std::string shown_name(const std::string& name) const {
    if (!ours_) return name;
    return naming::unflatten_scoped(name).value_or(name);
  }

  void optimizer() {
    const JsonValue* compiled = object_at(&file_.config, "compile_config");
    const JsonValue* optimizer = object_at(compiled, "optimizer");
    found_.optimizer_class = text_of(optimizer, "class_name");
    const auto stored = weights_.find("optimizer/vars");
    if (stored == weights_.end()) return;
    const auto& entries = stored->second;
    const JsonValue* config = object_at(optimizer, "config");
    std::optional<std::vector<std::string>> names;  // they are made of the names of the weights
    if (all_named_) names = keras_optimizer_names(found_.optimizer_class, config != nullptr ? *config : JsonValue(), trained_, entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      found_.optimizer.push_back(row_of(*entries[i], names ? naming::join_path("optimizer", (*names)[i]) : entries[i]->path));
      used_.insert(entries[i]);
    }
  }

  const formats::ModelFile& file_;
  std::map<std::string, std::vector<const formats::GroupEntry*>> groups_;    // by parent
  std::map<std::string, std::vector<const formats::WeightEntry*>> weights_;  // by parent
  bool ours_ = false;
  std::string scope_;
  bool frozen_ = false;
  bool all_named_ = true;  // the names of all weights so far are known
  std::set<std::int64_t> shared_;  // ids of layers that were met
  std::set<const formats::WeightEntry*> used_;
  std::vector<std::string> trained_;  // paths of trained weights, in order
  Inventory found_;
};

}  // namespace

Inventory inventory_of(const formats::ModelFile& file) {
  if (file.format == "h5") return legacy_inventory(file);
  if (file.format == "checkpoint") return checkpoint_inventory(file);
  return Walk(file).take();
}

}  // namespace namesake::view
