// The JSON parser. JsonValue, JsonView and to_json stand in base/json.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake::formats {

struct JsonLimits {
  std::size_t max_depth = 500;
  std::size_t max_bytes = std::size_t{1} << 28;
  std::size_t max_values = 10'000'000;  // a value takes more memory than its text may
};

/// Where a text comes from, for messages.
struct JsonOrigin {
  std::string_view file;   // "model.keras"
  std::string_view inner;  // "config.json", "" if the file itself is the text
};

/// Reads a whole text. Throws FormatError with the byte offset (in `text`) and the path of what was being read: for
/// text that is no JSON, invalid UTF-8, numbers that fit neither 64 bits nor a double, or more than the limits.
[[nodiscard]] NAMESAKE_API JsonValue parse_json(std::string_view text, JsonOrigin origin = {}, JsonLimits limits = {});

}  // namespace namesake::formats
