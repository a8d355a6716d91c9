#include "namesake/naming/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/naming/collision_text.h"
#include "namesake/naming/path.h"

namespace namesake::naming {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// `path` with its last component numbered; `path` itself for 0.
std::string numbered_leaf(const std::string& path, std::size_t number) {
  if (number == 0) return path;
  return join_path(parent_path(path), numbered(leaf_name(path), number));
}

}  // namespace

const Claim* ClaimTable::find(std::string_view path) const {
  const auto entry = claims_.find(path);
  return entry == claims_.end() ? nullptr : &entry->second.claim;
}

const Claim* ClaimTable::find_object(const void* object) const {
  const auto path = paths_.find(object);
  return path == paths_.end() ? nullptr : find(path->second);
}

std::vector<Claim> ClaimTable::claims() const {
  std::vector<const Entry*> entries;
  for (const auto& [path, entry] : claims_) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) { return a->order < b->order; });
  std::vector<Claim> claims;
  for (const Entry* entry : entries) claims.push_back(entry->claim);
  return claims;
}

// The claim that forbids `path`, if any.
const Claim* ClaimTable::rival(std::string_view path, NameKind kind) const {
  if (const Claim* same = find(path)) return same;
  for (std::string_view above = parent_path(path); !above.empty(); above = parent_path(above)) {
    const Claim* claim = find(above);
    if (claim != nullptr && claim->kind == NameKind::kWeight) return claim;
  }
  if (kind != NameKind::kWeight) return nullptr;
  const auto below = claims_.lower_bound(std::string(path) + '/');
  return below != claims_.end() && is_prefix_path(path, below->first) ? &below->second.claim : nullptr;
}

// Whether another last component could help: nothing does where a weight stands above.
bool ClaimTable::taken(std::string_view path, NameKind kind) const {
  const Claim* claim = rival(path, kind);
  return claim != nullptr && !is_prefix_path(claim->path, path);
}

// The number that makes `path` free; 0: it is free as it is.
std::size_t ClaimTable::free_number(const std::string& path, NameKind kind) const {
  if (!taken(path, kind)) return 0;
  const auto tried = tried_.find(path);
  std::size_t number = tried == tried_.end() ? 1 : tried->second;
  while (taken(numbered_leaf(path, number), kind)) ++number;
  return number;
}

std::string ClaimTable::first_free(const std::string& path, NameKind kind) const {
  return numbered_leaf(path, free_number(path, kind));
}

// The same, remembering how far the numbers are used up: naming n things alike is not n * n look-ups.
std::string ClaimTable::take_free(const std::string& path, NameKind kind) {
  const std::size_t number = free_number(path, kind);
  if (number > 0) tried_[path] = number + 1;
  return numbered_leaf(path, number);
}

std::string ClaimTable::insert(Claim claim) {
  std::string path = claim.path;
  if (claim.object != nullptr) paths_.emplace(claim.object, path);
  claims_.emplace(path, Entry{std::move(claim), next_order_++});
  return path;
}

void ClaimTable::note_rename(const std::string& asked, const Claim& given) {
  renames_.push_back({asked, given.path, given.site, given.scope});
  report_rename(renames_.back());
}

std::string ClaimTable::insert_renamed(Claim claim) {
  const std::string asked = std::exchange(claim.path, take_free(claim.path, claim.kind));
  note_rename(asked, claim);
  return insert(std::move(claim));
}

std::string ClaimTable::fix_for(const Claim& first, const Claim& again) const {
  if (is_prefix_path(first.path, again.path)) return collision_fix(first, again, "", "");
  const std::string free(leaf_name(first_free(again.path, again.kind)));
  std::string automatic;
  if (!again.automatic && !again.base.empty()) {
    automatic = leaf_name(peek_automatic(again.base, parent_path(again.path), again.counter.get(), again.kind));
  }
  return collision_fix(first, again, free, automatic);
}

void ClaimTable::refuse(const Claim& first, const Claim& again, std::string fix) const {
  throw NameCollision({.subject = again.path,
                       .what = collision_text(owner_, first, again),
                       .places = {place_of("first", first), place_of("again", again)},
                       .fix = std::move(fix)});
}

std::string ClaimTable::claim(Claim claim, NamePolicy policy) {
  if (const Claim* shared = claim.object == nullptr ? nullptr : find_object(claim.object)) return shared->path;
  if (!readable(claim.path)) check_name(claim.path, claim.kind, claim.site);
  const Claim* first = rival(claim.path, claim.kind);
  if (first == nullptr) return insert(std::move(claim));
  if (policy == NamePolicy::kUniquify && !is_prefix_path(first->path, claim.path))
    return insert_renamed(std::move(claim));
  refuse(*first, claim, fix_for(*first, claim));
}

std::string ClaimTable::peek_automatic(std::string_view base, std::string_view scope_path, const Scope* counter,
                                       NameKind kind) const {
  if (counter == nullptr) return first_free(join_path(scope_path, base), kind);
  for (std::size_t skip = 0;; ++skip) {
    std::string path = join_path(scope_path, counter->peek_auto_name(base, skip));
    if (!taken(path, kind)) return path;
  }
}

