// The inventory of a TensorFlow checkpoint.
#pragma once

#include <string_view>

#include "namesake/view/inventory.h"

namespace namesake::view {

/// Whether the path by which objects lead to a variable says that it is the state of an optimizer: it lies below an object of that
/// name. (A model that was saved below other objects has its own there.)
[[nodiscard]] bool is_optimizer_state(std::string_view path);

[[nodiscard]] Inventory checkpoint_inventory(const formats::ModelFile& file);

}  // namespace namesake::view
