#include "namesake/graph/graph.h"

#include <unordered_set>

namespace namesake::graph {
namespace {

struct Collector {
  std::vector<Variable> found;
  std::unordered_set<const void*> seen;  // variables and functions

  void collect(const Graph& graph) {
    if (!seen.insert(&graph).second) return;
    for (const Node& node : graph.nodes) {
      if (node.variable.defined() && seen.insert(node.variable.id()).second) found.push_back(node.variable);
      for (const auto& function : node.functions) collect(*function);
    }
  }
};

}  // namespace

std::vector<Variable> variables_of(const Graph& graph) {
  Collector collector;
  collector.collect(graph);
  return std::move(collector.found);
}

}  // namespace namesake::graph
