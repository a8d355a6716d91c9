#include "namesake/view/graph_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "namesake/naming/path.h"
#include "namesake/naming/unique_names.h"
#include "namesake/view/summary_graph.h"

namespace namesake::view {
namespace {

using graph::Graph;
using graph::Node;
using Path = std::vector<std::string>;

// A node, and the scopes around it, those of the calls that lead to it first.
struct Visit {
  Path scopes;
  const Node* node = nullptr;
};

constexpr std::size_t kDeepest = 32;  // calls in calls

void visit(const Graph& graph, const Path& outer, std::size_t depth, std::vector<Visit>& visits) {
  for (const Node& node : graph.nodes) {
    Path scopes = outer;
    for (std::string& scope : naming::split_path(naming::parent_path(node.name))) scopes.push_back(std::move(scope));
    for (const auto& function : node.functions) {
      if (function != nullptr && depth < kDeepest) visit(*function, scopes, depth + 1, visits);
    }
    if (node.functions.empty()) visits.push_back({std::move(scopes), &node});
  }
}

bool stands_in(const Path& scopes, const Path& outer) { return scopes.size() >= outer.size() && std::equal(outer.begin(), outer.end(), scopes.begin()); }

// What does not say what a layer is.
bool is_plumbing(std::string_view op) {
  constexpr std::string_view kPlumbing[] = {"Identity", "Cast", "Shape", "StridedSlice", "Pack", "NoOp", "StopGradient"};
  return std::find(std::begin(kPlumbing), std::end(kPlumbing), op) != std::end(kPlumbing);
}

/// The graph's scopes that are layers, found by the variables that they read.
class Scopes {
 public:
  explicit Scopes(const nn::GraphModelBody& model) : model_(model) {
    visit(model.graph(), {}, 0, visits_);
    for (const Visit& each : visits_) {
      if (each.node->variable.defined()) reads_[each.node->variable.id()].push_back(&each.scopes);
    }
    for (const ChildLayer& child : model.children()) match(child.layer);
  }

