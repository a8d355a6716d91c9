#include "namesake/naming/collision_text.h"

#include <fmt/format.h>

#include "namesake/naming/path.h"

namespace namesake::naming {
namespace {

std::string with_article(NameKind kind) {
  const std::string_view word = to_string(kind);
  return fmt::format("{} {}", std::string_view("aeiou").find(word.front()) == std::string_view::npos ? "a" : "an",
                     word);
}

bool can_be_scoped(NameKind kind) { return kind == NameKind::kLayer || kind == NameKind::kModel; }

}  // namespace

std::string collision_text(std::string_view owner, const Claim& first, const Claim& again) {
  const std::string of = owner.empty() ? "" : fmt::format(" of {}", owner);
  if (first.path != again.path) {
    const bool first_is_above = is_prefix_path(first.path, again.path);
    const Claim& above = first_is_above ? first : again;
    const Claim& below = first_is_above ? again : first;
    return fmt::format(
        "the {} \"{}\"{} would have the {} \"{}\" below it: a path holds a value (in HDF5 a dataset) or other "
        "paths (a group), not both.",
        to_string(above.kind), above.path, of, to_string(below.kind), below.path);
  }
  if (first.kind == again.kind) return fmt::format("two {}{} are called \"{}\".", plural(first.kind), of, first.path);
  return fmt::format("{} and {}{} are both called \"{}\".", with_article(first.kind), with_article(again.kind), of,
                     first.path);
}

Place place_of(std::string_view label, const Claim& claim) {
  std::string detail = claim.detail;
  if (claim.automatic) detail += detail.empty() ? "named automatically" : ", named automatically";
  return {.label = std::string(label), .site = claim.site, .detail = std::move(detail), .scope = claim.scope};
}

std::string collision_fix(const Claim& first, const Claim& again, std::string_view free, std::string_view automatic) {
  if (is_prefix_path(first.path, again.path)) {
    return fmt::format("call the {} \"{}\" something else, or open another NameScope than \"{}\" around the {}",
                       to_string(first.kind), first.path, first.path, to_string(again.kind));
  }
  if (is_prefix_path(again.path, first.path)) {
    return fmt::format("call the {} something else (\"{}\" is free)", to_string(again.kind), free);
  }
  if (!can_be_scoped(again.kind)) return fmt::format("give each its own name (\"{}\" is free)", free);
  const std::string scoped = "or open a NameScope around one of them";
  if (!automatic.empty()) {
    return fmt::format("leave .name out (it would be called \"{}\"), or give each its own name, {}", automatic, scoped);
  }
  return fmt::format("give each its own name (\"{}\" is free), {}", free, scoped);
}

}  // namespace namesake::naming
