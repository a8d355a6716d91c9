#include "namesake/view/inventory.h"

#include <unordered_set>

#include "namesake/naming/path.h"
#include "namesake/nn/op_layer.h"

namespace namesake::view {
namespace {

WeightRow row_of(std::string path, const Variable& variable) {
  const Shape& shape = variable.shape();
  return {std::move(path), shape, variable.dtype(), static_cast<std::uint64_t>(shape.count()) * size_of(variable.dtype()), {}, {}};
}

void add_layers(const LayerBase& owner, const std::string& path, std::unordered_set<const void*>& seen, std::vector<LayerRow>& rows) {
  for (const ChildLayer& child : owner.children()) {
    if (!seen.insert(child.layer.get()).second) continue;
    if (dynamic_cast<const nn::OpLayerBody*>(child.layer.get()) != nullptr) continue;  // an op is no layer
    if (owner.class_name() == "Sequential" && child.layer->class_name() == "InputLayer") continue;  // none of its layers, in Keras
    const std::string below = naming::join_path(path, owner.child_path(*child.layer));
    rows.push_back({child.layer->name(), std::string(child.layer->class_name()), below});
    add_layers(*child.layer, below, seen, rows);
  }
}

}  // namespace

Inventory inventory_of(const Model& model) {
  Inventory found;
  found.name = model.name();
  found.class_name = model.class_name();
  std::unordered_set<const void*> seen;
  add_layers(*model.ptr(), model.ptr()->scope()->path(), seen, found.layers);
  for (NamedWeight& weight : model.named_weights()) found.weights.push_back(row_of(std::move(weight.path), weight.variable));
  if (model.is_compiled()) {
    found.optimizer_class = model.optimizer().class_name();
    if (model.optimizer().built()) {
      for (const Variable& variable : model.optimizer().variables()) {
        found.optimizer.push_back(row_of(naming::join_path("optimizer", variable.name()), variable));
      }
    }
  }
  return found;
}

}  // namespace namesake::view
