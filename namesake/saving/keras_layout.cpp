#include "namesake/saving/keras_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/snake_case.h"
#include "namesake/naming/unique_names.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/multi_head_attention.h"
#include "namesake/nn/op_layer.h"
#include "namesake/nn/sequential.h"
#include "namesake/nn/serialization.h"

namespace namesake::saving {
namespace {

// Keras visits attributes by name, those that begin with `_` last.
bool attribute_less(const ChildLayer* a, const ChildLayer* b) {
  const auto key = [](const ChildLayer* child) {
    return std::pair(child->attribute.starts_with("_"), std::string_view(child->attribute));
  };
  return key(a) < key(b);
}

class Walk {
 public:
  Walk(const Model& model, bool keras2) : keras2_(keras2) {
    model.check_paths();
    for (const NamedWeight& weight : model.named_weights()) owners_.emplace(weight.variable.id(), weight.path);
  }

  void layer(const LayerBase& layer, const std::string& path, const std::string& parent, std::string_view name) {
    if (!visited_.insert(&layer).second) return;
    StoredLayer stored{path, parent, naming::to_snake_case(layer.class_name()), std::string(name), {}};
    const std::string vars = naming::join_path(path, "vars");
    for (const Variable& weight : layer.own_weights()) {
      if (!saved_.insert(weight.id()).second) continue;
      layout_.weights.push_back({fmt::format("{}/{}", vars, stored.shapes.size()), owners_.at(weight.id()), weight});
      stored.shapes.push_back(weight.shape());
    }
    layout_.layers.push_back(std::move(stored));
    if (dynamic_cast<const nn::SequentialBody*>(&layer) != nullptr) {
      container(layer, naming::join_path(path, "layers"));
    } else if (const auto* functional = dynamic_cast<const nn::FunctionalBody*>(&layer)) {
      graph(*functional, naming::join_path(path, "layers"));
    } else {
      attributes(layer, path);
    }
  }

  [[nodiscard]] KerasLayout take() && { return std::move(layout_); }

 private:
  // A list of layers: keys are classes, counted; `name_of` gives what a layer is called there.
  template <class NameOf>
  void list(const std::vector<const LayerBase*>& layers, const std::string& path, NameOf name_of) {
    naming::UniqueNames keys;
    for (const LayerBase* child : layers) {
      const std::string key = keys.take(naming::to_snake_case(child->class_name()));
      layer(*child, naming::join_path(path, key), path, name_of(*child));
    }
  }

  static auto named_in_config(const LayerBase& owner) {
    return [&owner](const LayerBase& child) { return nn::name_in_config(owner, child); };
  }

  // The list `layers` of a Sequential.
  void container(const LayerBase& owner, const std::string& path) {
    std::vector<const LayerBase*> layers;
    std::unordered_set<const LayerBase*> seen;
    for (const ChildLayer& child : owner.children()) {
      if (!seen.insert(child.layer.get()).second) {
        throw Unsupported({.subject = child.layer->name(),
                           .what = fmt::format("The layer \"{}\" stands twice in the Sequential \"{}\": Keras has no such file.",
                                               child.layer->name(), owner.name()),
                           .places = {{"layer", child.layer->site(), child.layer->describe(), {}}, {"model", owner.site(), {}, {}}},
                           .fix = "use two layers, or put the shared one into a layer of its own"});
      }
      // Keras counts a Sequential's input as none of its layers
      if (child.layer->class_name() != "InputLayer") layers.push_back(child.layer.get());
    }
    list(layers, path, named_in_config(owner));
  }

  // Of a functional model: all that are layers, in the graph's order; an op is none.
  void graph(const nn::FunctionalBody& owner, const std::string& path) {
    std::vector<const LayerBase*> layers;
    for (const std::shared_ptr<LayerBase>& child : owner.graph().layers) {
      if (dynamic_cast<const nn::OpLayerBody*>(child.get()) == nullptr) layers.push_back(child.get());
    }
    list(layers, path, named_in_config(owner));
  }

  // Keras sees a model's list `layers` among its attributes: what comes behind it in the alphabet is kept there.
  void attributes(const LayerBase& owner, const std::string& path) {
    std::vector<const ChildLayer*> sorted;
    for (const ChildLayer& child : owner.children()) sorted.push_back(&child);
    std::sort(sorted.begin(), sorted.end(), attribute_less);
    bool list_done = !owner.is_model();
    for (const ChildLayer* child : sorted) {
      if (!list_done && (child->attribute.starts_with("_") || child->attribute > "layers")) {
        members(owner, naming::join_path(path, "layers"));
        list_done = true;
      }
      if (const std::string_view named = naming::parent_path(child->attribute); !named.empty()) {
        if (child->attribute.ends_with("/0")) list_attribute(owner, std::string(named), path);
        continue;
      }
      const std::string inner = naming::join_path(path, attribute_of(owner, *child));
      layer(*child->layer, inner, inner, child->layer->name());
    }
    if (!list_done) members(owner, naming::join_path(path, "layers"));
  }

  // A list among the attributes: its layers have `cells/0`, `cells/1`, ...
  void list_attribute(const LayerBase& owner, const std::string& name, const std::string& path) {
    std::vector<const LayerBase*> layers;
    for (const ChildLayer& child : owner.children()) {
      if (naming::parent_path(child.attribute) == name) layers.push_back(child.layer.get());
    }
    list(layers, naming::join_path(path, name), [](const LayerBase& child) { return child.name(); });
  }

  // Keras 2 has no public names for the projections of its MultiHeadAttention.
  [[nodiscard]] std::string attribute_of(const LayerBase& owner, const ChildLayer& child) const {
    const bool hidden = keras2_ && !child.attribute.starts_with("_") && dynamic_cast<const nn::MultiHeadAttentionBody*>(&owner) != nullptr;
    return hidden ? "_" + child.attribute : child.attribute;
  }

  // The list `layers` of a subclassed model: each once, in the order they were added.
  void members(const LayerBase& owner, const std::string& path) {
    std::vector<const LayerBase*> layers;
    std::unordered_set<const LayerBase*> seen;
    for (const ChildLayer& child : owner.children()) {
      if (seen.insert(child.layer.get()).second) layers.push_back(child.layer.get());
    }
    list(layers, path, [](const LayerBase& child) { return child.name(); });
  }

  bool keras2_;
  std::unordered_map<const void*, std::string> owners_;  // variable -> its path in the model
  std::unordered_set<const LayerBase*> visited_;
  std::unordered_set<const void*> saved_;
  KerasLayout layout_;
};

}  // namespace

KerasLayout keras_layout(const Model& model, std::string_view name_in_config, bool keras2) {
  Walk walk(model, keras2);
  walk.layer(*model.ptr(), "", "", name_in_config);
  return std::move(walk).take();
}

void build_optimizer(const Model& model) {
  if (model.optimizer().built()) return;
  std::vector<Variable> targets;
  std::vector<std::string> paths;
  for (NamedWeight& weight : model.named_weights()) {
    if (!weight.variable.trainable()) continue;
    targets.push_back(weight.variable);
    paths.push_back(std::move(weight.path));
  }
  model.optimizer().build(targets, paths);
}

}  // namespace namesake::saving
