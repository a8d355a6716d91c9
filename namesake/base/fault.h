// A seam for tests of saving: while a FaultScope lives, the steps of writing a file on its thread ask its hook first,
// and fail with the errno that it returns.
//   FaultScope fault([](FaultStep step) { return step == FaultStep::kSync ? EIO : 0; });
// Outside of tests nobody makes a FaultScope, and a step costs one look at a thread-local pointer.
#pragma once

#include <functional>

namespace namesake::base {

/// kExchange: two folders change places; EINVAL says that the file system knows no such thing.
enum class FaultStep { kCreate, kWrite, kReadBack, kPermissions, kSync, kClose, kRename, kSyncFolder, kExchange };

/// Asked before each step. 0: the step runs. Another value: the step does not run, and fails with that errno.
using FaultHook = std::function<int(FaultStep)>;

/// Installs a hook for this thread, until the end of the scope. Scopes nest; the innermost is asked.
class [[nodiscard]] FaultScope {
 public:
  explicit FaultScope(FaultHook hook);
  ~FaultScope();
  FaultScope(const FaultScope&) = delete;
  FaultScope& operator=(const FaultScope&) = delete;

 private:
  FaultHook hook_;
  const FaultHook* outer_;
};

/// The errno that `step` shall fail with now; 0 if it shall run.
[[nodiscard]] int fault_at(FaultStep step);

}  // namespace namesake::base
