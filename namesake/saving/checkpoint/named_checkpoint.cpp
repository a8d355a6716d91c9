#include "namesake/saving/checkpoint/named_checkpoint.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/state_keys.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/path.h"
#include "namesake/saving/checkpoint/named_optimizer.h"
#include "namesake/saving/save_parts.h"

namespace namesake::saving {

using formats::BundleTensor;
using formats::WeightEntry;

namespace {

// The object at that path of edges, and all that it leads to.
std::vector<std::size_t> below(const formats::ObjectGraph& graph, const std::string& object, const std::string& file) {
  std::size_t start = 0;
  for (const std::string& name : naming::split_path(object)) {
    const auto next = graph.nodes[start].child(name);
    if (!next) throw FormatError(file, object, {.what = fmt::format("The checkpoint has no object \"{}\".", object), .fix = "give the path of one that it has"});
    start = *next;
  }
  std::vector<std::size_t> found = {start};
  std::vector<bool> seen(graph.nodes.size());
  seen[start] = true;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const formats::ObjectEdge& edge : graph.nodes[found[i]].children) {
      if (seen[edge.node]) continue;
      seen[edge.node] = true;
      found.push_back(edge.node);
    }
  }
  return found;
}

}  // namespace

SaveReport save_named_checkpoint(const Model& model, const std::filesystem::path& prefix) {
  check_built(model);
  model.check_paths();
  SaveReport report{prefix, {"tf.compat.v1.train.Saver"}, {}, {}, {}};
  std::vector<BundleTensor> tensors;
  std::unordered_set<std::string> weights;
  std::unordered_set<const void*> seen;
  for (const NamedWeight& weight : model.named_weights()) {
    if (!seen.insert(weight.variable.id()).second) continue;  // shared: it has one name
    formats::ArrayContent array = array_of(weight.path, weight.variable);
    tensors.push_back({std::move(array.path), array.dtype, array.shape, std::move(array.bytes), {}});
    weights.insert(weight.path);
  }
  if (model.is_compiled()) {
    for (BundleTensor& tensor : named_state(model, report)) {
      if (weights.contains(tensor.key)) {
        throw NameCollision({.subject = tensor.key,
                             .what = fmt::format("A weight of the model \"{}\" has the name that TensorFlow 1 gives to the state of the optimizer {}: \"{}\".", model.name(),
                                                 model.optimizer().class_name(), tensor.key),
                             .places = {{"model", model.ptr()->site(), model.ptr()->describe(), {}}},
                             .fix = "give the weight or its layer another name, or save the objects: leave name_based out"});
      }
      tensors.push_back(std::move(tensor));
    }
  }
  formats::write_tensor_bundle(prefix.string(), std::move(tensors));
  return report;
}

void match_by_name(const Model& model, const formats::ObjectGraph* graph, WeightMatches& matches, const NameMap& names, const ByName& wishes) {
  // A rule is for the whole name of a variable, or for that of its layer.
  const auto mapped = [&](const std::string& name) {
    std::string whole = names(name);
    if (whole != name || naming::parent_path(name).empty()) return whole;
    return naming::join_path(names(naming::parent_path(name)), naming::leaf_name(name));
  };
  std::unordered_map<std::string, std::vector<const WeightEntry*>> by_name;
  std::unordered_map<std::string_view, const std::string*> full_names;  // by key
  if (graph != nullptr) {
    for (const std::size_t node : below(*graph, wishes.object, matches.file().file)) {
      for (const formats::ObjectValue& value : graph->nodes[node].values) full_names.emplace(value.key, &value.full_name);
    }
  }
  for (const WeightEntry& entry : matches.file().weights) {
    const auto full = full_names.find(entry.path);
    if (formats::is_description_key(entry.path)) matches.claim(entry);
    else if (graph == nullptr || full != full_names.end()) by_name[mapped(graph == nullptr ? entry.path : *full->second)].push_back(&entry);
  }
  LoadReport& report = matches.report();
  std::unordered_set<std::string> parents;
  std::vector<KeyedWeight> keyed;
  for (const NamedWeight& weight : model.named_weights()) {
    auto found = by_name.find(weight.path);
    if (found == by_name.end()) found = by_name.find(naming::join_path(model.name(), weight.path));  // as Keras 3 names them
    if (found == by_name.end()) {
      matches.add(nullptr, weight.path, weight.variable);
    } else if (found->second.size() > 1) {
      report.ambiguous.push_back(fmt::format("{} variables of the checkpoint are called \"{}\"", found->second.size(), found->first));
    } else {
      parents.insert(found->second[0]->path);
      keyed.push_back({weight.variable, found->second[0]->path});
      matches.add(found->second[0], weight.path, weight.variable);
    }
  }
  if (wishes.with_optimizer && graph == nullptr) match_named_state(model, keyed, matches);
  for (const WeightEntry& entry : matches.file().weights) {
    if (matches.is_claimed(entry)) continue;
    const std::string path = std::string(formats::object_path(entry.path));
    const bool state = formats::is_state_key(path, parents);
    state ? report.notes.push_back("not loaded: " + path) : report.unused.push_back(path);
  }
}

}  // namespace namesake::saving
