// The names of a graph's nodes. Private to this module.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "namesake/naming/unique_names.h"

namespace namesake::graph {

/// Hands out names as TensorFlow does: legal for a node, unlike every other one but for case, else with the first free `_1`, `_2`, ...
class NodeNames {
 public:
  [[nodiscard]] std::string take(std::string_view wanted);

 private:
  naming::UniqueNames taken_;  // in lower case
};

/// `path` with every character that a node's name may not have made `_`: [A-Za-z0-9.][A-Za-z0-9_.\-/]*.
[[nodiscard]] std::string legal_node_name(std::string_view path);

/// Where this thread is: the scopes that are open above the first `outside`, each below the one before; the first one, that of the
/// outermost layer, is called `root` unless that is "".
[[nodiscard]] std::string running_path(std::size_t outside, std::string_view root);

}  // namespace namesake::graph
