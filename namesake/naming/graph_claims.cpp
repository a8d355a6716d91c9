#include "namesake/naming/graph_claims.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/thread_names.h"

namespace namesake::naming {

void claim_in_graph(std::string_view full_path, Site site, std::string detail) {
  ThreadNames& names = thread_names();
  Place place{.label = "first", .site = site, .detail = std::move(detail), .scope = current_scope_path()};
  const auto [taken, fresh] = names.graph.emplace(std::string(full_path), place);
  if (fresh) return;
  place.label = "again";
  throw NameCollision({.subject = std::string(full_path),
                       .what = fmt::format("name already exists: \"{}\" was made before.", full_path),
                       .expected = "each path once: under NamePolicy::kStrict the names of this thread are one graph, "
                                   "whatever model they are in",
                       .received = fmt::format("a second thing at \"{}\"", full_path),
                       .places = {taken->second, std::move(place)},
                       .fix = "open a NameScope with another name around the second model (NameScope "
                              "scope(\"model_1\")), or give the layers "
                              "other names, or call reset_names() before it, or leave NamePolicy::kStrict out"});
}

}  // namespace namesake::naming