std::string ClaimTable::claim_automatic(std::string_view base, Claim claim) {
  if (const Claim* shared = claim.object == nullptr ? nullptr : find_object(claim.object)) return shared->path;
  const std::string scope_path = std::move(claim.path);
  claim.path = join_path(scope_path, base);
  claim.automatic = true;
  claim.base = base;
  const Claim* above = rival(claim.path, claim.kind);
  if (above != nullptr && is_prefix_path(above->path, claim.path)) refuse(*above, claim, fix_for(*above, claim));
  if (claim.counter == nullptr) {
    claim.path = take_free(claim.path, claim.kind);
    return insert(std::move(claim));
  }
  do {
    claim.path = join_path(scope_path, claim.counter->auto_name(base));
  } while (rival(claim.path, claim.kind) != nullptr);
  return insert(std::move(claim));
}

std::string ClaimTable::rename(const void* object, std::string_view new_name, Site site, NamePolicy policy) {
  const Claim* now = find_object(object);
  if (now == nullptr) {
    throw InvalidArgument({.subject = std::string(new_name),
                           .what = fmt::format("what is to be called \"{}\" has no name here yet.", new_name),
                           .places = {{.label = "here", .site = site}},
                           .fix = "claim a name for it first"});
  }
  check_name(new_name, now->kind, site);
  Claim renamed = *now;
  const std::string call = fmt::format("set_name(\"{}\")", new_name);
  renamed.path = join_path(parent_path(now->path), new_name);
  if (renamed.path == now->path) return renamed.path;
  renamed.site = site;
  renamed.detail += (renamed.detail.empty() ? "" : ".") + call;
  renamed.automatic = false;
  if (const Claim* first = rival(renamed.path, renamed.kind)) {
    const std::string free = first_free(renamed.path, renamed.kind);
    if (policy != NamePolicy::kUniquify) {
      refuse(*first, renamed,
             fmt::format("choose another name (\"{}\" is free), or rename the first one before", leaf_name(free)));
    }
    const std::string asked = std::exchange(renamed.path, free);
    note_rename(asked, renamed);
  }
  auto node = claims_.extract(now->path);
  node.key() = renamed.path;
  node.mapped().claim = renamed;
  claims_.insert(std::move(node));
  paths_[object] = renamed.path;
  tried_.clear();
  return renamed.path;
}

bool ClaimTable::release(const void* object) {
  const auto path = paths_.find(object);
  if (path == paths_.end()) return false;
  claims_.erase(path->second);
  paths_.erase(path);
  tried_.clear();
  return true;
}

std::vector<std::vector<std::string>> ClaimTable::case_twins() const {
  std::map<std::string, std::vector<std::string>> by_lower_case;
  for (const auto& [path, entry] : claims_) by_lower_case[lower_case(path)].push_back(path);
  std::vector<std::vector<std::string>> twins;
  for (auto& [lower, paths] : by_lower_case) {
    if (paths.size() > 1) twins.push_back(std::move(paths));
  }
  return twins;
}

std::vector<Collision> ClaimTable::collisions_with(const ClaimTable& other, std::string_view under) const {
  std::vector<Collision> collisions;
  for (Claim& claim : other.claims()) {
    if (claim.object != nullptr && find_object(claim.object) != nullptr) continue;  // sharing
    claim.path = join_path(under, claim.path);
    if (const Claim* first = rival(claim.path, claim.kind)) collisions.push_back({*first, std::move(claim)});
  }
  return collisions;
}

void ClaimTable::refuse_merge(const ClaimTable& other, const std::vector<Collision>& collisions) const {
  ErrorParts parts;
  std::string names;
  for (const Collision& collision : collisions) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", collision.again.path);
    parts.places.push_back(place_of("first", collision.first));
    parts.places.push_back(place_of("again", collision.again));
  }
  parts.subject = collisions.front().again.path;
  parts.what = fmt::format("{} cannot take in {}: {} {} in both: {}.", owner_.empty() ? "the first" : owner_,
                           other.owner_.empty() ? "the second" : other.owner_, collisions.size(),
                           collisions.size() == 1 ? "name is" : "names are", names);
  parts.fix = "merge it under a scope of its own, or rename one of each pair, or merge under NamePolicy::kUniquify";
  throw NameCollision(std::move(parts));
}

void ClaimTable::merge(const ClaimTable& other, std::string_view under, NamePolicy policy) {
  std::vector<Collision> collisions = collisions_with(other, under);
  const auto hopeless = [](const Collision& c) { return is_prefix_path(c.first.path, c.again.path); };
  const bool stops = policy != NamePolicy::kUniquify || std::any_of(collisions.begin(), collisions.end(), hopeless);
  if (!collisions.empty() && stops) refuse_merge(other, collisions);
  for (Claim& claim : other.claims()) {
    if (claim.object != nullptr && find_object(claim.object) != nullptr) continue;
    claim.path = join_path(under, claim.path);
    if (rival(claim.path, claim.kind) == nullptr) insert(std::move(claim));
  }
  // Those that need a suffix come last, so that it meets none of the others' own names.
  for (Collision& collision : collisions) insert_renamed(std::move(collision.again));
}

}  // namespace namesake::naming
