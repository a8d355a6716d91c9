// Names as functions and signatures of TensorFlow may have them, out of the names of layers. Private to this module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace namesake::saving {

/// As TensorFlow makes the name of a function's argument: letters small, everything but letters and digits `_`, a letter first
/// (`arg_`).
[[nodiscard]] std::string argument_name(std::string_view name);

/// Keys of a signature: words that Python takes as names of arguments (`[A-Za-z][A-Za-z0-9_]*`), each unlike all others: names that are
/// such words stay as they are, of others that would meet (`a/b` and `a_b`, at which TensorFlow fails) the later ones get `_1`, `_2`, ...
[[nodiscard]] std::vector<std::string> signature_keys(const std::vector<std::string>& names);

}  // namespace namesake::saving
