// JsonValue: a JSON document that keeps everything a file said: members in file order, keys that stand twice, integers
// apart from floats, and the NaN and Infinity that Python writes. (The parser is in formats; the configs of layers, optimizers and
// losses are such values too.)
//   JsonValue config = formats::parse_json(text, {.file = "model.keras", .inner = "config.json"});
//   config.set("name", "model_0");
//   std::string text = to_json(config);                   // as Python's json.dumps(config)
// A document of a file is best read through JsonView, whose errors name the place:
//   std::int64_t units = JsonView(config, "config.json").at("config").at("units").as_int();
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "namesake/base/export.h"

namespace namesake {

class JsonValue;
struct JsonMember;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<JsonMember>;  // in file order; a key may stand twice

class NAMESAKE_API JsonValue {
 public:
  /// kUInt only above the largest int64.
  enum class Kind : std::uint8_t { kNull, kBool, kInt, kUInt, kFloat, kString, kArray, kObject };

  JsonValue() noexcept;  // null
  JsonValue(std::nullptr_t) noexcept;
  JsonValue(std::same_as<bool> auto value) noexcept : data_(value) {}
  JsonValue(std::integral auto value) noexcept requires(!std::same_as<decltype(value), bool>)
      : data_(number(static_cast<std::conditional_t<std::is_signed_v<decltype(value)>, std::int64_t, std::uint64_t>>(value))) {}
  JsonValue(double value) noexcept;
  /// Prints as the shortest decimal that is this float: 0.1f is 0.1.
  JsonValue(float value);
  JsonValue(std::string value) noexcept;
  JsonValue(std::string_view value);
  JsonValue(const char* value);
  JsonValue(JsonArray value) noexcept;
  JsonValue(JsonObject value) noexcept;

  /// `JsonValue::array({1, 2.5, "x", nullptr})`.
  [[nodiscard]] static JsonValue array(std::initializer_list<JsonValue> items = {});
  /// `JsonValue::object({{"units", 3}, {"activation", "relu"}})`.
  [[nodiscard]] static JsonValue object(std::initializer_list<JsonMember> members = {});

  [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(data_.index()); }
  [[nodiscard]] bool is_null() const noexcept { return kind() == Kind::kNull; }
  [[nodiscard]] bool is_bool() const noexcept { return kind() == Kind::kBool; }
  /// An integer, written without point and exponent.
  [[nodiscard]] bool is_int() const noexcept { return kind() == Kind::kInt || kind() == Kind::kUInt; }
  [[nodiscard]] bool is_float() const noexcept { return kind() == Kind::kFloat; }
  [[nodiscard]] bool is_number() const noexcept { return is_int() || is_float(); }
  [[nodiscard]] bool is_string() const noexcept { return kind() == Kind::kString; }
  [[nodiscard]] bool is_array() const noexcept { return kind() == Kind::kArray; }
  [[nodiscard]] bool is_object() const noexcept { return kind() == Kind::kObject; }

  /// The content. Each throws FormatError, with `where` as the inner path, if the value is of another kind.
  [[nodiscard]] bool as_bool(std::string_view where = "") const;
  [[nodiscard]] std::int64_t as_int(std::string_view where = "") const;
  [[nodiscard]] std::uint64_t as_uint(std::string_view where = "") const;
  /// Of integers too.
  [[nodiscard]] double as_double(std::string_view where = "") const;
  [[nodiscard]] const std::string& as_string(std::string_view where = "") const;
  [[nodiscard]] const JsonArray& items(std::string_view where = "") const;
  [[nodiscard]] const JsonObject& members(std::string_view where = "") const;
  [[nodiscard]] JsonArray& items();
  [[nodiscard]] JsonObject& members();

  /// The first member called `key`; nullptr if there is none, or this is no object.
  [[nodiscard]] const JsonValue* find(std::string_view key) const noexcept;
  [[nodiscard]] JsonValue* find(std::string_view key) noexcept;
  /// How many members are called `key`.
  [[nodiscard]] std::size_t count(std::string_view key) const noexcept;
  [[nodiscard]] bool has(std::string_view key) const noexcept { return find(key) != nullptr; }

