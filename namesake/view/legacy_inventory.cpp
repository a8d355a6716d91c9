#include "namesake/view/legacy_inventory.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "namesake/formats/legacy_h5.h"
#include "namesake/naming/path.h"

namespace namesake::view {
namespace {

std::string text_of(const JsonValue* object, std::string_view key) {
  const JsonValue* value = object != nullptr ? object->find(key) : nullptr;
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

std::string shown(const std::string& name) { return naming::unflatten_scoped(name).value_or(name); }

// `dense_1/kernel` for all of `dense_1/kernel:0`, `model_0/dense_1/kernel` and `kernel:0` in the group of the layer dense_1.
std::string weight_path(const std::string& layer, std::string_view name) {
  const std::string_view leaf = formats::legacy_leaf_name(name);
  std::string_view scopes = naming::parent_path(name);
  const std::string below = "/" + layer + "/", at_start = layer + "/";
  const std::string whole = "/" + std::string(scopes) + "/";
  if (const auto place = whole.find(below); place != std::string::npos) scopes = scopes.substr(std::min(place + at_start.size(), scopes.size()));
  return naming::join_path(layer, naming::join_path(scopes, leaf));
}

class Walk {
 public:
  explicit Walk(const formats::ModelFile& file) : file_(file) {}

  Inventory take() && {
    found_.file = file_.file;
    found_.format = file_.format;
    found_.class_name = text_of(&file_.config, "class_name");
    const JsonValue* config = file_.config.find("config");
    found_.name = text_of(config, "name");
    if (const JsonValue* training = file_.metadata.find("training_config")) {
      found_.optimizer_class = text_of(training->find("optimizer_config"), "class_name");
      const auto package = found_.optimizer_class.rfind('>');
      if (package != std::string::npos) found_.optimizer_class.erase(0, package + 1);
    }
    const formats::LegacyWeights stored = formats::legacy_weights(file_);
    if (config != nullptr) {
      layers(config->is_array() ? *config : config->find("layers") != nullptr ? *config->find("layers") : JsonValue(), "");
    } else {
      for (const formats::LegacyGroup& group : stored.layers) found_.layers.push_back({std::string(naming::leaf_name(shown(group.name))), "", shown(group.name)});
    }
    for (const formats::LegacyGroup& group : stored.layers) weights(group, shown(group.name));
    if (stored.top_level) weights(*stored.top_level, "");
    if (stored.optimizer) {
      for (const formats::LegacyWeight& weight : stored.optimizer->weights) {
        found_.optimizer.push_back(row_of(*weight.entry, naming::join_path("optimizer", weight.name.substr(0, weight.name.rfind(':')))));
      }
    }
    for (const formats::WeightEntry& entry : file_.weights) {
      if (!used_.contains(&entry)) found_.weights.push_back(row_of(entry, entry.path));
    }
    return std::move(found_);
  }

 private:
  WeightRow row_of(const formats::WeightEntry& entry, std::string path) {
    used_.insert(&entry);
    return {std::move(path), entry.shape, entry.dtype, entry.byte_size, entry.path, entry.unsupported, entry.alias_of};
  }

  void weights(const formats::LegacyGroup& group, const std::string& layer) {
    for (const formats::LegacyWeight& weight : group.weights) {
      found_.weights.push_back(row_of(*weight.entry, layer.empty() ? std::string(formats::legacy_leaf_name(weight.name)) : weight_path(layer, weight.name)));
    }
  }

  void layers(const JsonValue& list, const std::string& path) {
    if (!list.is_array()) return;
    for (const JsonValue& entry : list.items()) {
      const JsonValue* config = entry.find("config");
      const std::string class_name = text_of(&entry, "class_name");
      const std::string below = naming::join_path(path, shown(text_of(config, "name")));
      found_.layers.push_back({std::string(naming::leaf_name(below)), class_name, below});
      const JsonValue* inner = config != nullptr && config->is_object() ? config->find("layers") : config;
      if (inner != nullptr) layers(*inner, below);
    }
  }

  const formats::ModelFile& file_;
  std::set<const formats::WeightEntry*> used_;
  Inventory found_;
};

}  // namespace

Inventory legacy_inventory(const formats::ModelFile& file) { return Walk(file).take(); }

}  // namespace namesake::view
