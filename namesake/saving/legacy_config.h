// The configs in a legacy `.h5` file, in the words of Keras 3:
//   model_config     {"class_name": "Functional", "config": {...}}, without modules; by Keras 2 in the words of Keras 2
//   training_config  {"loss", "metrics", "weighted_metrics", "loss_weights", "optimizer_config": {"class_name", "config"}}
#pragma once

#include "namesake/base/json.h"

namespace namesake::saving {

/// What a `.keras` file has as compile_config; null if the model was not compiled.
[[nodiscard]] JsonValue compile_config_from_training(const JsonValue& training_config);

/// The model's object of a `.keras` config as a .h5 file has it: class, config and our mark.
[[nodiscard]] JsonValue model_config_for_h5(const JsonValue& config);
/// A compile_config as a .h5 file has it. Losses have their full names: Keras 3 does not resolve the short ones there.
[[nodiscard]] JsonValue training_config_for_h5(const JsonValue& compile_config);

}  // namespace namesake::saving
