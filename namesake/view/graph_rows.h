// What a summary says of a model that runs a graph: what goes in, the scopes that the graph's nodes stand in (its layers, in a graph of
// Keras's), with the ops they run, the shape that comes out and the weights they read; variables that stand in no scope; what comes out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namesake/nn/graph_model.h"

namespace namesake::view {

struct GraphRow {
  std::string name;   // "dense_1"
  std::string type;   // "input"; "MatMul, BiasAdd, Relu"
  std::string shape;  // "(None, 10)"; "?" if it is not known
  std::int64_t params = 0;
  std::optional<bool> trainable;  // nothing: it has no weights
};

[[nodiscard]] std::vector<GraphRow> graph_rows(const nn::GraphModelBody& model);

}  // namespace namesake::view
