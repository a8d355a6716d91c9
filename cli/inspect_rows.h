// What `namesake inspect` says of every kind of file: rows of weights and layers, and how much they are. Files with graphs have more.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"
#include "namesake/base/json.h"
#include "namesake/view/graph_inventory.h"
#include "namesake/view/inventory.h"

namespace namesake::cli {

/// The sizes; empty for an unknown rank.
[[nodiscard]] JsonValue shape_json(const Shape& shape);
[[nodiscard]] JsonValue weights_json(const std::vector<view::WeightRow>& weights);
[[nodiscard]] JsonValue layers_json(const std::vector<view::LayerRow>& layers);

/// `model.keras (keras: Sequential "model_0")`.
[[nodiscard]] std::string heading(const view::Inventory& inventory);
/// `4 weights: 1,418 numbers, 5.5 KB`, and a line for the optimizer's state, if there is some.
[[nodiscard]] std::string totals_text(const view::Inventory& inventory);

/// Of a SavedModel, a frozen graph or a meta graph.
void inspect_graph(const view::GraphInventory& graph, const InspectOptions& options);

}  // namespace namesake::cli
