// Rules for names, on the objects of a checkpoint: an object that the file has at one path of edges is found at another.
#pragma once

#include <string>
#include <vector>

#include "namesake/formats/object_graph.h"
#include "namesake/saving/name_rules.h"

namespace namesake::saving {

/// The graph with the objects where the rules want them; a rule is for the path of an object ("net", "net/encoder"), whose own objects go with
/// it. A place that is taken already is named in `ambiguous`.
[[nodiscard]] formats::ObjectGraph with_rules(formats::ObjectGraph graph, const NameMap& names, std::vector<std::string>& ambiguous);

}  // namespace namesake::saving
