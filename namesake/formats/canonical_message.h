// The one serialization that TensorFlow hashes of a SavedModel: fields by number, maps sorted by key, each key once, every entry with
// key and value. Works on the bytes themselves, so that fields that nothing here reads are kept, too. Private to this module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace namesake::formats {

/// A SavedModel message in its canonical form. Nothing if the bytes are no such message, or nest deeper than protobuf reads.
[[nodiscard]] std::optional<std::string> canonical_saved_model(std::string_view message);

/// What of a GraphDef makes the program: functions and versions are left out, and in nodes what differs from one saving to the
/// next (numbers at the ends of called functions' names, string constants, settings of calls). In canonical form.
[[nodiscard]] std::optional<std::string> canonical_program(std::string_view graph_def);

/// The number behind the last `_` of a function's name; nothing without one.
[[nodiscard]] std::optional<std::int64_t> number_at_end(std::string_view name);
/// `name` less `number` at its end, if it ends so.
[[nodiscard]] std::string_view without_number(std::string_view name, std::int64_t number);

}  // namespace namesake::formats
