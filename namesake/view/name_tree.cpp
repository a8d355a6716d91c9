#include "namesake/view/name_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "namesake/naming/path.h"
#include "namesake/view/inventory.h"

namespace namesake::view {
namespace {

struct Node {
  std::string name;
  std::string note;
  std::vector<Node> children;
};

/// The node at `path` below `root`, made if it is not there. A second entry of one path gets a node of its own.
Node& node_at(Node& root, std::string_view path, bool anew) {
  Node* node = &root;
  const std::vector<std::string> names = naming::split_path(path);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<Node>& below = node->children;
    const auto found = std::find_if(below.begin(), below.end(), [&](const Node& child) { return child.name == names[i]; });
    const bool last = i + 1 == names.size();
    if (found != below.end() && !(last && anew && !found->note.empty())) {
      node = &*found;
    } else {
      below.push_back({names[i], "", {}});
      node = &below.back();
    }
  }
  return *node;
}

void add_weight(Node& root, const WeightRow& weight) {
  Node& node = node_at(root, weight.path, true);
  node.note = weight.unsupported.empty() ? fmt::format("{} {}", to_string(weight.shape), to_string(weight.dtype))
                                         : fmt::format("(not readable: {})", weight.unsupported);
  if (!weight.alias_of.empty()) node.note += fmt::format(" = {}", weight.alias_of);
}

struct Lines {
  std::string_view branch, last, bar, blank;
};
constexpr Lines kBoxes = {"\u251c\u2500\u2500 ", "\u2514\u2500\u2500 ", "\u2502   ", "    "};
constexpr Lines kAscii = {"+-- ", "+-- ", "|   ", "    "};

void draw(const Node& node, const Lines& lines, const std::string& indent, std::string& out) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const Node& child = node.children[i];
    const bool last = i + 1 == node.children.size();
    out += indent;
    out += last ? lines.last : lines.branch;
    out += child.name;
    if (!child.note.empty()) out += " " + child.note;
    out += '\n';
    draw(child, lines, indent + std::string(last ? lines.blank : lines.bar), out);
  }
}

}  // namespace

std::string name_tree(const Inventory& inventory, std::string_view heading, const NameTreeOptions& options) {
  Node root;
  for (const LayerRow& layer : inventory.layers) {
    Node& node = node_at(root, layer.path, true);
    node.note = layer.class_name.empty() ? "" : fmt::format("({})", layer.class_name);
  }
  for (const WeightRow& weight : inventory.weights) add_weight(root, weight);
  if (options.optimizer && !inventory.optimizer.empty()) {
    Node state;
    for (const WeightRow& weight : inventory.optimizer) add_weight(state, weight);
    for (Node& node : state.children) {
      if (node.note.empty() && !inventory.optimizer_class.empty()) node.note = fmt::format("({})", inventory.optimizer_class);
      root.children.push_back(std::move(node));
    }
  }
  std::string out = std::string(heading) + "\n";
  draw(root, options.ascii ? kAscii : kBoxes, "", out);
  return out;
}

}  // namespace namesake::view

namespace namesake {

std::string name_tree(const Model& model, const NameTreeOptions& options) {
  return view::name_tree(view::inventory_of(model), model.name(), options);
}

}  // namespace namesake
