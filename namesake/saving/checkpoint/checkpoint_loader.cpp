#include "namesake/saving/checkpoint/checkpoint_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <system_error>

#include "namesake/base/error.h"
#include "namesake/formats/name_match.h"
#include "namesake/naming/path.h"
#include "namesake/naming/snake_case.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/create.h"
#include "namesake/saving/checkpoint/checkpoint_objects.h"
#include "namesake/saving/checkpoint/optimizer_objects.h"

namespace namesake::saving {
namespace {

using formats::ObjectNode;
using formats::WeightEntry;

bool has_weights(const LayerBase& layer) {
  if (!layer.own_weights().empty()) return true;
  return std::any_of(layer.children().begin(), layer.children().end(), [](const ChildLayer& child) { return has_weights(*child.layer); });
}

bool is_list(const LayerBase& layer) {
  return dynamic_cast<const nn::SequentialBody*>(&layer) != nullptr || dynamic_cast<const nn::FunctionalBody*>(&layer) != nullptr;
}

// Whether an edge of a model may lead to weights of it.
// (States of random generators are no weights: Keras 2 keeps none.)
bool is_inner(std::string_view name) {
  constexpr std::string_view kOthers[] = {"optimizer", "root", "keras_api", "save_counter", "signatures", "seed_generator"};
  return std::find(std::begin(kOthers), std::end(kOthers), name) == std::end(kOthers);
}

std::string shown(std::string_view key) { return std::string(formats::object_path(key)); }

}  // namespace

CheckpointLoader::CheckpointLoader(const formats::ObjectGraph& graph, WeightMatches& matches, const NameMap& names)
    : graph_(graph), matches_(matches), names_(names) {
  for (const WeightEntry& entry : matches.file().weights) {
    entries_.emplace(entry.path, &entry);
    if (formats::is_description_key(entry.path)) matches.claim(entry);
  }
  find_holders();
}

const WeightEntry* CheckpointLoader::entry_of(std::size_t node) const {
  for (const formats::ObjectValue& value : graph_.nodes[node].values) {
    if (value.name != formats::kVariableValue) continue;
    const auto found = entries_.find(value.key);
    if (found != entries_.end()) return found->second;
    throw FormatError(matches_.file().file, value.key, {.what = "The object graph has a variable that the checkpoint does not have."});
  }
  return nullptr;
}

const std::string* CheckpointLoader::full_name(std::size_t node) const {
  const ObjectNode& object = graph_.nodes[node];
  return object.values.empty() ? nullptr : &object.values[0].full_name;
}

std::optional<std::size_t> CheckpointLoader::follow(std::size_t node, std::string_view path) const {
  for (const std::string& name : naming::split_path(path)) {
    const auto next = graph_.nodes[node].child(name);
    if (!next) return std::nullopt;
    node = *next;
  }
  return node;
}

// From the variables up, each object and edge once: a file may make its graph as it likes.
void CheckpointLoader::find_holders() {
  std::vector<std::vector<std::size_t>> owners(graph_.nodes.size());
  std::deque<std::size_t> todo;
  holders_.assign(graph_.nodes.size(), false);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (const formats::ObjectEdge& edge : graph_.nodes[i].children) {
      if (is_inner(edge.name)) owners[edge.node].push_back(i);
    }
    if (!graph_.nodes[i].values.empty()) todo.push_back(i);
  }
  for (; !todo.empty(); todo.pop_front()) {
    if (holders_[todo.front()]) continue;
    holders_[todo.front()] = true;
    todo.insert(todo.end(), owners[todo.front()].begin(), owners[todo.front()].end());
  }
}

// The objects with weights of a model that is a list of layers: as Keras 2 counts them, or Keras 3 keeps them.
std::vector<std::size_t> CheckpointLoader::layers_of(std::size_t node) const {
  std::vector<std::size_t> nodes;
  // Children that are numbered behind `prefix`, in order; their count. (Keras 3 leaves gaps where an operation is no layer.)
  const auto collect = [&](std::size_t owner, std::string_view prefix) {
    std::map<std::size_t, std::size_t> numbered;
    for (const formats::ObjectEdge& edge : graph_.nodes[owner].children) {
      std::size_t number = 0;
      if (!edge.name.starts_with(prefix)) continue;
      const char *begin = edge.name.data() + prefix.size(), *end = edge.name.data() + edge.name.size();
      const auto parsed = std::from_chars(begin, end, number);
      if (parsed.ec == std::errc() && parsed.ptr == end) numbered.emplace(number, edge.node);
    }
    std::unordered_set<std::size_t> seen;
    for (const auto& item : numbered) {
      if (holders_[item.second] && seen.insert(item.second).second) nodes.push_back(item.second);
    }
    return numbered.size();
  };
  if (collect(node, "layer_with_weights-") > 0) return nodes;
  for (const char* path : {"_operations", "_functional/_operations", "_layers", "layers"}) {
    const auto list = follow(node, path);
    if (list && collect(*list, "") > 0) return nodes;
  }
  collect(node, "layer-");
  return nodes;
}

