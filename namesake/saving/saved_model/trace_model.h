// A model's call as a graph::Graph.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/graph/graph.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// What the model computes, as inference or, with `training`, with the assignments of training (moving statistics, states of random
/// numbers), for any size of the batch. Inputs are named by the model's input layers, results by its output layers: words that Python
/// takes as arguments' names, each unlike the others of its kind. Nodes are named by layers and scopes: `model_0/dense_1/MatMul`. The model, its
/// variables and the tapes around are as before. Throws InvalidArgument for a model that was never built; what a layer's call() throws.
[[nodiscard]] NAMESAKE_API graph::Graph trace_model(const Model& model, bool training = false);

/// A line for each input and output of the model whose name a signature could not have beside another's: `a-b` beside `a_b`.
[[nodiscard]] std::vector<std::string> signature_notes(const Model& model, std::size_t outputs);

}  // namespace namesake::saving
