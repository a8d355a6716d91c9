#include "namesake/base/fault.h"

#include <utility>

namespace namesake::base {
namespace {
thread_local const FaultHook* active_hook = nullptr;
}

FaultScope::FaultScope(FaultHook hook) : hook_(std::move(hook)), outer_(active_hook) { active_hook = &hook_; }

FaultScope::~FaultScope() { active_hook = outer_; }

int fault_at(FaultStep step) { return active_hook == nullptr ? 0 : (*active_hook)(step); }

}  // namespace namesake::base
