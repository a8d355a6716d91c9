// The objects of a SavedModel drawn as a tree. They are a graph with cycles, of any depth.
#include <fmt/format.h>

#include <queue>
#include <string_view>

#include "namesake/naming/path.h"
#include "namesake/view/graph_inventory.h"

namespace namesake::view {
namespace {

constexpr int kMostLevels = 30;

class Tree {
 public:
  Tree(const std::vector<ObjectRow>& objects, bool ascii) : objects_(objects), ascii_(ascii), owner_(objects.size()) {}

  std::string draw() && {
    if (objects_.empty()) return "";
    find_owners();
    text_ = line("", 0);
    below(0, "", 1);
    return std::move(text_);
  }

 private:
  struct Owner {
    std::size_t object = 0;
    std::size_t edge = 0;
    bool found = false;
  };

  // Breadth first: the first edge that leads to an object is the one it is drawn under. What stands in a list (`variables`) is drawn
  // there only if nothing else leads to it.
  void find_owners() {
    std::queue<std::size_t> next, lists;
    next.push(0);
    owner_[0].found = true;
    while (!next.empty() || !lists.empty()) {
      std::queue<std::size_t>& from = next.empty() ? lists : next;
      const std::size_t object = from.front();
      from.pop();
      const auto& children = objects_[object].children;
      for (std::size_t edge = 0; edge < children.size(); ++edge) {
        const std::size_t child = children[edge].second;
        if (owner_[child].found) continue;
        owner_[child] = {object, edge, true};
        (objects_[child].note == "trackable_list_wrapper" ? lists : next).push(child);
      }
    }
  }

  // The path under which an object is drawn.
  [[nodiscard]] std::string path(std::size_t object) const {
    std::string path;
    for (int level = 0; object != 0 && level <= kMostLevels; ++level) {
      const Owner& owner = owner_[object];
      path = naming::join_path(objects_[owner.object].children[owner.edge].first, path);
      object = owner.object;
    }
    return path.empty() ? "root" : path;
  }

  [[nodiscard]] std::string line(std::string_view name, std::size_t object) const {
    const ObjectRow& row = objects_[object];
    return fmt::format("{} ({}{}{})\n", name.empty() ? "root" : name, row.kind, row.note.empty() ? "" : ": ", row.note);
  }

  void below(std::size_t object, const std::string& indent, int level) {
    const auto& children = objects_[object].children;
    for (std::size_t edge = 0; edge < children.size(); ++edge) {
      const auto& [name, child] = children[edge];
      const bool last = edge + 1 == children.size();
      text_ += indent;
      text_ += ascii_ ? "+-- " : last ? "\u2514\u2500\u2500 " : "\u251c\u2500\u2500 ";
      const Owner& owner = owner_[child];
      if (child == 0 || owner.object != object || owner.edge != edge) {
        text_ += fmt::format("{} -> {}\n", name, path(child));
        continue;
      }
      text_ += line(name, child);
      if (objects_[child].children.empty()) continue;
      const std::string inner = indent + (last ? "    " : ascii_ ? "|   " : "\u2502   ");
      if (level < kMostLevels) {
        below(child, inner, level + 1);
      } else {
        text_ += inner + "...\n";
      }
    }
  }

  const std::vector<ObjectRow>& objects_;
  bool ascii_;
  std::vector<Owner> owner_;
  std::string text_;
};

}  // namespace

std::string object_tree(const std::vector<ObjectRow>& objects, bool ascii) { return Tree(objects, ascii).draw(); }

}  // namespace namesake::view
