// Writes JSON as Python's json.dumps does, byte for byte.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "namesake/base/json.h"
#include "namesake/base/json_text.h"

namespace namesake {
namespace {

// Python's repr: the shortest digits that give the same double, with an exponent below 1e-04 and from 1e+16 on.
void append_float(std::string& out, double value) {
  if (std::isnan(value)) return void(out += "NaN");
  if (std::isinf(value)) return void(out += value < 0 ? "-Infinity" : "Infinity");
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  static_cast<void>(error);  // 32 characters hold any double
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  if (text.front() == '-') {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) out += '.' + digits.substr(1);
    out += fmt::format("e{:+03}", exponent);
  } else if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out += digits.substr(0, whole) + "." + (digits.size() > whole ? digits.substr(whole) : "0");
  }
}

class Writer {
 public:
  explicit Writer(JsonStyle style) : style_(style) {}

  void write(const JsonValue& value, int depth) {
    switch (value.kind()) {
      case JsonValue::Kind::kNull:
        out_ += "null";
        break;
      case JsonValue::Kind::kBool:
        out_ += value.as_bool() ? "true" : "false";
        break;
      case JsonValue::Kind::kInt:
        out_ += std::to_string(value.as_int());
        break;
      case JsonValue::Kind::kUInt:
        out_ += std::to_string(value.as_uint());
        break;
      case JsonValue::Kind::kFloat:
        append_float(out_, value.as_double());
        break;
      case JsonValue::Kind::kString:
        append_quoted(out_, value.as_string());
        break;
      case JsonValue::Kind::kArray:
        write_list('[', ']', value.items(), depth, [&](const JsonValue& item) { write(item, depth + 1); });
        break;
      case JsonValue::Kind::kObject:
        write_list('{', '}', value.members(), depth, [&](const JsonMember& member) {
          append_quoted(out_, member.key);
          out_ += style_.tight ? ":" : ": ";
          write(member.value, depth + 1);
        });
        break;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_list(char open, char close, const auto& list, int depth, const auto& write_one) {
    out_ += open;
    bool first = true;
    for (const auto& one : list) {
      if (!first) out_ += style_.indent >= 0 || style_.tight ? "," : ", ";
      first = false;
      new_line(depth + 1);
      write_one(one);
    }
    if (!first) new_line(depth);
    out_ += close;
  }

  void new_line(int depth) {
    if (style_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth) * static_cast<std::size_t>(style_.indent), ' ');
  }

  JsonStyle style_;
  std::string out_;
};

}  // namespace

std::string to_json(const JsonValue& value, JsonStyle style) {
  Writer writer(style);
  writer.write(value, 0);
  return writer.take();
}

}  // namespace namesake
