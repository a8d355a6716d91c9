// What happens to the second thing that asks for a name. A policy is set by a NameScope, and holds for everything that
// is made in that scope and below, also when it is built later or by another thread.
#pragma once

#include <string>

#include "namesake/base/export.h"
#include "namesake/base/site.h"

namespace namesake {

enum class NamePolicy {
  kError,     // NameCollision, at once. The default.
  kUniquify,  // the second gets a free `name_1`, and the change is reported
  kStrict,    // the thread's names are one graph, as in TensorFlow 1: a full path is made once until reset_names()
};

/// A change that NamePolicy::kUniquify made.
struct Rename {
  std::string asked;
  std::string given;
  Site site;          // where it was asked for
  std::string scope;  // the scope it was asked in, "" at the root
};

/// The policy in force on this thread.
[[nodiscard]] NAMESAKE_API NamePolicy current_name_policy();

namespace naming {
/// Adds to the list that NameScope::renames() of the scope in force shows; does nothing where no scope set a policy.
NAMESAKE_API void report_rename(Rename rename);
}  // namespace naming

}  // namespace namesake
