// The names of weights that a `.keras` file does not hold: it stores them by number, `vars/0`. For Keras's own classes the
// numbers stand for known names, which depend on the class and its config.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/json.h"

namespace namesake::view {

/// Names of the `count` weights that a layer of this class and config keeps for itself, in the order of the file; nothing if
/// the class is not known, or has another number of weights.
[[nodiscard]] std::optional<std::vector<std::string>> keras_weight_names(std::string_view class_name, const JsonValue& config, std::size_t count);

/// The object of the sub-layer that a layer of this class keeps under `key` (TimeDistributed's `layer`, LSTM's `cell`), as its config has it or
/// would: {"class_name", "config"}. Null if it is not known.
[[nodiscard]] JsonValue keras_child(std::string_view class_name, const JsonValue& config, std::string_view key);

/// Names of the `count` variables of an optimizer that trains the weights at `paths`: iteration, learning_rate,
/// dense_1_kernel_momentum, ... Nothing if the class is not known, or has another number of variables.
[[nodiscard]] std::optional<std::vector<std::string>> keras_optimizer_names(std::string_view class_name, const JsonValue& config,
                                                                            const std::vector<std::string>& paths, std::size_t count);

}  // namespace namesake::view