bool CheckpointLoader::fits(const Model& model, std::size_t node) const {
  const LayerBase& body = *model.ptr();
  if (is_list(body) && !layers_of(node).empty()) return true;
  const auto has = [&](const std::string& name) { return !name.empty() && graph_.nodes[node].child(name).has_value(); };
  for (const Variable& weight : body.own_weights()) {
    if (has(weight.name())) return true;
  }
  return std::any_of(body.children().begin(), body.children().end(), [&](const ChildLayer& child) {
    return has_weights(*child.layer) && (has(child.attribute) || has(naming::split_path(body.child_path(*child.layer))[0]));
  });
}

std::size_t CheckpointLoader::find_model(const Model& model, const std::string& wanted) const {
  const std::string& file = matches_.file().file;
  std::string known;
  std::vector<const formats::ObjectEdge*> candidates;
  for (const formats::ObjectEdge& edge : graph_.nodes[0].children) {
    if (edge.node == 0 || !holders_[edge.node]) continue;
    known += (known.empty() ? "" : ", ") + edge.name;
    if (fits(model, edge.node)) candidates.push_back(&edge);
  }
  if (!wanted.empty()) {
    if (const auto found = follow(0, wanted)) return *found;
    throw FormatError(file, wanted, {.what = fmt::format("The checkpoint has no object \"{}\".", wanted), .expected = known, .fix = "give the path of one that it has"});
  }
  if (fits(model, 0)) return 0;
  for (const formats::ObjectEdge* edge : candidates) {
    if (edge->name == "model" || edge->name == model.name()) return edge->node;
  }
  if (candidates.size() == 1) return candidates[0]->node;
  throw FormatError(file, "", {.what = fmt::format("It cannot be said which object of the checkpoint is the model \"{}\".", model.name()),
                               .expected = candidates.empty() ? "an object with layers" : "one",
                               .received = known,
                               .fix = "say it: load_weights(\"...\", {.object = \"...\"}); or {.by_name = true} to go by the names of variables"});
}

std::optional<std::size_t> CheckpointLoader::find_optimizer(std::size_t model) const {
  const auto is_optimizer = [&](std::size_t node) { return graph_.nodes[node].child("_iterations") || graph_.nodes[node].child("iter"); };
  for (const std::size_t owner : {model, std::size_t{0}}) {
    const auto found = graph_.nodes[owner].child("optimizer");
    if (found) return found;
  }
  std::optional<std::size_t> only;
  for (const formats::ObjectEdge& edge : graph_.nodes[0].children) {
    if (!is_optimizer(edge.node)) continue;
    if (only) return std::nullopt;
    only = edge.node;
  }
  return only;
}

void CheckpointLoader::match_model(const Model& model, std::size_t node) {
  for (NamedWeight& weight : model.named_weights()) paths_.emplace(weight.variable.id(), std::move(weight.path));
  match_layer(*model.ptr(), node);
}

void CheckpointLoader::match_layer(const LayerBase& layer, std::size_t node) {
  if (!visited_.insert(&layer).second) return;
  match_weights(layer, node);
  if (is_list(layer)) {
    std::vector<const LayerBase*> layers;
    for (const LayerBase* child : counted_layers(layer)) {
      if (has_weights(*child)) layers.push_back(child);
    }
    const std::vector<std::size_t> nodes = layers_of(node);
    if (!nodes.empty() || layers.empty()) return match_list(layer, layers, nodes);
  }
  // by attribute, or by name as an attribute of a tf.Module
  for (const ChildLayer& child : layer.children()) {
    if (!has_weights(*child.layer)) continue;
    std::optional<std::size_t> found;
    for (const std::string& name : {child.attribute, "_" + child.attribute}) {
      if (!found && !child.attribute.empty()) found = follow(node, name);
    }
    if (!found) found = follow(node, layer.child_path(*child.layer));
    found ? match_layer(*child.layer, *found) : match_missing(*child.layer);
  }
}

