// What each thread knows of names: its root, the stack of open scopes, the scopes that a path re-enters, and the names
// of the strict policy. Private to this module.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/naming/policy.h"
#include "namesake/naming/scope.h"

namespace namesake::naming {

struct RenameLog {
  std::mutex mutex;
  std::vector<Rename> renames;
};

/// An open scope. `owner` is the NameScope or ScopeEntry that will close it; neither moves.
struct ScopeFrame {
  ScopePtr scope;
  NamePolicy policy;
  std::shared_ptr<RenameLog> log;  // null where no scope set a policy
  bool inside_layer = false;       // below a ScopeEntry
  const void* owner = nullptr;
};

struct ThreadNames {
  ThreadNames();
  ~ThreadNames();
  ThreadNames(const ThreadNames&) = delete;
  ThreadNames& operator=(const ThreadNames&) = delete;

  [[nodiscard]] ScopeFrame top() const;
  void open(ScopeFrame frame, const void* owner);

  ScopePtr root;
  std::vector<ScopeFrame> stack;
  std::unordered_map<std::string, ScopePtr> opened;  // path -> the scope that was opened there last
  std::unordered_map<std::string, Place> graph;      // full path -> where it was made
};

[[nodiscard]] ThreadNames& thread_names();

/// Closes what `owner` opened. Does nothing when the thread's names are gone (a static object's destructor).
void close_scope(const void* owner) noexcept;

}  // namespace namesake::naming
