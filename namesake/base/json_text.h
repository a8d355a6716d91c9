// Pieces of text that the JSON files share: quoted strings, and paths such as `config.layers[2].name`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace namesake {

/// Appends `text` (UTF-8) in quotes, everything but printable ASCII escaped as Python's json.dumps does. Throws
/// InvalidArgument if it is not UTF-8.
void append_quoted(std::string& out, std::string_view text);

/// Appends a step to a path: `.name`, or `["a name"]` for a key that is no plain word; `[2]` for an index.
void append_path_key(std::string& path, std::string_view key);
void append_path_index(std::string& path, std::size_t index);

}  // namespace namesake
