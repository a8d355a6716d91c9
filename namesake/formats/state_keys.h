// Which keys of a checkpoint without objects are the state of an optimizer: TensorFlow 1 keeps it among the weights, and says so by names alone.
//   dense_1/kernel/Adam   training/Adam/dense_1/kernel/m   beta1_power   global_step   training/Adam/iter
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "namesake/base/export.h"

namespace namesake::formats {

/// Whether `key` is a slot below one of `variables` (scopes before it or not), or has the name of a step, a power or a rate.
[[nodiscard]] NAMESAKE_API bool is_state_key(std::string_view key, const std::unordered_set<std::string>& variables);

}  // namespace namesake::formats
