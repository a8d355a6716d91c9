// Functions of a user's own that stand in configs by name: regularizers and constraints. Part of the listed global state:
// register at the start of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// A function without a state, so that two registrations can be told apart.
using RegisteredFunction = Tensor (*)(const Tensor& value);

namespace nn {

enum class FunctionKind { kRegularizer, kConstraint };

/// Makes `function` known as `package>name`. Throws NameCollision if another function is; the same one twice is harmless.
NAMESAKE_API void register_function(FunctionKind kind, std::string_view name, RegisteredFunction function,
                                    std::string_view package, Site site);
/// By `package>name` or by name alone. Null if there is none; `full_name` then stays as it is.
[[nodiscard]] NAMESAKE_API RegisteredFunction find_function(FunctionKind kind, std::string_view name, std::string& full_name);
/// Full names, for messages.
[[nodiscard]] NAMESAKE_API std::vector<std::string> known_functions(FunctionKind kind);
/// As Keras writes a function: `{"module": "builtins", "class_name": "function", "config": "pkg>name", ...}`.
[[nodiscard]] NAMESAKE_API JsonValue function_object(std::string_view full_name);

}  // namespace nn
}  // namespace namesake
