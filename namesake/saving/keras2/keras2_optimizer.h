// The state of an optimizer as Keras 2 keeps it. It differs from Keras 3's in order and number:
//   Keras 3:         iteration, learning_rate, m and v of the first variable, m and v of the second, ...
//   Keras 2.11+:     the same without the learning rate; SGD always has momenta, Nadam no product, Adafactor no placeholders
//   before (legacy): the iteration, then m of all variables, then v of all
#pragma once

#include <span>

#include "namesake/formats/model_file.h"
#include "namesake/optim/optimizer.h"
#include "namesake/saving/weight_matches.h"

namespace namesake::saving {

enum class Keras2Era {
  kCurrent,  // 2.11 to 2.15
  kLegacy,   // before, and keras.optimizers.legacy
};

/// Matches the entries of a file with the variables of a built optimizer, if their number, shapes and dtypes are those of that era.
/// False, and nothing is matched, if they are not.
[[nodiscard]] bool match_keras2_state(const Optimizer& optimizer, std::span<const formats::WeightEntry* const> stored, Keras2Era era, WeightMatches& matches);

/// True if number, shapes and dtypes are those of the state as Keras 3 keeps it.
[[nodiscard]] bool fits_keras3_state(const Optimizer& optimizer, std::span<const formats::WeightEntry* const> stored);

}  // namespace namesake::saving
