// From a class's name to the name that Keras gives its objects: Conv2D -> conv2d, PReLU -> p_re_lu; and small letters.
#pragma once

#include <string>
#include <string_view>

#include "namesake/base/export.h"

namespace namesake::naming {

/// Keras 3's `to_snake_case`, for ASCII class names (other bytes are dropped, as Keras drops what is no word
/// character). The result may be no legal name: `_Private` gives `__private`, "" gives "".
[[nodiscard]] NAMESAKE_API std::string to_snake_case(std::string_view class_name);

/// ASCII letters in small, as str.lower() in Python.
[[nodiscard]] NAMESAKE_API std::string to_lower(std::string_view text);

/// What automatic names of this class start with: to_snake_case, made legal (`_Private` gives `private__private`, as in
/// Keras 2; a name of which nothing is left gives `object`).
[[nodiscard]] NAMESAKE_API std::string automatic_base(std::string_view class_name);

}  // namespace namesake::naming
