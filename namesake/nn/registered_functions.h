// Functions of a user's own that stand in configs by name: regularizers and constraints. Part of the listed global state:
// register at the start of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/site.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// A function without a state, so that two registrations can be told apart.
using RegisteredFunction = Tensor (*)(const Tensor& value);

namespace nn {

enum class FunctionKind { kRegularizer, kConstraint };

struct FoundFunction {
  std::string registered_name;  // "Custom>spread"
  RegisteredFunction function = nullptr;
};

/// Makes `function` known as `package>name`. Throws NameCollision if another function is; the same one twice is harmless.
void register_function(FunctionKind kind, std::string_view name, RegisteredFunction function, std::string_view package, Site site);
/// By registered name, then by `name` alone. A null function if there is none.
[[nodiscard]] FoundFunction find_function(FunctionKind kind, std::string_view registered_name, std::string_view name);
/// Throws Unsupported, naming `words` (Keras's) and the functions that are registered.
[[noreturn]] void refuse_unknown(FunctionKind kind, std::string_view name, std::vector<std::string_view> words);

}  // namespace nn
}  // namespace namesake
