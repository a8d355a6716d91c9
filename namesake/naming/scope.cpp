#include "namesake/naming/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"

namespace namesake::naming {
namespace {

std::string candidate(const std::string& base, std::size_t number) {
  return number == 0 ? base : numbered(base, number);
}

}  // namespace

Scope::Scope(Key, ScopePtr parent, std::string name, Site site, NamePolicy policy, std::shared_ptr<RenameLog> log)
    : parent_(std::move(parent)), site_(site), policy_(policy), log_(std::move(log)), name_(std::move(name)) {}

ScopePtr Scope::make_root() { return std::make_shared<Scope>(Key{}, nullptr, "", Site{}, NamePolicy::kError, nullptr); }

ScopePtr Scope::make_child(std::string name, NamePolicy policy, std::shared_ptr<RenameLog> log, Site site) {
  return std::make_shared<Scope>(Key{}, shared_from_this(), std::move(name), site, policy, std::move(log));
}

std::string Scope::name() const {
  const std::lock_guard lock(mutex_);
  return name_;
}

void Scope::rename(std::string name) {
  const std::lock_guard lock(mutex_);
  name_ = std::move(name);
}

std::string Scope::path() const {
  std::string path = name();
  for (const Scope* scope = parent_.get(); scope != nullptr; scope = scope->parent_.get()) {
    path = join_path(scope->name(), path);
  }
  return path;
}

std::optional<std::string> Scope::path_below(const Scope& outer) const {
  std::string path;
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent_.get()) {
    if (scope == &outer) return path;
    path = join_path(scope->name(), path);
  }
  return std::nullopt;
}

// Whether counting on another base came to the same name: class Dense_1 after two of class Dense.
bool Scope::given_by_another(const std::string& base, std::size_t number) const {
  if (number > 0) return counts_.contains(candidate(base, number));
  const auto underscore = base.rfind('_');
  if (underscore == std::string::npos || underscore + 1 == base.size() || base[underscore + 1] == '0') return false;
  std::size_t other = 0;
  const char* const end = base.data() + base.size();
  const auto parsed = std::from_chars(base.data() + underscore + 1, end, other);
  if (parsed.ec != std::errc() || parsed.ptr != end) return false;
  const auto count = counts_.find(base.substr(0, underscore));
  return count != counts_.end() && count->second > other;
}

std::size_t Scope::next_number(const std::string& base, std::size_t skip) const {
  const auto count = counts_.find(base);
  std::size_t number = count == counts_.end() ? 0 : count->second;
  for (;; ++number) {
    if (given_by_another(base, number)) continue;
    if (skip-- == 0) return number;
  }
}

std::string Scope::auto_name(std::string_view base) {
  const std::lock_guard lock(mutex_);
  const std::string key(base);
  const std::size_t number = next_number(key, 0);
  counts_[key] = number + 1;
  return candidate(key, number);
}

std::string Scope::peek_auto_name(std::string_view base, std::size_t skip) const {
  const std::lock_guard lock(mutex_);
  const std::string key(base);
  return candidate(key, next_number(key, skip));
}

void Scope::reset_counters() {
  const std::lock_guard lock(mutex_);
  counts_.clear();
}

}  // namespace namesake::naming
