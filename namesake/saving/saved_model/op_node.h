// An op of a graph::Graph as TensorFlow's NodeDef, but for its inputs. Private to this module.
#pragma once

#include "namesake/formats/graph_def.h"
#include "namesake/graph/graph.h"

namespace namesake::saving {

/// What an op that TensorFlow lacks passes on unchanged: nothing is lost without it (a check of numbers).
[[nodiscard]] bool is_left_out(const graph::Node& node);

/// Name, op and attributes, with the type attributes that follow from its inputs. Throws Unsupported, with the node's name, for an op
/// that TensorFlow does not have.
[[nodiscard]] formats::NodeDef op_node(const graph::Graph& graph, const graph::Node& node);

/// The output's place in a function's body: "product:0", of a list "output:2".
[[nodiscard]] std::string output_place(const graph::Node& node, int output);

}  // namespace namesake::saving
