// A graph::Graph as TensorFlow writes it: a function of a SavedModel's library, or the nodes of a frozen graph.
#pragma once

#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/graph_def.h"
#include "namesake/graph/graph.h"
#include "namesake/ops/variable.h"

namespace namesake::saving {

struct TracedFunction {
  formats::FunctionDef function;
  std::vector<Variable> captured;  // one trailing DT_RESOURCE argument each, in this order
  std::vector<formats::FunctionDef> called;  // functions that it calls, and those that they call, each once
};

/// The graph as a function called `name`. Its arguments are called as the graph's inputs are, in small letters, those for variables after
/// the variable; results as the graph's. Functions that it calls keep theirs,
/// with a number behind where two have one. Throws Unsupported for an
/// op that TensorFlow does not have, with the node's name.
[[nodiscard]] NAMESAKE_API TracedFunction to_function_def(const graph::Graph& graph, std::string name);

/// The graph with the values that its variables have now: a frozen graph, with a Placeholder for each input and an Identity for each result
/// of its name (unless another node has it). Throws Unsupported for a graph that assigns variables or calls functions, and as
/// to_function_def.
[[nodiscard]] NAMESAKE_API formats::GraphDef to_graph_def(const graph::Graph& graph);

}  // namespace namesake::saving
