// Standard output, and files that a command leaves behind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "namesake/base/json.h"
#include "namesake/nn/model.h"

namespace namesake::cli {

/// Writes to standard output. Throws IoError if that fails (a full disk, a closed pipe).
void print(std::string_view text);
/// In one line.
void print_json(const JsonValue& value);

/// Columns of the terminal; 0 if standard output is none.
[[nodiscard]] int terminal_columns();

/// `loss 0.3210, accuracy 0.9123`.
[[nodiscard]] std::string logs_text(const Logs& logs);
[[nodiscard]] JsonValue logs_json(const Logs& logs);
/// `12.3 KB`.
[[nodiscard]] std::string size_text(std::uint64_t bytes);
/// Bytes of a file, or of all files in a folder.
[[nodiscard]] std::uint64_t size_on_disk(const std::string& path);

}  // namespace namesake::cli