  /// Gives the first member called `key` this value, or appends it. A null becomes an object first.
  JsonValue& set(std::string_view key, JsonValue value);
  /// Appends a member even if the key is there already.
  JsonValue& add(std::string_view key, JsonValue value);
  /// Removes every member called `key`.
  void erase(std::string_view key);
  /// Appends an item. A null becomes an array first.
  JsonValue& push_back(JsonValue value);

  /// Equal kinds and contents, members in equal order. NaN equals NaN; 1 and 1.0 differ.
  friend NAMESAKE_API bool operator==(const JsonValue& a, const JsonValue& b) noexcept;

 private:
  using Data =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, JsonArray, JsonObject>;

  static Data number(std::int64_t value) noexcept;
  static Data number(std::uint64_t value) noexcept;
  Data data_;
};

struct JsonMember {
  std::string key;
  JsonValue value;
  friend NAMESAKE_API bool operator==(const JsonMember& a, const JsonMember& b) noexcept;
};

// Here, not in the class: clang 14 wants JsonMember whole before it makes a variant that holds one.
inline JsonValue::JsonValue() noexcept = default;
inline JsonValue::JsonValue(std::nullptr_t) noexcept {}
inline JsonValue::JsonValue(double value) noexcept : data_(value) {}
inline JsonValue::JsonValue(std::string value) noexcept : data_(std::move(value)) {}
inline JsonValue::JsonValue(std::string_view value) : data_(std::string(value)) {}
inline JsonValue::JsonValue(const char* value) : data_(std::string(value)) {}
inline JsonValue::Data JsonValue::number(std::int64_t value) noexcept { return value; }
inline JsonValue::Data JsonValue::number(std::uint64_t value) noexcept {
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return value;
  return static_cast<std::int64_t>(value);
}

/// A value of a document together with the document, so that an error can say where the value stands: the path is
/// looked for only when an error is made. The document must stay where it is while views of it are used.
class NAMESAKE_API JsonView {
 public:
  /// `file` is named in errors ("model.keras: config.json"); it must outlive the view.
  explicit JsonView(const JsonValue& root, std::string_view file = "") noexcept : JsonView(root, root, file) {}

  [[nodiscard]] const JsonValue& value() const noexcept { return *value_; }
  [[nodiscard]] std::string_view file() const noexcept { return file_; }
  const JsonValue* operator->() const noexcept { return value_; }
  /// `config.layers[2].name`; "" for the root.
  [[nodiscard]] std::string path() const;

  /// The first member called `key`, the item `index`. Throws FormatError if there is none.
  [[nodiscard]] JsonView at(std::string_view key) const;
  [[nodiscard]] JsonView at(std::size_t index) const;
  /// The first member called `key`, if there is one that is not null.
  [[nodiscard]] std::optional<JsonView> find(std::string_view key) const;
  /// Views of all items.
  [[nodiscard]] std::vector<JsonView> items() const;

  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int() const;
  [[nodiscard]] std::uint64_t as_uint() const;
  [[nodiscard]] double as_double() const;
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const JsonArray& as_array() const;
  [[nodiscard]] const JsonObject& as_object() const;

  /// Throws FormatError that names the file and this place.
  [[noreturn]] void fail(std::string what, std::string expected = "", std::string received = "") const;

 private:
  JsonView(const JsonValue& root, const JsonValue& value, std::string_view file) noexcept
      : root_(&root), value_(&value), file_(file) {}
  [[noreturn]] void fail_kind(std::string_view expected) const;

  const JsonValue* root_;
  const JsonValue* value_;
  std::string_view file_;
};

struct JsonStyle {
  int indent = -1;     // spaces a level; -1: all in one line
  bool tight = false;  // one line without a space after , and :
};

/// Writes as Python's json.dumps does, byte for byte: non-ASCII escaped, floats by their shortest digits (0.01, 1.0,
/// 1e-07).
[[nodiscard]] NAMESAKE_API std::string to_json(const JsonValue& value, JsonStyle style = {});

}  // namespace namesake
