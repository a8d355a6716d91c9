#include "namesake/tensor/config_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"

namespace namesake {
namespace {

bool asks_for_nothing(const JsonValue& value) {
  return value.is_null() || (value.is_bool() && !value.as_bool()) || (value.is_array() && value.items().empty()) ||
         (value.is_object() && value.members().empty());
}

}  // namespace

// The member called `key`; nothing if it is missing or null.
std::optional<JsonView> ConfigFields::take(std::string_view key) {
  known_.emplace_back(key);
  const JsonValue* found = source_->value().find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return source_->at(key);
}

void ConfigFields::operator()(std::string_view key, bool& value) {
  if (!reading()) written_.add(key, value);
  else if (const auto found = take(key)) value = found->as_bool();
}

void ConfigFields::operator()(std::string_view key, std::int64_t& value) {
  if (!reading()) written_.add(key, value);
  else if (const auto found = take(key)) value = found->as_int();
}

void ConfigFields::operator()(std::string_view key, double& value) {
  if (!reading()) written_.add(key, value);
  else if (const auto found = take(key)) value = found->as_double();
}

void ConfigFields::operator()(std::string_view key, std::string& value) {
  if (!reading()) written_.add(key, value);
  else if (const auto found = take(key)) value = found->as_string();
}

void ConfigFields::operator()(std::string_view key, std::optional<std::int64_t>& value) {
  if (!reading()) {
    written_.add(key, value ? JsonValue(*value) : JsonValue());
  } else if (const auto found = take(key)) {
    value = found->as_int();
  } else if (source_->value().has(key)) {
    value.reset();
  }
}

void ConfigFields::operator()(std::string_view key, std::optional<double>& value) {
  if (!reading()) {
    written_.add(key, value ? JsonValue(*value) : JsonValue());
  } else if (const auto found = take(key)) {
    value = found->as_double();
  } else if (source_->value().has(key)) {
    value.reset();
  }
}

void ConfigFields::operator()(std::string_view key, std::optional<std::string>& value) {
  if (!reading()) {
    written_.add(key, value ? JsonValue(*value) : JsonValue());
  } else if (const auto found = take(key)) {
    value = found->as_string();
  } else if (source_->value().has(key)) {
    value.reset();
  }
}

void ConfigFields::operator()(std::string_view key, Shape& value) {
  if (!reading()) written_.add(key, shape_to_json(value));
  else if (const auto found = take(key)) value = shape_from_json(*found);
}

void ConfigFields::operator()(std::string_view key, std::vector<std::int64_t>& value) {
  if (!reading()) {
    JsonValue list = JsonValue::array();
    for (const std::int64_t item : value) list.push_back(item);
    written_.add(key, std::move(list));
  } else if (const auto found = take(key)) {
    value.clear();
    for (const JsonView& item : found->items()) value.push_back(item.as_int());
  }
}

void ConfigFields::operator()(std::string_view key, std::vector<double>& value) {
  if (!reading()) {
    JsonValue list = JsonValue::array();
    for (const double item : value) list.push_back(item);
    written_.add(key, std::move(list));
  } else if (const auto found = take(key)) {
    value.clear();
    for (const JsonView& item : found->items()) value.push_back(item.as_double());
  }
}

void ConfigFields::operator()(std::string_view key, std::vector<std::string>& value) {
  if (!reading()) {
    JsonValue list = JsonValue::array();
    for (const std::string& item : value) list.push_back(item);
    written_.add(key, std::move(list));
  } else if (const auto found = take(key)) {
    value.clear();
    for (const JsonView& item : found->items()) value.push_back(item.as_string());
  }
}

void ConfigFields::always(std::string_view key, const JsonValue& fixed) {
  if (!reading()) {
    written_.add(key, fixed);
  } else if (const auto found = take(key); found && !(found->value() == fixed)) {
    throw Unsupported({.subject = std::string(key),
                       .what = fmt::format("The option \"{}\" has a value that is not done here.", key),
                       .expected = to_json(fixed),
                       .received = to_json(found->value())});
  }
}

void ConfigFields::refuse_others(std::string_view class_name) const {
  for (const JsonMember& member : source_->as_object()) {
    if (asks_for_nothing(member.value)) continue;
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    throw Unsupported({.subject = std::string(class_name),
                       .what = fmt::format("{}: the option \"{}\" is not known here.", class_name, member.key),
                       .expected = fmt::format("one of: {}", fmt::join(known_, ", ")),
                       .received = fmt::format("{} = {}", member.key, to_json(member.value))});
  }
}

JsonValue shape_to_json(const Shape& shape) {
  if (!shape.known_rank()) return {};
  JsonValue list = JsonValue::array();
  for (const std::int64_t size : shape.sizes()) list.push_back(size < 0 ? JsonValue() : JsonValue(size));
  return list;
}

Shape shape_from_json(const JsonView& json) {
  if (json.value().is_null()) return {};
  Shape shape = Shape::scalar();
  for (const JsonView& item : json.items()) {
    if (shape.rank() == Shape::kMaxRank) json.fail("A shape has too many axes.", fmt::format("at most {}", Shape::kMaxRank));
    if (!item.value().is_null() && item.as_int() < 0) item.fail("A size of a shape is negative.");
    shape.push_back(item.value().is_null() ? Shape::kOpen : item.as_int());
  }
  return shape;
}

}  // namespace namesake
