// Name scopes. `Scope` is a node of the tree of scopes, shared and kept alive by the layers made in it; `NameScope` is
// what a program writes: it opens a scope until the end of the block.
//   nk::NameScope scope("model_0");        // a new scope below the current one, with its own counters
//   nk::NameScope again("model_0/");       // a `/` at the end: exactly the scope of that path from the root, counters
//   too nk::NameScope top = nk::NameScope::root();
// Each thread has one root and one stack. A ScopePtr may be entered by any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/site.h"
#include "namesake/naming/policy.h"

namespace namesake {
namespace naming {

class Scope;
using ScopePtr = std::shared_ptr<Scope>;
struct RenameLog;  // the renames under one policy

/// A scope: a name below a parent, and the counters of the automatic names made in it. Every function may be called by
/// several threads at once.
class NAMESAKE_API Scope : public std::enable_shared_from_this<Scope> {
  struct Key {};  // only make_root and make_child make scopes

 public:
  Scope(Key, ScopePtr parent, std::string name, Site site, NamePolicy policy, std::shared_ptr<RenameLog> log);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  [[nodiscard]] static ScopePtr make_root();

  /// A scope below this one that is not entered: a layer's own. It takes the policy in force. The name is not checked
  /// here; "" is a name not settled yet, which is no part of a path.
  [[nodiscard]] ScopePtr make_child(std::string name, Site site = Site::current());
  [[nodiscard]] ScopePtr make_child(std::string name, NamePolicy policy, std::shared_ptr<RenameLog> log, Site site);

  [[nodiscard]] const ScopePtr& parent() const noexcept { return parent_; }  // null at a root
  [[nodiscard]] std::string name() const;
  /// Paths of everything below follow.
  void rename(std::string name);

  /// From the root; "" at the root.
  [[nodiscard]] std::string path() const;
  /// The names from below `outer` down to this one, "" if they are the same; nullopt if `outer` is not above.
  [[nodiscard]] std::optional<std::string> path_below(const Scope& outer) const;
  [[nodiscard]] Site site() const noexcept { return site_; }
  [[nodiscard]] NamePolicy policy() const noexcept { return policy_; }
  [[nodiscard]] const std::shared_ptr<RenameLog>& rename_log() const noexcept { return log_; }

  /// The next name of Keras's counting in this scope: dense, dense_1, ... It knows the names that it gave, no others:
  /// ClaimTable::claim_automatic tests it against the rest.
  [[nodiscard]] std::string auto_name(std::string_view base);
  /// The name that auto_name would give after `skip` more calls.
  [[nodiscard]] std::string peek_auto_name(std::string_view base, std::size_t skip = 0) const;
  /// Counting starts again.
  void reset_counters();

 private:
  // With mutex_ held:
  [[nodiscard]] bool given_by_another(const std::string& base, std::size_t number) const;
  [[nodiscard]] std::size_t next_number(const std::string& base, std::size_t skip) const;

  const ScopePtr parent_;
  const Site site_;
  const NamePolicy policy_;
  const std::shared_ptr<RenameLog> log_;
  mutable std::mutex mutex_;  // of what follows
  std::string name_;
  std::unordered_map<std::string, std::size_t> counts_;  // base -> the number to try next
};

/// The scope in force on this thread; its root if none is open.
[[nodiscard]] NAMESAKE_API ScopePtr current_scope();

/// How many scopes are open on this thread.
[[nodiscard]] NAMESAKE_API std::size_t open_scope_count();
/// The scopes that are open on this thread, the outermost first, but for the first `skip`: those of the layers that run, too.
[[nodiscard]] NAMESAKE_API std::vector<ScopePtr> open_scopes(std::size_t skip = 0);

/// Enters a scope that exists: a layer's, however long ago the program's scope was closed, and on any thread.
class NAMESAKE_API ScopeEntry {
 public:
  /// Throws InvalidArgument if `scope` is null.
  [[nodiscard]] explicit ScopeEntry(ScopePtr scope);
  ~ScopeEntry();
  ScopeEntry(const ScopeEntry&) = delete;
  ScopeEntry& operator=(const ScopeEntry&) = delete;
};

}  // namespace naming

struct NameScopeOptions {
  std::optional<NamePolicy> policy =
      std::nullopt;  // for this scope and all below; otherwise that of the scope around it
};

/// Opens a scope until the end of the block.
/// - `"m"` or `"a/b"`: below the current scope, with fresh counters, so that a model has the same names whatever was
/// built
///   before it, in this scope too. Under kUniquify a path that was opened before becomes `m_1`; under kStrict that is a
///   NameCollision with both places. (Not below a ScopeEntry: a layer's `call` opens its scopes each time it runs.)
/// - `"m/"`, with a `/` at the end: exactly the scope of that path from the root, with its counters; made if it is new.
/// - `"/"`, or NameScope::root(): the root.
/// Throws InvalidName if a component is not a legal name.
class NAMESAKE_API NameScope {
 public:
  [[nodiscard]] explicit NameScope(std::string_view name, Site site = Site::current());
  [[nodiscard]] NameScope(std::string_view name, NameScopeOptions options, Site site = Site::current());
  [[nodiscard]] static NameScope root(NameScopeOptions options = {}, Site site = Site::current());
  ~NameScope();
  NameScope(const NameScope&) = delete;
  NameScope& operator=(const NameScope&) = delete;

  [[nodiscard]] std::string path() const { return scope_->path(); }
  [[nodiscard]] const naming::ScopePtr& scope() const noexcept { return scope_; }
  /// What kUniquify changed under the policy of this scope (that of the nearest scope around it that set one).
  [[nodiscard]] std::vector<Rename> renames() const;

 private:
  naming::ScopePtr scope_;
  std::shared_ptr<naming::RenameLog> log_;
};

/// The path of the scope in force on this thread; "" at the root.
[[nodiscard]] NAMESAKE_API std::string current_scope_path();

/// Makes this thread's names start anew (Keras's clear_session): the root's counters, the scopes that a path re-enters,
/// and the names of the strict policy. Scopes that are open stay open; layers keep their names.
NAMESAKE_API void reset_names();

}  // namespace namesake
