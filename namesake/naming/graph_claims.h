// NamePolicy::kStrict: the names of a thread as those of one TensorFlow graph, where a name is made once. This is the
// world of the well-known failure (models built in a loop, then "name already exists"); here it fails where the name is
// made.
#pragma once

#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/site.h"

namespace namesake::naming {

/// Claims a full path (`model_0/dense_1/kernel`) for the rest of this thread's life, or until reset_names(). Throws
/// NameCollision with both places if it was made before. Call it once for each object, under NamePolicy::kStrict.
NAMESAKE_API void claim_in_graph(std::string_view full_path, Site site = Site::current(), std::string detail = "");

}  // namespace namesake::naming
