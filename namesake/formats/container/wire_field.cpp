#include "namesake/formats/container/wire_field.h"

#include <span>

#include "namesake/formats/container/varint.h"

namespace namesake::formats {

std::optional<WireField> take_wire(std::string_view& rest) {
  auto bytes = std::as_bytes(std::span(rest));
  const auto tag = take_varint(bytes);
  if (!tag || *tag >> 3U == 0 || *tag >> 32U != 0) return std::nullopt;
  WireField field;
  field.number = static_cast<std::uint32_t>(*tag >> 3U);
  field.kind = static_cast<std::uint32_t>(*tag & 7U);
  std::uint64_t size = field.kind == 1 ? 8 : field.kind == 5 ? 4 : 0;
  if (field.kind == 0 || field.kind == 2) {
    const auto value = take_varint(bytes);
    if (!value) return std::nullopt;
    (field.kind == 0 ? field.value : size) = *value;
  } else if (size == 0) {
    return std::nullopt;
  }
  if (size > bytes.size()) return std::nullopt;
  const std::size_t start = rest.size() - bytes.size();
  if (field.kind == 2) field.content = rest.substr(start, size);
  field.whole = rest.substr(0, start + size);
  rest.remove_prefix(start + size);
  return field;
}

std::optional<std::vector<WireField>> wire_fields(std::string_view message) {
  std::vector<WireField> fields;
  while (!message.empty()) {
    const auto field = take_wire(message);
    if (!field) return std::nullopt;
    fields.push_back(*field);
  }
  return fields;
}

std::vector<WireField> fields_of(std::string_view message) { return wire_fields(message).value_or(std::vector<WireField>()); }

void put_wire(std::string& out, std::uint32_t number, std::string_view content) {
  put_varint(out, (std::uint64_t{number} << 3U) | 2U);
  put_varint(out, content.size());
  out += content;
}

}  // namespace namesake::formats
