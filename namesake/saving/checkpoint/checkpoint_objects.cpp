#include "namesake/saving/checkpoint/checkpoint_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "namesake/naming/path.h"
#include "namesake/nn/carried_masks.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/sequential.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/checkpoint/optimizer_objects.h"
#include "namesake/saving/save_parts.h"

namespace namesake::saving {
namespace {

bool is_sequential(const LayerBase& layer) { return dynamic_cast<const nn::SequentialBody*>(&layer) != nullptr; }

// As TensorFlow writes an edge's name in a key.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) c == '.' ? out += ".." : c == '/' ? out += ".S" : out += c;
  return out;
}

}  // namespace

std::vector<std::string> attribute_names(const LayerBase& layer, const Variable& weight) {
  const std::string& name = weight.name();
  std::vector<std::string> names = {name, "_" + name};
  if (layer.class_name().starts_with("Depthwise") && name == "kernel") names.emplace_back("depthwise_kernel");
  if (layer.class_name() == "Normalization" && name != "count") names.push_back("adapt_" + name);
  return names;
}

std::string keras2_attribute(const LayerBase& layer, const Variable& weight) {
  const std::vector<std::string> names = attribute_names(layer, weight);
  return names.size() > 2 ? names[2] : names[0];
}

std::vector<const LayerBase*> counted_layers(const LayerBase& layer) {
  std::vector<const LayerBase*> layers;
  if (const auto* functional = dynamic_cast<const nn::FunctionalBody*>(&layer)) {
    for (const auto& child : functional->graph().layers) layers.push_back(child.get());
  } else if (is_sequential(layer)) {
    for (const ChildLayer& child : layer.children()) {
      if (child.layer->class_name() != "InputLayer") layers.push_back(child.layer.get());
    }
  }
  return layers;
}

std::vector<const LayerBase*> layers_in_keras2(const LayerBase& layer) {
  std::vector<const LayerBase*> layers = counted_layers(layer);
  if (const auto* functional = dynamic_cast<const nn::FunctionalBody*>(&layer)) {
    const std::set<std::string> masks = nn::carried_masks(*functional).operations;
    std::erase_if(layers, [&](const LayerBase* each) { return !masks.empty() && masks.contains(nn::name_in_config(layer, *each)); });
  }
  return layers;
}

CheckpointObjects::Node CheckpointObjects::add_node() {
  graph_.nodes.emplace_back();
  return graph_.nodes.size() - 1;
}

void CheckpointObjects::link(Node from, const std::string& name, Node to, bool alias) {
  if (graph_.nodes[from].child(name)) return;
  graph_.nodes[from].children.push_back({name, to});
  if (alias) aliases_.emplace(from, name);
}

std::optional<CheckpointObjects::Node> CheckpointObjects::find(const void* object) const {
  const auto found = nodes_.find(object);
  return found == nodes_.end() ? std::nullopt : std::optional(found->second);
}

const Variable* CheckpointObjects::variable_at(Node node) const {
  const auto found = variables_.find(node);
  return found == variables_.end() ? nullptr : &found->second;
}

// The node at the end of a path of edges, made where it is not there.
CheckpointObjects::Node CheckpointObjects::below(Node from, const std::string& path, bool alias) {
  for (const std::string& name : naming::split_path(path)) {
    const auto found = graph_.nodes[from].child(name);
    const Node next = found ? *found : add_node();
    link(from, name, next, alias);
    from = next;
  }
  return from;
}

CheckpointObjects::Node CheckpointObjects::at(const std::string& name) { return name.empty() ? 0 : below(0, name); }

CheckpointObjects::Node CheckpointObjects::variable(const Variable& variable, const std::string& full_name) {
  const auto [found, fresh] = nodes_.emplace(variable.id(), graph_.nodes.size());
  if (fresh) {
    const Node node = add_node();
    graph_.nodes[node].values.push_back({std::string(formats::kVariableValue), full_name, ""});
    variables_.emplace(node, variable);
  }
  return found->second;
}

CheckpointObjects::Node CheckpointObjects::layer(const LayerBase& layer) {
  const auto [found, fresh] = nodes_.emplace(&layer, graph_.nodes.size());
  const Node node = found->second;
  if (fresh) {
    add_node();
    fill(node, layer);
  }
  return node;
}

// Keras 2 counts the layers of a model, and those of them that have weights; Keras 3 keeps a list of operations, the input among them.
void CheckpointObjects::layers_by_number(Node node, const LayerBase& owner) {
  const std::vector<const LayerBase*> layers = counted_layers(owner);
  if (layers.empty()) return;
  const bool sequential = is_sequential(owner);
  const Node operations = below(node, sequential ? "_functional/_operations" : "_operations", true);
  const std::vector<const LayerBase*> in_keras2 = layers_in_keras2(owner);
  std::size_t weighted = 0, number = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Node child = layer(*layers[i]);
    if (!Layer(std::const_pointer_cast<LayerBase>(layers[i]->shared_from_this())).named_weights().empty()) {
      link(node, fmt::format("layer_with_weights-{}", weighted++), child);
    }
    if (number < in_keras2.size() && in_keras2[number] == layers[i]) link(node, fmt::format("layer-{}", number++), child);
    link(operations, fmt::format("{}", sequential ? i + 1 : i), child);
  }
}

