// The order in which Keras numbers the layers of a functional model in a weights file, computed from the config alone: nothing is built,
// so layers of classes that are not known here have their place too. namesake/nn/model_graph.h has the same rule for a model in memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "namesake/base/json.h"

namespace namesake::view {

/// True for the config of a functional model: its layers say how they are called.
[[nodiscard]] bool is_functional_config(const JsonValue& config);

/// Indices into the config's `layers`, in Keras's order: as the graph needs them, whatever order they are listed in. Operations
/// (of keras.ops) are left out: they are no layers. So are layers that no output needs: Keras makes no part of the model of them. A config
/// whose calls cannot be followed gives its layers as they are listed.
[[nodiscard]] std::vector<std::size_t> keras_layer_order(const JsonValue& config);

}  // namespace namesake::view
