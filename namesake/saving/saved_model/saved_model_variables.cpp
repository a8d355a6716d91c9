#include "namesake/saving/saved_model/saved_model_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/formats/object_graph.h"

namespace namesake::saving {
namespace {

using formats::MetaGraph;
using formats::NodeDef;
using formats::SavedObject;
using formats::VariableObject;
using formats::WeightEntry;

std::string without_output(std::string_view name) { return std::string(name.ends_with(":0") ? name.substr(0, name.size() - 2) : name); }

const VariableObject* variable_at(const formats::SavedModelObjects& objects, std::size_t node) {
  return node < objects.nodes.size() ? std::get_if<VariableObject>(&objects.nodes[node].kind) : nullptr;
}

std::optional<std::size_t> child(const SavedObject& object, std::string_view name) {
  for (const formats::ObjectEdge& edge : object.children) {
    if (edge.name == name) return edge.node;
  }
  return std::nullopt;
}

// Object -> the path of the shortest way to it, and the key of its value: the graphs are walked side by side.
struct Walked {
  std::map<std::size_t, std::string> paths;
  std::map<std::size_t, std::string> keys;
};
Walked walk(const formats::SavedModelObjects& objects, const std::optional<formats::ObjectGraph>& stored) {
  Walked walked;
  struct Pair {
    std::size_t object, stored;
  };
  constexpr std::size_t kNone = ~std::size_t{0};
  std::deque<Pair> todo;
  if (!objects.nodes.empty()) {
    todo.push_back({0, stored && !stored->nodes.empty() ? 0 : kNone});
    walked.paths.emplace(0, "");
  }
  for (; !todo.empty(); todo.pop_front()) {
    const Pair at = todo.front();
    const formats::ObjectNode* node = at.stored == kNone ? nullptr : &stored->nodes[at.stored];
    for (const formats::ObjectValue& value : node == nullptr ? std::vector<formats::ObjectValue>() : node->values) {
      if (value.name == formats::kVariableValue) walked.keys.emplace(at.object, value.key);
    }
    for (const formats::ObjectEdge& edge : objects.nodes[at.object].children) {
      if (edge.node >= objects.nodes.size()) continue;
      const std::string& path = walked.paths.at(at.object);
      if (!walked.paths.emplace(edge.node, path.empty() ? edge.name : path + "/" + edge.name).second) continue;
      const auto below = node == nullptr ? std::nullopt : node->child(edge.name);
      todo.push_back({edge.node, below && *below < stored->nodes.size() ? *below : kNone});
    }
  }
  return walked;
}

bool is_state(std::string_view path) {
  return path.starts_with("optimizer/") || path.starts_with("keras_api/") || path.find("/optimizer/") != std::string_view::npos || path.find("keras_api/") != std::string_view::npos ||
         path == "save_counter";
}

// The objects that stand for the model's variables, in the order of the root's list `variables` if it has one.
std::vector<std::size_t> chosen_objects(const formats::SavedModelObjects& objects, const Walked& walked, const std::unordered_set<std::size_t>& bound) {
  std::vector<std::size_t> chosen;
  std::unordered_set<std::size_t> seen;
  const auto take = [&](std::size_t node) {
    if (variable_at(objects, node) != nullptr && seen.insert(node).second) chosen.push_back(node);
  };
  const auto list = objects.nodes.empty() ? std::nullopt : child(objects.nodes[0], "variables");
  if (list && *list < objects.nodes.size()) {
    for (const formats::ObjectEdge& edge : objects.nodes[*list].children) take(edge.node);
  }
  const bool listed = !chosen.empty();
  for (std::size_t node = 0; node < objects.nodes.size(); ++node) {
    const auto path = walked.paths.find(node);
    if (bound.contains(node)) take(node);
    else if (!listed && path != walked.paths.end() && !is_state(path->second)) take(node);
  }
  return chosen;
}

// The text of a node's input: its node, and which output.
std::pair<std::string, std::size_t> split_input(std::string_view input) {
  if (input.starts_with("^")) input.remove_prefix(1);
  const std::size_t colon = input.find(':');
  std::size_t output = 0;
  for (const char digit : colon == std::string_view::npos ? std::string_view() : input.substr(colon + 1, 9)) {
    if (digit >= '0' && digit <= '9') output = output * 10 + static_cast<std::size_t>(digit - '0');
  }
  return {std::string(input.substr(0, colon)), output};
}

bool is_variable(const NodeDef& node) { return node.op == "VarHandleOp" || node.op == "VariableV2" || node.op == "Variable"; }

template <class T>
const T* one(const NodeDef& node, std::string_view name) {
  const formats::AttributeValue* value = node.find(name);
  return value == nullptr ? nullptr : value->one<T>();
}

// Variable node -> the key that the graph's own restore op fills it from.
std::unordered_map<std::string, std::string> restored_keys(const formats::GraphDef& graph) {
  std::unordered_map<std::string_view, const NodeDef*> nodes;
  for (const NodeDef& node : graph.nodes) nodes.emplace(node.name, &node);
  const auto find = [&](const std::string& name) {
    const auto found = nodes.find(name);
    return found == nodes.end() ? nullptr : found->second;
  };
  std::unordered_map<std::string, std::string> keys;
  for (const NodeDef& node : graph.nodes) {
    if ((node.op != "Assign" && node.op != "AssignVariableOp") || node.inputs.size() < 2) continue;
    auto [source, output] = split_input(node.inputs[1]);
    const NodeDef* from = find(source);
    if (from != nullptr && from->op == "Identity" && !from->inputs.empty()) {
      std::tie(source, output) = split_input(from->inputs[0]);
      from = find(source);
    }
    if (from == nullptr || from->op != "RestoreV2" || from->inputs.size() < 2) continue;
    const NodeDef* names = find(split_input(from->inputs[1]).first);
    const auto* value = names == nullptr ? nullptr : one<formats::TensorValue>(*names, "value");
    if (value == nullptr || output >= value->strings.size()) continue;
    keys.emplace(split_input(node.inputs[0]).first, value->strings[output]);
  }
  return keys;
}

// Names of the nodes of trainable variables; nothing if the file does not say.
std::optional<std::unordered_set<std::string>> trainable_nodes(const MetaGraph& graph) {
  for (const formats::Collection& collection : graph.collections) {
    if (collection.key != "trainable_variables") continue;
    std::unordered_set<std::string> names;
    for (const std::string& bytes : collection.bytes) {
      if (const auto def = formats::parse_variable_def(bytes)) names.insert(without_output(def->variable));
    }
    return names;
  }
  return std::nullopt;
}

}  // namespace

bool same_value(const WeightEntry* a, const WeightEntry* b) {
  if (a == nullptr || b == nullptr || a == b) return a == b;
  if (a->dtype != b->dtype || a->shape != b->shape || a->byte_size != b->byte_size || a->dtype == DType::kString) return false;
  const formats::Bytes left = a->bytes(), right = b->bytes();
  return left.span.size() == right.span.size() && (left.span.empty() || std::memcmp(left.span.data(), right.span.data(), left.span.size()) == 0);
}

FileVariables::FileVariables(const MetaGraph& graph, const std::string& file, const formats::ModelFile* bundle) : file_(file), bundle_(bundle) {
  if (bundle_ != nullptr) {
    for (const WeightEntry& weight : bundle_->weights) entries_.emplace(weight.path, &weight);
  }
  if (graph.objects) {
    take_objects(graph);
    match_nodes(graph);
  } else {
    take_nodes(graph);
  }
}

const WeightEntry* FileVariables::entry(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->second;
}

void FileVariables::take_objects(const MetaGraph& graph) {
  const formats::SavedModelObjects& objects = *graph.objects;
  const Walked walked = walk(objects, bundle_ == nullptr ? std::nullopt : formats::read_object_graph(*bundle_));
  std::unordered_set<std::size_t> bound;
  for (const formats::ConcreteFunction& function : objects.functions) bound.insert(function.bound_inputs.begin(), function.bound_inputs.end());
  std::unordered_map<std::string, std::vector<std::pair<std::size_t, bool>>> by_name;  // name -> (place, bound)
  std::vector<std::size_t> chosen = chosen_objects(objects, walked, bound);
  std::stable_partition(chosen.begin(), chosen.end(), [&](std::size_t node) { return bound.contains(node); });  // a twin that no function uses is the other's second name
  for (const std::size_t node : chosen) {
    const VariableObject& object = *variable_at(objects, node);
    const auto path = walked.paths.find(node);
    const auto key = walked.keys.find(node);
    FileVariable made{without_output(object.name), object.dtype, object.shape, object.trainable, key == walked.keys.end() ? nullptr : entry(key->second)};
    if (made.name.empty()) made.name = path == walked.paths.end() ? fmt::format("variable_{}", node) : path->second;
    auto& twins = by_name[made.name];
    constexpr std::ptrdiff_t kMostTwins = 8;  // Keras makes one
    const auto compared = twins.begin() + std::min(kMostTwins, static_cast<std::ptrdiff_t>(twins.size()));
    const auto twin = std::find_if(twins.begin(), compared, [&](const auto& other) {
      const FileVariable& first = list_[other.first];
      return !bound.contains(node) && first.dtype == made.dtype && first.shape == made.shape && same_value(first.value, made.value);
    });
    if (twin != compared) {
      by_object_.emplace(node, twin->first);
      continue;
    }
    twins.emplace_back(list_.size(), bound.contains(node));
    by_object_.emplace(node, list_.size());
    list_.push_back(std::move(made));
  }
}

// A call of a function that the objects know passes the function's variables behind the other arguments.
void FileVariables::match_nodes(const MetaGraph& graph) {
  std::unordered_map<std::string_view, const formats::ConcreteFunction*> functions;
  for (const formats::ConcreteFunction& function : graph.objects->functions) functions.emplace(function.name, &function);
  for (const NodeDef& node : graph.graph.nodes) {
    const auto* called = one<formats::FunctionReference>(node, "f");
    const auto function = called == nullptr ? functions.end() : functions.find(called->name);
    if (function == functions.end()) continue;
    const std::vector<std::size_t>& bound = function->second->bound_inputs;
    const auto is_control = [](const std::string& input) { return input.starts_with("^"); };
    const auto inputs = static_cast<std::size_t>(std::find_if(node.inputs.begin(), node.inputs.end(), is_control) - node.inputs.begin());
    if (inputs < bound.size()) continue;
    for (std::size_t i = 0; i < bound.size(); ++i) {
      if (const auto place = of_object(bound[i])) by_node_.emplace(split_input(node.inputs[inputs - bound.size() + i]).first, *place);
    }
  }
  std::unordered_map<std::string_view, std::size_t> by_name;
  std::unordered_set<std::string_view> twice;
  for (std::size_t i = 0; i < list_.size(); ++i) {
    if (!by_name.emplace(list_[i].name, i).second) twice.insert(list_[i].name);
  }
  for (const NodeDef& node : graph.graph.nodes) {
    if (!is_variable(node)) continue;
    const auto* shared = one<std::string>(node, "shared_name");
    const auto found = by_name.find(shared != nullptr && !shared->empty() ? *shared : node.name);
    if (found != by_name.end() && !twice.contains(found->first)) by_node_.emplace(node.name, found->second);
  }
}

void FileVariables::take_nodes(const MetaGraph& graph) {
  const auto keys = restored_keys(graph.graph);
  const auto trainable = trainable_nodes(graph);
  std::unordered_map<std::string, std::pair<std::size_t, std::string>> by_shared_name;  // -> place, node
  for (const NodeDef& node : graph.graph.nodes) {
    if (!is_variable(node)) continue;
    const auto* shared = one<std::string>(node, "shared_name");
    const std::string name = shared != nullptr && !shared->empty() ? *shared : node.name;
    const auto key = keys.find(node.name);
    const WeightEntry* value = entry(key == keys.end() ? name : key->second);
    if (const auto other = by_shared_name.find(name); other != by_shared_name.end()) {
      if (list_[other->second.first].value != value) {
        throw FormatError(file_, fmt::format("node \"{}\"", node.name),
                          {.what = fmt::format("Two variables share the shared_name \"{}\": TensorFlow would run them as one, and they have two values.", name),
                           .expected = "a shared_name for each",
                           .received = fmt::format("the nodes \"{}\" and \"{}\"", other->second.second, node.name),
                           .fix = "save the models apart, or import each into a graph of its own"});
      }
      by_node_.emplace(node.name, other->second.first);
      continue;
    }
    const auto* dtype = one<DType>(node, "dtype");
    const auto* shape = one<Shape>(node, "shape");
    FileVariable made{without_output(name), dtype == nullptr ? DType::kInvalid : *dtype, shape == nullptr ? Shape() : *shape, !trainable || trainable->contains(node.name), value};
    if (made.value != nullptr && made.dtype == DType::kInvalid) made.dtype = made.value->dtype;
    if (made.value != nullptr && !made.shape.fully_known()) made.shape = made.value->shape;
    by_shared_name.emplace(name, std::pair(list_.size(), node.name));
    by_node_.emplace(node.name, list_.size());
    list_.push_back(std::move(made));
  }
}

std::optional<std::size_t> FileVariables::of_object(std::size_t node) const {
  const auto found = by_object_.find(node);
  return found == by_object_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> FileVariables::of_node(std::string_view name) const {
  const auto found = by_node_.find(std::string(name));
  return found == by_node_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace namesake::saving
