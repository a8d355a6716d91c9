// The fields of a protobuf message as they stand in its bytes, whatever they mean: for what works on messages that it does not know whole,
// or one after the other. Private to this module.
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
/// The same; none if the bytes are no message.
[[nodiscard]] std::vector<WireField> fields_of(std::string_view message);
/// Appends a field of kind 2.
void put_wire(std::string& out, std::uint32_t number, std::string_view content);

}  // namespace namesake::formats
