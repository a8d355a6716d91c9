#include "namesake/base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/base/json_text.h"

namespace namesake {
namespace {

std::string_view kind_text(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return "a boolean";
    case JsonValue::Kind::kInt:
    case JsonValue::Kind::kUInt:
      return "an integer";
    case JsonValue::Kind::kFloat:
      return "a float";
    case JsonValue::Kind::kString:
      return "a string";
    case JsonValue::Kind::kArray:
      return "a list";
    case JsonValue::Kind::kObject:
      return "an object";
  }
  return "";
}

constexpr std::size_t kMostShown = 60;

// The kind, and the value if it is short.
std::string describe(const JsonValue& value) {
  std::string text(kind_text(value));
  if (value.is_array() || value.is_object() || value.is_null()) return text;
  std::string shown = to_json(value);
  if (shown.size() > kMostShown) shown = shown.substr(0, kMostShown) + "...";
  return text + ", " + shown;
}

[[noreturn]] void fail_kind_of(const JsonValue& value, std::string_view expected, std::string_view where) {
  throw FormatError("", std::string(where),
                    {.what = "A value is not of the kind that stands there.",
                     .expected = std::string(expected),
                     .received = describe(value)});
}

constexpr std::string_view kInt64 = "an integer of 64 bits", kUInt64 = "an integer of 64 bits that is not negative";

// Appends the way from `from` to `wanted`; false, with `path` as it was, if it is not below.
bool find_path(const JsonValue& from, const JsonValue* wanted, std::string& path) {
  if (&from == wanted) return true;
  const std::size_t length = path.size();
  if (from.is_object()) {
    for (const JsonMember& member : from.members()) {
      append_path_key(path, member.key);
      if (find_path(member.value, wanted, path)) return true;
      path.resize(length);
    }
  } else if (from.is_array()) {
    for (std::size_t i = 0; i < from.items().size(); ++i) {
      append_path_index(path, i);
      if (find_path(from.items()[i], wanted, path)) return true;
      path.resize(length);
    }
  }
  return false;
}

}  // namespace

JsonValue::JsonValue(float value) {
  double shortest = static_cast<double>(value);
  if (std::isfinite(value)) {
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    std::from_chars(buffer, result.ptr, shortest);
  }
  data_ = shortest;
}

JsonValue::JsonValue(JsonArray value) noexcept : data_(std::move(value)) {}
JsonValue::JsonValue(JsonObject value) noexcept : data_(std::move(value)) {}

JsonValue JsonValue::array(std::initializer_list<JsonValue> items) { return JsonArray(items); }
JsonValue JsonValue::object(std::initializer_list<JsonMember> members) { return JsonObject(members); }

bool JsonValue::as_bool(std::string_view where) const {
  if (!is_bool()) fail_kind_of(*this, "a boolean", where);
  return std::get<bool>(data_);
}

std::int64_t JsonValue::as_int(std::string_view where) const {
  if (kind() != Kind::kInt) fail_kind_of(*this, kInt64, where);
  return std::get<std::int64_t>(data_);
}

std::uint64_t JsonValue::as_uint(std::string_view where) const {
  if (kind() == Kind::kUInt) return std::get<std::uint64_t>(data_);
  if (kind() != Kind::kInt || std::get<std::int64_t>(data_) < 0) fail_kind_of(*this, kUInt64, where);
  return static_cast<std::uint64_t>(std::get<std::int64_t>(data_));
}

double JsonValue::as_double(std::string_view where) const {
  if (kind() == Kind::kInt) return static_cast<double>(std::get<std::int64_t>(data_));
  if (kind() == Kind::kUInt) return static_cast<double>(std::get<std::uint64_t>(data_));
  if (!is_float()) fail_kind_of(*this, "a number", where);
  return std::get<double>(data_);
}

const std::string& JsonValue::as_string(std::string_view where) const {
  if (!is_string()) fail_kind_of(*this, "a string", where);
  return std::get<std::string>(data_);
}

const JsonArray& JsonValue::items(std::string_view where) const {
  if (!is_array()) fail_kind_of(*this, "a list", where);
  return std::get<JsonArray>(data_);
}

const JsonObject& JsonValue::members(std::string_view where) const {
  if (!is_object()) fail_kind_of(*this, "an object", where);
  return std::get<JsonObject>(data_);
}