  /// In the order in which they come to their ends; then layers that the graph has no scope for.
  [[nodiscard]] std::vector<GraphRow> rows() const {
    std::vector<std::pair<Path, std::size_t>> ends;  // each scope with its last op
    for (std::size_t i = 0; i < visits_.size(); ++i) {
      const Path scope = layer_scope(visits_[i].scopes);
      if (scope.empty() || visits_[i].node->kind != Node::Kind::kOp) continue;
      std::erase_if(ends, [&](const auto& end) { return end.first == scope; });
      ends.emplace_back(scope, i);
    }
    std::vector<GraphRow> rows;
    std::set<std::string, std::less<>> named;
    for (const auto& [scope, layer] : layers_) named.insert(layer->name());
    std::set<const LayerBase*> shown;
    for (const auto& [scope, last] : ends) {
      const auto found = layers_.find(scope);
      GraphRow row{"", ops_in(scope), shape_text(visits_[last].node->outputs.empty() ? Shape() : visits_[last].node->outputs[0].shape), 0, {}};
      if (found != layers_.end()) {
        add_weights(*found->second, shown.insert(found->second.get()).second, row);
      } else {
        const std::string plain = numbered_ ? std::string(naming::without_number(scope.back())) : scope.back();
        row.name = named.insert(plain).second ? plain : scope.back();
      }
      rows.push_back(std::move(row));
    }
    for (const ChildLayer& child : model_.children()) {
      if (shown.contains(child.layer.get())) continue;
      GraphRow row{"", is_read(*child.layer) ? "variables" : "not used", "?", 0, {}};
      add_weights(*child.layer, true, row);
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  static std::vector<Variable> weights_of(const LayerBase& layer) { return Layer(std::const_pointer_cast<LayerBase>(layer.shared_from_this())).weights(); }

  [[nodiscard]] bool is_read(const LayerBase& layer) const {
    const std::vector<Variable> weights = weights_of(layer);
    return std::any_of(weights.begin(), weights.end(), [&](const Variable& weight) { return reads_.contains(weight.id()); });
  }

  static void add_weights(const LayerBase& layer, bool count, GraphRow& row) {
    row.name = layer.name();
    for (const Variable& weight : weights_of(layer)) {
      if (count) row.params += weight.shape().count();
      row.trainable = row.trainable.value_or(false) || weight.trainable();
    }
  }

  // The scopes of the layer's name in which its weights are read.
  void match(const std::shared_ptr<LayerBase>& layer) {
    for (const Variable& weight : weights_of(*layer)) {
      const auto reads = reads_.find(weight.id());
      if (reads == reads_.end()) continue;
      for (const Path* path : reads->second) {
        for (std::size_t i = path->size(); i-- > 0;) {
          const bool plain = (*path)[i] == layer->name();  // `hidden_1` is `hidden`, called in a graph that had such a scope before
          if (!plain && naming::without_number((*path)[i]) != layer->name()) continue;
          numbered_ = numbered_ || !plain;
          layers_.emplace(Path(path->begin(), path->begin() + static_cast<std::ptrdiff_t>(i) + 1), layer);
          outer_.emplace(path->begin(), path->begin() + static_cast<std::ptrdiff_t>(i));
          break;
        }
      }
    }
  }

  // The layer's that the scopes lead into: one that reads weights, or one that stands beside such.
  [[nodiscard]] Path layer_scope(const Path& scopes) const {
    for (std::size_t size = 1; size <= scopes.size(); ++size) {
      const Path scope(scopes.begin(), scopes.begin() + static_cast<std::ptrdiff_t>(size));
      if (layers_.contains(scope) || outer_.contains(Path(scope.begin(), scope.end() - 1))) return scope;
    }
    return {};
  }

  [[nodiscard]] std::string ops_in(const Path& scope) const {
    constexpr std::size_t kShown = 3;
    std::vector<std::string> ops, plumbing;
    for (const Visit& each : visits_) {
      if (each.node->kind != Node::Kind::kOp || each.node->op == nullptr || !stands_in(each.scopes, scope)) continue;
      const std::string op(each.node->op->name);
      std::vector<std::string>& list = is_plumbing(op) ? plumbing : ops;
      if (std::find(list.begin(), list.end(), op) == list.end()) list.push_back(op);
    }
    if (ops.empty()) ops = std::move(plumbing);
    std::string text;
    for (std::size_t i = 0; i < ops.size() && i < kShown; ++i) text += (i > 0 ? ", " : "") + ops[i];
    return text + (ops.size() > kShown ? ", ..." : "");
  }

  const nn::GraphModelBody& model_;
  std::vector<Visit> visits_;
  std::map<const void*, std::vector<const Path*>> reads_;  // the scopes of each variable's reads
  std::map<Path, std::shared_ptr<LayerBase>> layers_;
  std::set<Path> outer_;   // what layers' scopes stand in
  bool numbered_ = false;  // layers' scopes have numbers that their names have not
};

}  // namespace

namespace {

// What a frozen graph has of weights: it keeps them as constants.
void add_constants(const nn::GraphModelBody& model, std::vector<GraphRow>& rows) {
  std::vector<Visit> visits;
  visit(model.graph(), {}, 0, visits);
  for (const Visit& each : visits) {
    const Node& node = *each.node;
    if (node.kind != Node::Kind::kConstant || !is_floating(node.constant.dtype()) || node.constant.rank() == 0 || node.constant.size() < 2) continue;
    rows.push_back({node.name, "constant", shape_text(node.constant.shape()), 0, {}});
  }
}

}  // namespace

std::vector<GraphRow> graph_rows(const nn::GraphModelBody& model) {
  const Graph& graph = model.graph();
  std::vector<GraphRow> rows;
  for (const std::size_t input : graph.inputs) rows.push_back({graph.nodes[input].name, "input", shape_text(graph.nodes[input].outputs[0].shape), 0, {}});
  for (GraphRow& row : Scopes(model).rows()) rows.push_back(std::move(row));
  for (const Variable& weight : model.own_weights()) rows.push_back({weight.name(), "variable", shape_text(weight.shape()), weight.shape().count(), weight.trainable()});
  if (Layer(std::const_pointer_cast<LayerBase>(model.shared_from_this())).weights().empty()) add_constants(model, rows);
  for (std::size_t i = 0; i < graph.results.size() && i < graph.result_names.size(); ++i) {
    const graph::Value result = graph.results[i];
    rows.push_back({graph.result_names[i], "output", shape_text(graph.nodes[result.node].outputs[static_cast<std::size_t>(result.output)].shape), 0, {}});
  }
  return rows;
}

}  // namespace namesake::view
