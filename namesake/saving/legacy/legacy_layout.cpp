#include "namesake/saving/legacy/legacy_layout.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "namesake/naming/path.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/op_layer.h"

namespace namesake::saving {
namespace {

using Paths = std::unordered_map<const void*, std::string>;

std::vector<std::shared_ptr<LayerBase>> layers_of(const LayerBase& model) {
  if (const auto* functional = dynamic_cast<const nn::FunctionalBody*>(&model)) return functional->graph().layers;
  std::vector<std::shared_ptr<LayerBase>> layers;
  for (const ChildLayer& child : model.children()) layers.push_back(child.layer);
  return layers;
}

std::vector<LegacyLayerWeight> trainable_first(const std::vector<Variable>& weights, const Paths& paths, const std::string& owner) {
  std::vector<LegacyLayerWeight> sorted;
  for (const Variable& weight : weights) {
    const std::string& path = paths.at(weight.id());
    sorted.push_back({path, naming::is_prefix_path(owner, path) && !owner.empty() ? path.substr(owner.size() + 1) : path, weight});
  }
  std::stable_partition(sorted.begin(), sorted.end(), [](const LegacyLayerWeight& weight) { return weight.variable.trainable(); });
  return sorted;
}

}  // namespace

std::vector<Shape> LegacyLayer::shapes() const {
  std::vector<Shape> all;
  for (const LegacyLayerWeight& weight : weights) all.push_back(weight.variable.shape());
  return all;
}

LegacyLayout legacy_layout(const Model& model) {
  Paths paths;
  for (NamedWeight& weight : model.named_weights()) paths.emplace(weight.variable.id(), std::move(weight.path));
  const std::string scope = model.ptr()->scope()->path();
  LegacyLayout layout;
  layout.top_level = trainable_first(model.ptr()->own_weights(), paths, scope);
  std::unordered_set<const LayerBase*> seen;
  for (const std::shared_ptr<LayerBase>& layer : layers_of(*model.ptr())) {
    if (dynamic_cast<const nn::OpLayerBody*>(layer.get()) != nullptr || !seen.insert(layer.get()).second) continue;
    const std::string name = model.ptr()->child_path(*layer);
    layout.layers.push_back({name, naming::to_snake_case(layer->class_name()),
                             trainable_first(Layer(layer).weights(), paths, naming::join_path(scope, name))});
  }
  return layout;
}

}  // namespace namesake::saving
