// How a collision reads. Private to this module.
#pragma once

#include <string>
#include <string_view>

#include "namesake/base/error.h"
#include "namesake/naming/claims.h"

namespace namesake::naming {

/// `two layers of model "classifier" are called "dense_1".`
[[nodiscard]] std::string collision_text(std::string_view owner, const Claim& first, const Claim& again);

/// The claim as a place of an error.
[[nodiscard]] Place place_of(std::string_view label, const Claim& claim);

/// What mends it. `free`: a name that the second could have; `automatic`: the one that it would get without its own, ""
/// if it cannot be without.
[[nodiscard]] std::string collision_fix(const Claim& first, const Claim& again, std::string_view free,
                                        std::string_view automatic);

}  // namespace namesake::naming