void CheckpointObjects::fill(Node node, const LayerBase& owner) {
  for (const Variable& weight : owner.own_weights()) {
    const auto path = paths_.find(weight.id());
    const Node child = variable(weight, path == paths_.end() ? weight.name() : path->second);
    const std::string own = keras2_attribute(owner, weight);
    for (const std::string& name : attribute_names(owner, weight)) link(node, name, child, name != own);
  }
  layers_by_number(node, owner);
  for (const ChildLayer& child : owner.children()) {
    if (child.attribute.empty()) continue;
    const Node inner = layer(*child.layer);
    if (const std::string_view list = naming::parent_path(child.attribute); !list.empty()) {
      link(below(node, std::string(list)), std::string(naming::leaf_name(child.attribute)), inner);
      continue;
    }
    const bool hidden = owner.class_name() == "MultiHeadAttention" && child.attribute.ends_with("_dense");  // Keras's attribute is _query_dense
    link(node, child.attribute, inner, hidden);
    link(node, "_" + child.attribute, inner, !hidden);
  }
  // By their names, as attributes of a tf.Module.
  for (const ChildLayer& child : owner.children()) {
    const std::string path = owner.child_path(*child.layer);
    const std::string name(naming::leaf_name(path));
    if (naming::parent_path(path).empty() && (name == "optimizer" || (node == 0 && reserved_.contains(name)) || graph_.nodes[node].child(name))) continue;
    const Node parent = below(node, std::string(naming::parent_path(path)), true);
    link(parent, name, layer(*child.layer), true);
  }
}

void CheckpointObjects::fill(Node node, const Optimizer& optimizer, std::span<const Variable> order) {
  const Optimizer inner = inner_of(optimizer);
  for (const OptimizerValue& value : optimizer_values(optimizer, order)) {
    const Variable stored = inner.defined() ? as_inner_has_it(value, inner, order) : value.variable;
    const Node state = variable(stored, fmt::format("{}/{}", optimizer.name(), value.variable.name()));
    for (const std::string& place : value.places) {
      link(below(node, std::string(naming::parent_path(place))), std::string(naming::leaf_name(place)), state);
    }
  }
  if (optimizer.learning_rate_schedule().defined()) {
    // Keras 2 keeps what it computed of its schedule last, and computes it anew at each step; Keras 3 has no such thing. An object without a
    // value is enough for the one, and nothing that the other would miss.
    link(node, "_current_learning_rate", add_node());
  }
  const Node trained = below(node, "_trainable_variables");
  for (std::size_t i = 0; i < order.size(); ++i) link(trained, fmt::format("{}", i), variable(order[i], order[i].name()));
  if (inner.defined()) {
    const Node held = below(node, "inner_optimizer");
    fill(held, inner, order);
    link_state_of(held, node, inner, order);
  }
}

// Keras 2 has no object for the optimizer inside a LossScaleOptimizer: its state stands under the outer one's attributes.
void CheckpointObjects::link_state_of(Node inner, Node outer, const Optimizer& optimizer, std::span<const Variable> order) {
  for (const OptimizerValue& value : optimizer_values(optimizer, order)) {
    for (const std::string& place : value.places) {
      const Node list = below(outer, std::string(naming::parent_path(place)), true);
      link(list, std::string(naming::leaf_name(place)), below(inner, place), true);  // what the outer one has, stays
    }
  }
}

void CheckpointObjects::add(const std::string& name, const Model& model, bool with_optimizer) {
  model.check_paths();
  for (NamedWeight& weight : model.named_weights()) paths_.emplace(weight.variable.id(), std::move(weight.path));
  const Node node = at(name);
  nodes_.emplace(model.ptr().get(), node);
  fill(node, *model.ptr());
  if (!with_optimizer || !model.is_compiled()) return;
  build_optimizer(model);
  fill(below(node, "optimizer"), model.optimizer(), model.trainable_variables());
}

void CheckpointObjects::add(const std::string& name, const Optimizer& optimizer, std::span<const Variable> order) { fill(at(name), optimizer, order); }

void CheckpointObjects::add(const std::string& name, const Variable& variable) { link(0, name, this->variable(variable, variable.name())); }

// Each variable's key is the shortest way to it, as TensorFlow chooses it.
void CheckpointObjects::settle_keys() {
  std::vector<std::string> paths(graph_.nodes.size());
  std::unordered_set<Node> seen = {0};
  for (std::deque<Node> todo = {0}; !todo.empty(); todo.pop_front()) {
    formats::ObjectNode& node = graph_.nodes[todo.front()];
    for (formats::ObjectValue& value : node.values) {
      if (value.key.empty()) value.key = paths[todo.front()] + std::string(formats::kVariableKeyEnd);
    }
    for (const formats::ObjectEdge& edge : node.children) {
      if (!seen.insert(edge.node).second) continue;
      paths[edge.node] = naming::join_path(paths[todo.front()], escaped(edge.name));
      todo.push_back(edge.node);
    }
  }
}

std::vector<formats::BundleTensor> CheckpointObjects::tensors() && {
  settle_keys();
  std::vector<formats::BundleTensor> tensors;
  for (const auto& [node, variable] : variables_) {
    formats::ArrayContent array = array_of(graph_.nodes[node].values[0].key, variable);
    tensors.push_back({std::move(array.path), array.dtype, array.shape, std::move(array.bytes), {}});
  }
  tensors.push_back({std::string(formats::kObjectGraphKey), DType::kString, Shape::scalar(), {}, {formats::to_bytes(graph_)}});
  return tensors;
}

}  // namespace namesake::saving
