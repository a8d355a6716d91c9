#include "namesake/base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "namesake/base/error.h"
#include "namesake/base/utf8.h"

namespace namesake {
namespace {

[[noreturn]] void fail_utf8(std::size_t offset) {
  throw InvalidArgument({.what = "A text that is to be written as JSON is not UTF-8.",
                         .expected = "UTF-8 text",
                         .received = fmt::format("a stray byte at offset {}", offset)});
}

void append_unit(std::string& out, std::uint32_t unit) { out += fmt::format("\\u{:04x}", unit); }

void append_escaped(std::string& out, char32_t value) {
  switch (value) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\b':
      out += "\\b";
      return;
    default:
      break;
  }
  if (value < 0x10000) return append_unit(out, value);
  append_unit(out, 0xD800 + ((value - 0x10000) >> 10U));
  append_unit(out, 0xDC00 + ((value - 0x10000) & 0x3FFU));
}

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

bool is_word(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t plain_end = static_cast<std::size_t>(
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_plain) - text.begin());
    out += text.substr(at, plain_end - at);
    at = plain_end;
    if (at < text.size()) {
      const std::optional<char32_t> character = base::next_character(text, at);
      if (!character) fail_utf8(at);
      append_escaped(out, *character);
    }
  }
  out += '"';
}

void append_path_key(std::string& path, std::string_view key) {
  if (is_word(key)) {
    if (!path.empty()) path += '.';
    path += key;
    return;
  }
  path += "[";
  append_quoted(path, key);
  path += "]";
}

void append_path_index(std::string& path, std::size_t index) { path += fmt::format("[{}]", index); }

}  // namespace namesake
