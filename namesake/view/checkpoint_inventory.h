// The inventory of a TensorFlow checkpoint.
#pragma once

#include "namesake/view/inventory.h"

namespace namesake::view {

[[nodiscard]] Inventory checkpoint_inventory(const formats::ModelFile& file);

}  // namespace namesake::view
