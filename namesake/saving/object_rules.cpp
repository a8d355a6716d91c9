#include "namesake/saving/object_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>

#include "namesake/naming/path.h"

namespace namesake::saving {
namespace {

constexpr std::size_t kLongestPath = 4096;  // a file may make its graph as deep as it likes

struct Move {
  std::size_t owner;
  formats::ObjectEdge edge;
  std::string from, to;
};

// What the rules say of the edges, each met on the shortest way to it.
std::vector<Move> moves(const formats::ObjectGraph& graph, const NameMap& names) {
  std::vector<Move> found;
  std::vector<std::string> paths(graph.nodes.size());
  std::vector<bool> seen(graph.nodes.size());
  seen[0] = true;
  for (std::deque<std::size_t> todo = {0}; !todo.empty(); todo.pop_front()) {
    const std::size_t owner = todo.front();
    for (const formats::ObjectEdge& edge : graph.nodes[owner].children) {
      std::string path = naming::join_path(paths[owner], edge.name);
      if (path.size() > kLongestPath) continue;
      if (const auto to = names.find(path); to && *to != path) found.push_back({owner, edge, path, *to});
      if (seen[edge.node]) continue;
      seen[edge.node] = true;
      paths[edge.node] = std::move(path);
      todo.push_back(edge.node);
    }
  }
  return found;
}

}  // namespace

formats::ObjectGraph with_rules(formats::ObjectGraph graph, const NameMap& names, std::vector<std::string>& ambiguous) {
  if (names.empty()) return graph;
  const std::vector<Move> found = moves(graph, names);
  for (const Move& move : found) {
    std::erase_if(graph.nodes[move.owner].children, [&](const formats::ObjectEdge& edge) { return edge.name == move.edge.name; });
  }
  for (const Move& move : found) {
    std::size_t owner = 0;
    for (const std::string& name : naming::split_path(naming::parent_path(move.to))) {
      const auto next = graph.nodes[owner].child(name);
      if (!next) {
        graph.nodes.emplace_back();
        graph.nodes[owner].children.push_back({name, graph.nodes.size() - 1});
      }
      owner = next.value_or(graph.nodes.size() - 1);
    }
    const std::string name(naming::leaf_name(move.to));
    if (const auto there = graph.nodes[owner].child(name); there && *there != move.edge.node) {
      ambiguous.push_back(fmt::format("{}: two objects of the checkpoint, \"{}\" and another, are this one by the rules for names", move.to, move.from));
    } else if (!there) {
      graph.nodes[owner].children.push_back({name, move.edge.node});
    }
  }
  return graph;
}

}  // namespace namesake::saving