JsonArray& JsonValue::items() { return const_cast<JsonArray&>(std::as_const(*this).items()); }
JsonObject& JsonValue::members() { return const_cast<JsonObject&>(std::as_const(*this).members()); }

const JsonValue* JsonValue::find(std::string_view key) const noexcept {
  const auto* object = std::get_if<JsonObject>(&data_);
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(), [&](const JsonMember& m) { return m.key == key; });
  return found == object->end() ? nullptr : &found->value;
}

JsonValue* JsonValue::find(std::string_view key) noexcept {
  return const_cast<JsonValue*>(std::as_const(*this).find(key));
}

std::size_t JsonValue::count(std::string_view key) const noexcept {
  const auto* object = std::get_if<JsonObject>(&data_);
  if (object == nullptr) return 0;
  return static_cast<std::size_t>(
      std::count_if(object->begin(), object->end(), [&](const JsonMember& m) { return m.key == key; }));
}

JsonValue& JsonValue::set(std::string_view key, JsonValue value) {
  if (JsonValue* found = find(key)) return *found = std::move(value);
  return add(key, std::move(value));
}

JsonValue& JsonValue::add(std::string_view key, JsonValue value) {
  if (is_null()) data_ = JsonObject();
  members().push_back({std::string(key), std::move(value)});
  return members().back().value;
}

void JsonValue::erase(std::string_view key) {
  std::erase_if(members(), [&](const JsonMember& member) { return member.key == key; });
}

JsonValue& JsonValue::push_back(JsonValue value) {
  if (is_null()) data_ = JsonArray();
  items().push_back(std::move(value));
  return items().back();
}

bool operator==(const JsonValue& a, const JsonValue& b) noexcept {
  const double* x = std::get_if<double>(&a.data_);
  const double* y = std::get_if<double>(&b.data_);
  if (x != nullptr && y != nullptr) return *x == *y || (std::isnan(*x) && std::isnan(*y));
  return a.data_ == b.data_;
}

bool operator==(const JsonMember& a, const JsonMember& b) noexcept { return a.key == b.key && a.value == b.value; }

std::string JsonView::path() const {
  std::string path;
  find_path(*root_, value_, path);
  return path;
}

void JsonView::fail(std::string what, std::string expected, std::string received) const {
  throw FormatError(std::string(file_), path(),
                    {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)});
}

void JsonView::fail_kind(std::string_view expected) const {
  fail("A value is not of the kind that stands there.", std::string(expected), describe(*value_));
}

std::optional<JsonView> JsonView::find(std::string_view key) const {
  const JsonValue* found = value_->find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return JsonView(*root_, *found, file_);
}

JsonView JsonView::at(std::string_view key) const {
  if (!value_->is_object()) fail_kind("an object with a member \"" + std::string(key) + "\"");
  const JsonValue* found = value_->find(key);
  if (found == nullptr) fail("The member \"" + std::string(key) + "\" is missing.");
  return JsonView(*root_, *found, file_);
}

JsonView JsonView::at(std::size_t index) const {
  const JsonArray& array = as_array();
  if (index >= array.size()) {
    fail("A list is too short.", "at least " + std::to_string(index + 1) + " items", std::to_string(array.size()));
  }
  return JsonView(*root_, array[index], file_);
}

std::vector<JsonView> JsonView::items() const {
  std::vector<JsonView> views;
  for (const JsonValue& item : as_array()) views.push_back(JsonView(*root_, item, file_));
  return views;
}

bool JsonView::as_bool() const {
  if (!value_->is_bool()) fail_kind("a boolean");
  return value_->as_bool();
}

std::int64_t JsonView::as_int() const {
  if (value_->kind() != JsonValue::Kind::kInt) fail_kind(kInt64);
  return value_->as_int();
}

std::uint64_t JsonView::as_uint() const {
  if (!value_->is_int() || (value_->kind() == JsonValue::Kind::kInt && value_->as_int() < 0)) fail_kind(kUInt64);
  return value_->as_uint();
}

double JsonView::as_double() const {
  if (!value_->is_number()) fail_kind("a number");
  return value_->as_double();
}

const std::string& JsonView::as_string() const {
  if (!value_->is_string()) fail_kind("a string");
  return value_->as_string();
}

const JsonArray& JsonView::as_array() const {
  if (!value_->is_array()) fail_kind("a list");
  return value_->items();
}

const JsonObject& JsonView::as_object() const {
  if (!value_->is_object()) fail_kind("an object");
  return value_->members();
}

}  // namespace namesake
