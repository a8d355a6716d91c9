// The inventory of a legacy `.h5` file: its own lists name each layer and each weight.
#pragma once

#include "namesake/view/inventory.h"

namespace namesake::view {

/// Throws FormatError for lists that are broken.
[[nodiscard]] Inventory legacy_inventory(const formats::ModelFile& file);

}  // namespace namesake::view
