#include "namesake/nn/registered.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "namesake/base/error.h"

namespace namesake::nn {

void refuse_second(std::string_view what, std::string_view registered_name, Site first, Site again) {
  throw NameCollision({.subject = std::string(registered_name),
                       .what = fmt::format("Two {} are registered as \"{}\".", what, registered_name),
                       .places = {{"first", first, {}, {}}, {"again", again, {}, {}}},
                       .fix = "register one of them under another package or name"});
}

void refuse_kerass_name(std::string_view what, std::string_view name, Site site) {
  throw NameCollision({.subject = std::string(name),
                       .what = fmt::format("The {} \"{}\" has the name of one of Keras's own.", what, name),
                       .places = {{"here", site, {}, {}}},
                       .fix = "give it another name: a file could not tell the two apart"});
}

JsonValue users_object(std::string_view class_name, JsonValue config, std::string_view registered_name) {
  const std::string name = registered_name.empty() ? fmt::format("Custom>{}", class_name) : std::string(registered_name);
  return JsonValue::object({{"module", nullptr}, {"class_name", class_name}, {"config", std::move(config)}, {"registered_name", name}});
}

std::string registered_name_of(const JsonValue& object, std::string_view class_name) {
  const JsonValue* name = object.find("registered_name");
  return name != nullptr && name->is_string() ? name->as_string() : std::string(class_name);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_alias(std::string_view alias, std::string_view name) {
  if (alias.empty() || lower(name) != alias) return false;
  return name == alias || std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c) != 0; });
}

}  // namespace namesake::nn
