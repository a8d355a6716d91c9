// Ops that have no record of their own, and what becomes of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/saving/saved_model/graph_import_body.h"

namespace namesake::saving {

struct ImportRule {
  std::string_view op;
  std::vector<Bound> (*make)(BodyImport& body, const BodyImport::Inputs& in);
  std::string_view outputs = "";  // their names, with commas between, if there are several
  bool calls = false;             // it calls functions: these are looked at, too, if an input of it is missing
};

/// The rule for `op`, or null.
[[nodiscard]] const ImportRule* find_import_rule(std::string_view op);
/// All of them, in the order of their names.
[[nodiscard]] NAMESAKE_API std::span<const ImportRule> import_rules();

}  // namespace namesake::saving
