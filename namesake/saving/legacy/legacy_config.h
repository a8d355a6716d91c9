// The configs in a legacy `.h5` file, in the words of Keras 3:
//   model_config     {"class_name": "Functional", "config": {...}}, without modules; by Keras 2 in the words of Keras 2
//   training_config  {"loss", "metrics", "weighted_metrics", "loss_weights", "optimizer_config": {"class_name", "config"}}
#pragma once

#include <cstdint>
#include <string>

#include "namesake/base/json.h"

namespace namesake::saving {

/// What a `.keras` file has as compile_config; null if the model was not compiled.
[[nodiscard]] JsonValue compile_config_from_training(const JsonValue& training_config);

/// The model's object of a `.keras` config as a .h5 file has it: class, config and our mark. Users' classes go by their registered names.
[[nodiscard]] JsonValue model_config_for_h5(const JsonValue& config);
/// For whom a .h5 file names its optimizer. Keras 2.11 and later reads "Adam" as the class of before 2.11, "Custom>Adam" as today's, whose
/// state it restores; Keras 3 knows "Adam" alone, and makes a default Adam of the other.
enum class OptimizerReader : std::uint8_t { kKeras3, kBoth, kKeras2 };

/// Why `optimizer` is none of the optimizers of before Keras 2.11 ("weight_decay"); "" if it is one.
[[nodiscard]] std::string unknown_to_old_optimizers(const JsonValue& optimizer);

/// A compile_config as a .h5 file has it. Losses have their full names: Keras 3 does not resolve the short ones there.
[[nodiscard]] JsonValue training_config_for_h5(const JsonValue& compile_config, OptimizerReader reader);

}  // namespace namesake::saving
