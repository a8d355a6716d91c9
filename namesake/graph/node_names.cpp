#include "namesake/graph/node_names.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "namesake/naming/path.h"
#include "namesake/naming/scope.h"

namespace namesake::graph {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct Below {
  std::string path;
  bool own_scope = false;  // made in a scope that none of the layers around it was made in
};

// Where `scope` stands below those before it: inside one of them, or made beside it (a layer that another one holds).
Below place_below(const std::vector<naming::ScopePtr>& scopes, std::size_t place) {
  const naming::Scope& scope = *scopes[place];
  for (std::size_t i = place; i-- > 0;) {
    if (const auto path = scope.path_below(*scopes[i])) return {*path, false};
  }
  for (std::size_t i = place; i-- > 0;) {
    if (scopes[i]->parent() == nullptr) continue;
    if (const auto path = scope.path_below(*scopes[i]->parent())) return {*path, scope.parent() != scopes[i]->parent()};
  }
  return {scope.path(), true};
}

}  // namespace

std::string legal_node_name(std::string_view path) {
  std::string name(path);
  for (char& c : name) {
    if (!is_letter_or_digit(c) && c != '.' && c != '_' && c != '-' && c != '/') c = '_';
  }
  if (!name.empty() && !is_letter_or_digit(name[0]) && name[0] != '.') name.insert(0, ".");
  return name;
}

std::string NodeNames::take(std::string_view wanted) {
  std::string name = legal_node_name(wanted);
  std::string key = name;
  std::transform(key.begin(), key.end(), key.begin(), lower);
  const std::string given = taken_.take(key);
  if (given == key) return name;
  const std::size_t number = given.rfind('_');
  return name.substr(0, number) + given.substr(number);
}

std::string running_path(std::size_t outside, std::string_view root) {
  const std::vector<naming::ScopePtr> scopes = naming::open_scopes(outside);
  if (scopes.empty()) return std::string(root);
  std::string path = root.empty() ? scopes[0]->name() : std::string(root);
  for (std::size_t i = 1; i < scopes.size(); ++i) {
    const Below below = place_below(scopes, i);
    path = i == 1 && below.own_scope ? scopes[i]->path() : naming::join_path(path, below.path);
  }
  return path;
}

}  // namespace namesake::graph
