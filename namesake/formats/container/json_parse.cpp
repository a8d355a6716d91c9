// Reads JSON through nlohmann's event interface, which reports every member, those with an equal key too. Two things
// are ours: a cursor that knows how far the parser has read (for byte offsets), and the numbers that Python writes and
// JSON does not have: before parsing, NaN, Infinity and -Infinity are replaced by numbers of equal length, and put back
// by their place.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "namesake/base/error.h"
#include "namesake/base/json_text.h"
#include "namesake/formats/container/json.h"

namespace namesake::formats {
namespace {

struct PythonNumber {
  std::string_view word;
  std::string_view stand_in;  // as long as the word
  double value;
};
// "-Infinity" before "Infinity", which it ends with.
constexpr PythonNumber kPythonNumbers[] = {
    {"NaN", "0.0", std::numeric_limits<double>::quiet_NaN()},
    {"-Infinity", "-0.000000", -std::numeric_limits<double>::infinity()},
    {"Infinity", "0.000000", std::numeric_limits<double>::infinity()},
};

// The text with stand-ins; nothing if it has none of the words outside of strings.
std::optional<std::string> with_stand_ins(std::string_view text) {
  if (text.find("NaN") == std::string_view::npos && text.find("Infinity") == std::string_view::npos)
    return std::nullopt;
  std::string changed(text);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        in_string = false;
      continue;
    }
    if (text[i] == '"') in_string = true;
    for (const PythonNumber& number : kPythonNumbers) {
      if (!text.substr(i).starts_with(number.word)) continue;
      changed.replace(i, number.word.size(), number.stand_in);
      i += number.word.size() - 1;
      break;
    }
  }
  return changed;
}

// A text's characters, and how far they have been read.
struct Cursor {
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  const char** read_to = nullptr;

  reference operator*() const { return *at; }
  Cursor& operator++() {
    *read_to = ++at;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at == other.at; }
};

// Builds the document. nlohmann asks for the names of these functions.
class Builder {
 public:
  Builder(std::string_view original, std::string_view parsed, const char* const* read_to, JsonOrigin origin,
          JsonLimits limits)
      : original_(original), parsed_(parsed), read_to_(read_to), origin_(origin), limits_(limits) {}

  bool null() { return add(JsonValue()); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& token) {
    if (token.find_first_of(".eE") == std::string::npos) {
      const std::string_view read = parsed_.substr(0, offset());
      const std::size_t end = read.ends_with(token) ? read.size() : read.size() - 1;
      fail(end - token.size(), "An integer does not fit 64 bits.", "", token);
    }
    return add(python_number(token).value_or(value));
  }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) { return false; }  // not a thing of JSON text
  bool start_object(std::size_t) { return open(JsonValue::object()); }
  bool start_array(std::size_t) { return open(JsonValue::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& value) {
    open_.back()->members().push_back({std::move(value), {}});
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) {
    // The message is "[json.exception.…] parse error at line 1, column 2: <detail>".
    std::string detail = error.what();
    if (const std::size_t colon = detail.find(": "); colon != std::string::npos) detail.erase(0, colon + 2);
    fail(std::min(position > 0 ? position - 1 : 0, original_.size()), "This is not JSON.", "", std::move(detail));
  }

  JsonValue take() { return std::move(root_); }

  [[noreturn]] void fail(std::size_t offset, std::string what, std::string expected, std::string received) const {
    std::string inner(origin_.inner);
    if (const std::string place = path(); !place.empty()) inner += (inner.empty() ? "" : ": ") + place;
    throw FormatError(std::string(origin_.file), std::move(inner),
                      {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)},
                      offset);
  }

 private:
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(*read_to_ - parsed_.data()); }

  // A number's stand-in is recognised by what the original text has in its place. The parser has read one character
  // more than the token, or stands at the end.
  [[nodiscard]] std::optional<double> python_number(const std::string& token) const {
    for (const PythonNumber& number : kPythonNumbers) {
      if (token != number.stand_in) continue;
      const std::string_view read = original_.substr(0, offset());
      if (read.ends_with(number.word) || read.substr(0, read.size() - 1).ends_with(number.word)) return number.value;
    }
    return std::nullopt;
  }

  bool add(JsonValue value) {
    static_cast<void>(place(std::move(value)));
    return true;
  }
  bool open(JsonValue value) {
    if (open_.size() >= limits_.max_depth) {
      fail(offset() - 1, "The nesting is too deep.", fmt::format("at most {} levels", limits_.max_depth), "");
    }
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  // What holds an open value does not grow until that value is closed: the pointers stay good.
  JsonValue* place(JsonValue value) {
    if (++values_ > limits_.max_values) {
      fail(offset() - 1, "The text holds too many values.", fmt::format("at most {}", limits_.max_values), "");
    }
    if (open_.empty()) return &(root_ = std::move(value));
    JsonValue& holder = *open_.back();
    if (holder.is_object()) return &(holder.members().back().value = std::move(value));
    holder.items().push_back(std::move(value));
    return &holder.items().back();
  }

  // The innermost open place.
  [[nodiscard]] std::string path() const {
    std::string path;
    for (JsonValue* holder : open_) {
      if (holder->is_object() && !holder->members().empty()) append_path_key(path, holder->members().back().key);
      if (holder->is_array() && !holder->items().empty()) append_path_index(path, holder->items().size() - 1);
    }
    return path;
  }

  std::string_view original_;
  std::string_view parsed_;
  const char* const* read_to_;
  JsonOrigin origin_;
  JsonLimits limits_;
  std::size_t values_ = 0;
  JsonValue root_;
  std::vector<JsonValue*> open_;
};

}  // namespace

JsonValue parse_json(std::string_view text, JsonOrigin origin, JsonLimits limits) {
  const std::optional<std::string> changed =
      text.size() <= limits.max_bytes ? with_stand_ins(text) : std::optional<std::string>();
  const std::string_view parsed = changed ? std::string_view(*changed) : text;
  const char* read_to = parsed.data();
  Builder builder(text, parsed, &read_to, origin, limits);
  if (text.size() > limits.max_bytes) {
    builder.fail(0, "The text is too long.", fmt::format("at most {} bytes", limits.max_bytes),
                 fmt::format("{} bytes", text.size()));
  }
  const Cursor first{parsed.data(), &read_to}, last{parsed.data() + parsed.size(), &read_to};
  nlohmann::json::sax_parse(first, last, &builder);
  return builder.take();
}

}  // namespace namesake::formats