void CheckpointLoader::match_weights(const LayerBase& layer, std::size_t node) {
  for (const Variable& weight : layer.own_weights()) {
    std::optional<std::size_t> found;
    for (const std::string& name : attribute_names(layer, weight)) {
      const auto child = found ? std::nullopt : graph_.nodes[node].child(name);
      if (child && entry_of(*child) != nullptr) found = child;
    }
    if (!found) {  // an attribute of another name: of a class that only Python knows
      for (const formats::ObjectEdge& edge : graph_.nodes[node].children) {
        const std::string* name = full_name(edge.node);
        if (!found && name != nullptr && naming::leaf_name(*name) == weight.name()) found = edge.node;
      }
      if (found) matches_.report().notes.push_back(fmt::format("{}: found by its name, it has another attribute in the file", paths_.at(weight.id())));
    }
    if (found) variables_.emplace(weight.id(), *found);
    matches_.add(found ? entry_of(*found) : nullptr, paths_.at(weight.id()), weight);
  }
}

void CheckpointLoader::match_missing(const LayerBase& layer) {
  if (!visited_.insert(&layer).second) return;
  for (const Variable& weight : layer.own_weights()) matches_.add(nullptr, paths_.at(weight.id()), weight);
  for (const ChildLayer& child : layer.children()) match_missing(*child.layer);
}

void CheckpointLoader::match_list(const LayerBase& owner, const std::vector<const LayerBase*>& layers, const std::vector<std::size_t>& nodes) {
  // What the layer at a node was called: `b` of a variable `a/b/kernel`.
  const auto name_at = [&](std::size_t node) {
    for (const formats::ObjectEdge& edge : graph_.nodes[node].children) {
      const std::string* name = full_name(edge.node);
      if (name == nullptr) continue;
      const std::string mapped = names_(naming::leaf_name(naming::parent_path(*name)));
      return std::string(naming::leaf_name(mapped));
    }
    return std::string();
  };
  if (layers.size() != nodes.size()) {
    std::vector<std::string> in_model, in_file;
    for (const LayerBase* layer : layers) in_model.push_back(layer->name());
    for (const std::size_t node : nodes) in_file.push_back(name_at(node));
    throw ShapeMismatch({.subject = matches_.file().file,
                         .what = fmt::format("{}: The checkpoint has weights for another number of layers than the model \"{}\" has.", matches_.file().file, owner.name()),
                         .expected = fmt::format("{} ({})", layers.size(), fmt::join(in_model, ", ")),
                         .received = fmt::format("{} ({})", nodes.size(), fmt::join(in_file, ", ")),
                         .fix = "load_weights with by_name = true takes the variables whose names both have"});
  }
  std::vector<formats::LayerSlot> in_file, in_model;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<Shape> shapes;
    for (const Variable& weight : layers[i]->own_weights()) shapes.push_back(weight.shape());
    const std::string class_name = naming::to_snake_case(layers[i]->class_name());
    in_model.push_back({class_name, shapes, layers[i]->name()});
    in_file.push_back({class_name, std::move(shapes), layers[i]->own_weights().empty() ? "" : name_at(nodes[i])});
  }
  const auto found = formats::match_slots(in_file, in_model);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    match_layer(*layers[i], nodes[i]);
    if (found[i] == formats::SlotMatch::kEqual || found[i] == formats::SlotMatch::kNotStored) continue;
    std::string text = fmt::format("layer {} with weights: the file says \"{}\", the model \"{}\" ({})", i, in_file[i].name, in_model[i].name, formats::to_string(found[i]));
    (formats::is_error(found[i]) ? matches_.report().ambiguous : matches_.report().notes).push_back(std::move(text));
  }
}

void CheckpointLoader::match_variable(const std::string& name, const Variable& variable, std::size_t node) { matches_.add(entry_of(node), name, variable); }

// Where the file keeps a value of the optimizer's state: under an attribute, among all variables if there is none (there it has `number`), or,
// until Keras 2.10, as a slot of the trained variable.
std::optional<std::size_t> CheckpointLoader::state_of(const OptimizerValue& value, std::size_t number, std::size_t node, std::span<const Variable> order) const {
  for (const std::string& place : value.places) {
    if (place.starts_with("_variables/")) continue;
    if (const auto found = follow(node, place)) return found;
  }
  const ObjectNode& object = graph_.nodes[node];
  if (value.target == OptimizerValue::kNone && !value.slot.empty()) return object.child(value.slot);
  if (value.places[0].starts_with("_variables/")) return follow(node, fmt::format("_variables/{}", number));
  if (value.target == OptimizerValue::kNone || value.slot.empty()) return std::nullopt;
  const auto trained = variables_.find(order[value.target].id());
  for (const formats::ObjectSlot& slot : object.slots) {
    if (trained != variables_.end() && slot.variable == trained->second && slot.name == value.slot) return slot.state;
  }
  return std::nullopt;
}

