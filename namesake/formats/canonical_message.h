// The one serialization that TensorFlow hashes of a SavedModel: fields by number, maps sorted by key, each key once, every entry with
// key and value. Works on the bytes themselves, so that fields that nothing here reads are kept, too. Private to this module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace namesake::formats {

/// A field of a message, as it stands in the bytes.
struct WireField {
  std::uint32_t number = 0;
  std::uint32_t kind = 0;        // 0 varint, 1 eight bytes, 2 bytes of a given size, 5 four bytes
  std::uint64_t value = 0;       // of a varint
  std::string_view content;      // what a field of kind 2 holds
  std::string_view whole;        // with its tag
};

/// Takes the field in front of `rest`; nothing if it is damaged, or `rest` is empty.
[[nodiscard]] std::optional<WireField> take_wire(std::string_view& rest);
/// The fields in their order; nothing if the bytes are no message.
[[nodiscard]] std::optional<std::vector<WireField>> wire_fields(std::string_view message);
/// Appends a field of kind 2.
void put_wire(std::string& out, std::uint32_t number, std::string_view content);

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
