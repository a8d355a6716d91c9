#include "namesake/nn/foreign_names.h"

#include <utility>

namespace namesake::nn {
namespace {
thread_local constinit bool accept_foreign_names = false;
}

ForeignNames::ForeignNames() : outer_(std::exchange(accept_foreign_names, true)) {}
ForeignNames::~ForeignNames() { accept_foreign_names = outer_; }
bool ForeignNames::accepted() noexcept { return accept_foreign_names; }

}  // namespace namesake::nn
