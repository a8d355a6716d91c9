// clone: a new layer or model with the same settings and names, and weights of its own.
#pragma once

#include "namesake/base/export.h"
#include "namesake/nn/model.h"

namespace namesake {

/// As Keras's clone_model: the model made again from its config, built if it was, its weights initial. Copy the weights with
/// `clone.set_weights(model.get_weights())`. It is not compiled. Classes of one's own must be registered. Throws Unsupported.
[[nodiscard]] NAMESAKE_API Model clone_model(const Model& model);

/// A layer made again from its config: not built.
[[nodiscard]] NAMESAKE_API Layer clone_layer(const Layer& layer);

}  // namespace namesake
