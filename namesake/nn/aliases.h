// Keras's short words for losses and metrics. Internal to nn.
#pragma once

#include <string_view>

#include "namesake/naming/snake_case.h"

namespace namesake::nn {

/// Whether `name` is the alias, all in small or all in capital letters: "mse", "MSE", not "Mse".
[[nodiscard]] inline bool is_alias(std::string_view alias, std::string_view name) {
  if (alias.empty() || naming::to_lower(name) != alias) return false;
  return name == alias || name.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

}  // namespace namesake::nn
