// The order in which people count: "vars/2" before "vars/10".
#pragma once

#include <string_view>

#include "namesake/base/export.h"

namespace namesake::naming {

/// Orders names as people count: runs of digits by their number, the rest by bytes. Names that count alike ("1", "01")
/// are ordered by bytes, so that no two different names are equal.
[[nodiscard]] NAMESAKE_API bool natural_less(std::string_view a, std::string_view b) noexcept;

}  // namespace namesake::naming
