// The scopes that are open: one stack a thread.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/scope.h"
#include "namesake/naming/thread_names.h"

namespace namesake {
namespace naming {
namespace {

thread_local bool names_gone = false;  // no destructor, so it can be read to the very end of the thread

// Finds or makes the scope `name` below `parent`, with its counters.
ScopePtr enter_child(ThreadNames& names, const ScopePtr& parent, const std::string& name, const ScopeFrame& frame,
                     Site site) {
  const std::string path = join_path(parent->path(), name);
  ScopePtr& known = names.opened[path];
  if (known == nullptr || known->parent() != parent || known->path() != path) {
    known = parent->make_child(name, frame.policy, frame.log, site);
  }
  return known;
}

[[noreturn]] void refuse_second_opening(const std::string& path, Site first, Site again, const std::string& free) {
  const std::string detail = fmt::format("NameScope(\"{}\")", path);
  throw NameCollision(
      {.subject = path,
       .what = fmt::format("the scope \"{}\" was opened before.", path),
       .expected = "each scope once: under NamePolicy::kStrict the names of this thread are one graph",
       .places = {{.label = "first", .site = first, .detail = detail},
                  {.label = "again", .site = again, .detail = detail}},
       .fix = fmt::format("call the second scope something else (\"{0}\" is free), or enter the first one again with a "
                          "slash at the end (NameScope(\"{1}/\")), or forget all names with reset_names()",
                          free, path)});
}

// Makes the scope `name` below `parent`, with fresh counters.
ScopePtr open_child(ThreadNames& names, const ScopePtr& parent, std::string name, const ScopeFrame& frame, Site site) {
  const std::string outer = parent->path();
  const auto opened_before = [&](const std::string& candidate) -> const Scope* {
    const auto known = names.opened.find(join_path(outer, candidate));
    if (frame.policy == NamePolicy::kError || frame.inside_layer || known == names.opened.end()) return nullptr;
    const bool same_place = known->second->parent() == parent || frame.policy == NamePolicy::kStrict;
    return same_place ? known->second.get() : nullptr;
  };
  if (const Scope* first = opened_before(name)) {
    std::size_t number = 1;
    while (opened_before(numbered(name, number)) != nullptr) ++number;
    const std::string free = numbered(name, number);
    if (frame.policy == NamePolicy::kStrict) {
      refuse_second_opening(join_path(outer, name), first->site(), site, join_path(outer, free));
    }
    if (frame.log != nullptr) {
      const std::lock_guard lock(frame.log->mutex);
      frame.log->renames.push_back({name, free, site, outer});
    }
    name = free;
  }
  ScopePtr scope = parent->make_child(name, frame.policy, frame.log, site);
  names.opened[join_path(outer, name)] = scope;
  return scope;
}

// The frame that NameScope(name, options) opens.
ScopeFrame frame_for(std::string_view name, const NameScopeOptions& options, Site site) {
  ThreadNames& names = thread_names();
  ScopeFrame frame = names.top();
  if (options.policy) {
    frame.policy = *options.policy;
    frame.log = std::make_shared<RenameLog>();
  }
  const bool absolute = name.ends_with('/');
  const std::vector<std::string> parts = split_path(absolute ? name.substr(0, name.size() - 1) : name);
  if (parts.empty() && !absolute) check_name(name, NameKind::kScope, site);
  for (const std::string& part : parts) check_name(part, NameKind::kScope, site);

  if (absolute) {
    frame.scope = names.root;
    frame.inside_layer = false;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool fresh = !absolute && i + 1 == parts.size();
    frame.scope = fresh ? open_child(names, frame.scope, parts[i], frame, site)
                        : enter_child(names, frame.scope, parts[i], frame, site);
  }
  if (absolute && !options.policy) {  // a scope that is entered again has its own policy
    frame.policy = frame.scope->policy();
    frame.log = frame.scope->rename_log();
  }
  return frame;
}

}  // namespace

ThreadNames::ThreadNames() : root(Scope::make_root()) {}
ThreadNames::~ThreadNames() { names_gone = true; }

ScopeFrame ThreadNames::top() const {
  if (!stack.empty()) return stack.back();
  return {root, root->policy(), root->rename_log()};
}

void ThreadNames::open(ScopeFrame frame, const void* owner) {
  frame.owner = owner;
  stack.push_back(std::move(frame));
}

ThreadNames& thread_names() {
  thread_local ThreadNames names;
  return names;
}

void close_scope(const void* owner) noexcept {
  if (names_gone) return;
  std::vector<ScopeFrame>& stack = thread_names().stack;
  const auto opened = std::find_if(stack.rbegin(), stack.rend(), [&](const ScopeFrame& f) { return f.owner == owner; });
  if (opened != stack.rend()) stack.erase(std::next(opened).base());
}

ScopePtr Scope::make_child(std::string name, Site site) {
  const ScopeFrame now = thread_names().top();
  return make_child(std::move(name), now.policy, now.log, site);
}

ScopePtr current_scope() { return thread_names().top().scope; }

std::size_t open_scope_count() { return thread_names().stack.size(); }

std::vector<ScopePtr> open_scopes(std::size_t skip) {
  std::vector<ScopePtr> scopes;
  const std::vector<ScopeFrame>& stack = thread_names().stack;
  for (std::size_t i = skip; i < stack.size(); ++i) scopes.push_back(stack[i].scope);
  return scopes;
}

ScopeEntry::ScopeEntry(ScopePtr scope) {
  if (scope == nullptr) {
    throw InvalidArgument({.subject = "scope",
                           .what = "ScopeEntry was given no scope.",
                           .expected = "a scope",
                           .received = "null",
                           .fix = "enter current_scope() to stay where you are"});
  }
  const NamePolicy policy = scope->policy();
  auto log = scope->rename_log();
  thread_names().open({std::move(scope), policy, std::move(log), true}, this);
}

ScopeEntry::~ScopeEntry() { close_scope(this); }

void report_rename(Rename rename) {
  const ScopeFrame now = thread_names().top();
  if (now.log == nullptr) return;
  const std::lock_guard lock(now.log->mutex);
  now.log->renames.push_back(std::move(rename));
}

}  // namespace naming

NameScope::NameScope(std::string_view name, Site site) : NameScope(name, NameScopeOptions{}, site) {}

NameScope::NameScope(std::string_view name, NameScopeOptions options, Site site) {
  naming::ScopeFrame frame = naming::frame_for(name, options, site);
  scope_ = frame.scope;
  log_ = frame.log;
  naming::thread_names().open(std::move(frame), this);
}

NameScope NameScope::root(NameScopeOptions options, Site site) { return NameScope("/", options, site); }

NameScope::~NameScope() { naming::close_scope(this); }

std::vector<Rename> NameScope::renames() const {
  if (log_ == nullptr) return {};
  const std::lock_guard lock(log_->mutex);
  return log_->renames;
}

NamePolicy current_name_policy() { return naming::thread_names().top().policy; }

std::string current_scope_path() { return naming::current_scope()->path(); }

void reset_names() {
  naming::ThreadNames& names = naming::thread_names();
  names.root->reset_counters();
  names.opened.clear();
  names.graph.clear();
}

}  // namespace namesake