// Keras 2 keeps the scale of the loss beside the state of the optimizer that it is for.
void CheckpointLoader::match_keras2_scale(const Optimizer& optimizer, std::span<const Variable> order, std::size_t node) {
  const auto scale = follow(node, "loss_scale/current_loss_scale"), steps = follow(node, "loss_scale/good_steps");
  if (!scale || !steps || entry_of(*scale) == nullptr || entry_of(*steps) == nullptr) {
    matches_.report().notes.emplace_back("the file keeps no scale of the loss: it starts anew");
    return;
  }
  for (const OptimizerValue& value : optimizer_values(optimizer, order)) {
    const std::string& name = value.variable.name();
    if (name != "dynamic_scale" && name != "step_counter") continue;
    const DType dtype = value.variable.dtype();
    matches_.add(entry_of(name == "dynamic_scale" ? *scale : *steps), "optimizer/" + name, value.variable, [dtype](const Tensor& stored) { return cast(stored, dtype); });
  }
}

void CheckpointLoader::match_optimizer(const Optimizer& optimizer, std::span<const Variable> order, std::size_t node, bool needed) {
  const Optimizer inner = inner_of(optimizer);
  LoadReport& report = matches_.report();
  const auto inner_node = inner.defined() ? graph_.nodes[node].child("inner_optimizer") : std::nullopt;
  if (inner.defined() && !inner_node) {
    match_keras2_scale(optimizer, order, node);
    return match_optimizer(inner, order, node, needed);
  }
  const std::vector<OptimizerValue> values = optimizer_values(optimizer, order);
  std::vector<const WeightEntry*> found(values.size());
  std::size_t slots = 0, known = 0;
  const auto rate = graph_.nodes[node].child("_learning_rate"), second = follow(node, "_variables/1");
  const bool keras_2 = rate && second && second != rate;  // which counts its variables without the learning rate
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto state = state_of(values[i], keras_2 && i > 0 ? i - 1 : i, node, order);
    found[i] = state ? entry_of(*state) : nullptr;
    const bool is_slot = i > 1 || (i == 1 && values[i].variable.name() != "learning_rate");
    slots += is_slot ? 1 : 0;
    known += is_slot && found[i] != nullptr ? 1 : 0;
  }
  const bool rate_is_slot = values.size() > 1 && values[1].variable.name() != "learning_rate";
  if (slots > 0 && known == 0) {
    const bool untrained = found[0] != nullptr && found[0]->dtype == DType::kInt64 && found[0]->shape == Shape::scalar() && found[0]->to_tensor().item<std::int64_t>() == 0;
    if (!untrained) {
      std::string text = fmt::format("optimizer state (of another optimizer than {})", optimizer.class_name());
      needed ? report.missing.push_back(std::move(text)) : report.notes.push_back("not loaded: " + std::move(text));
      return;
    }
    report.notes.push_back("the checkpoint was saved before the first training step: the optimizer starts fresh");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_counter = i == 0 || (i == 1 && !rate_is_slot);
    if (found[i] == nullptr && ((known == 0 && !is_counter) || (is_counter && i == 1))) continue;  // a file of a schedule keeps no rate
    const std::string name = fmt::format("optimizer/{}", values[i].variable.name());
    const Variable& variable = values[i].variable;
    if (inner.defined() && is_counter) matches_.add(found[i], name, variable, [variable](const Tensor&) { return variable.value(); });  // the inner one's count
    else matches_.add(found[i], name, variable);
  }
  if (inner.defined()) match_optimizer(inner, order, *inner_node, needed);
}

void CheckpointLoader::find_unused(std::size_t start) {
  std::unordered_set<std::size_t> seen = {start};
  for (std::deque<std::size_t> todo = {start}; !todo.empty(); todo.pop_front()) {
    const ObjectNode& node = graph_.nodes[todo.front()];
    const WeightEntry* entry = entry_of(todo.front());
    if (entry != nullptr && !matches_.is_claimed(*entry)) matches_.report().unused.push_back(shown(entry->path));
    for (const formats::ObjectEdge& edge : node.children) {
      if (is_inner(edge.name) && seen.insert(edge.node).second) todo.push_back(edge.node);
    }
  }
}

void CheckpointLoader::note_others() {
  for (const WeightEntry& entry : matches_.file().weights) {
    if (matches_.is_claimed(entry) || !entry.path.ends_with(formats::kVariableKeyEnd) || entry.path.starts_with("save_counter/")) continue;
    const std::string path = shown(entry.path);
    std::vector<std::string>& unused = matches_.report().unused;
    if (std::find(unused.begin(), unused.end(), path) == unused.end()) matches_.report().notes.push_back("not of the model: " + path);
  }
}

}  // namespace namesake::saving
