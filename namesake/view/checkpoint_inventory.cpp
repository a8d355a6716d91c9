// Of a checkpoint of objects: the paths by which the root leads to each variable, as its keys have them. Of one of names: the names.
#include "namesake/view/checkpoint_inventory.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "namesake/formats/object_graph.h"
#include "namesake/formats/state_keys.h"
#include "namesake/naming/path.h"

namespace namesake::view {

bool is_optimizer_state(std::string_view path) {
  const std::vector<std::string> names = naming::split_path(path);
  const auto found = std::find(names.begin(), names.end(), "optimizer");
  // Keras 3 keeps weights under the shortest path to them, which may lead through the optimizer that trains them.
  return found != names.end() && found + 1 != names.end() && found[1] != "_trainable_variables";
}

Inventory checkpoint_inventory(const formats::ModelFile& file) {
  Inventory found;
  found.file = file.file;
  found.format = file.format;
  std::unordered_set<std::string> names;  // of a checkpoint without objects
  const bool has_objects = std::any_of(file.weights.begin(), file.weights.end(), [](const formats::WeightEntry& entry) { return entry.path == formats::kObjectGraphKey; });
  for (const formats::WeightEntry& entry : file.weights) {
    if (!has_objects) names.insert(entry.path);
  }
  for (const formats::WeightEntry& entry : file.weights) {
    if (formats::is_description_key(entry.path)) continue;
    std::string path = entry.path;
    if (path.ends_with(formats::kVariableKeyEnd)) path.resize(path.size() - formats::kVariableKeyEnd.size());
    const bool state = has_objects ? is_optimizer_state(path) : formats::is_state_key(path, names);
    (state ? found.optimizer : found.weights).push_back({std::move(path), entry.shape, entry.dtype, entry.byte_size, entry.path, entry.unsupported});
  }
  return found;
}

}  // namespace namesake::view
