#include "namesake/optim/registered.h"

#include <fmt/format.h>

#include "namesake/base/error.h"

namespace namesake::optim {

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

JsonValue users_object(std::string_view class_name, JsonValue config, const RegisteredName* registered) {
  return JsonValue::object({{"module", nullptr},
                            {"class_name", class_name},
                            {"config", std::move(config)},
                            {"registered_name", registered != nullptr ? registered->registered_name : fmt::format("Custom>{}", class_name)}});
}

}  // namespace namesake::optim
