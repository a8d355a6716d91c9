#include "namesake/naming/unique_names.h"

#include <fmt/format.h>

#include "namesake/base/error.h"

namespace namesake::naming {

std::size_t UniqueNames::first_free(std::string_view base) const {
  if (!known(base)) return 0;
  const auto tried = tried_.find(std::string(base));
  std::size_t number = tried == tried_.end() ? 1 : tried->second;
  while (known(numbered(base, number))) ++number;
  return number;
}

std::string UniqueNames::peek(std::string_view base) const {
  const std::size_t number = first_free(base);
  return number == 0 ? std::string(base) : numbered(base, number);
}

std::string UniqueNames::take(std::string_view base, Site site) {
  const std::size_t number = first_free(base);
  std::string name = number == 0 ? std::string(base) : numbered(base, number);
  if (number != 0) tried_[std::string(base)] = number + 1;
  sites_.emplace(name, site);
  return name;
}

void UniqueNames::claim(std::string_view name, Site site) {
  check_name(name, kind_, site);
  const auto [taken, fresh] = sites_.emplace(std::string(name), site);
  if (fresh) return;
  throw NameCollision({.subject = std::string(name),
                       .what = fmt::format("two {} are called \"{}\".", plural(kind_), name),
                       .places = {{.label = "first", .site = taken->second}, {.label = "again", .site = site}},
                       .fix = fmt::format("call one of them something else (\"{}\" is free)", peek(name))});
}

bool UniqueNames::release(std::string_view name) {
  if (sites_.erase(std::string(name)) == 0) return false;
  // A number below the mark of its base is free now. A cut name does not show its base.
  const auto underscore = name.rfind('_');
  if (name.size() == kMaxNameLength) {
    tried_.clear();
  } else if (underscore != std::string_view::npos) {
    tried_.erase(std::string(name.substr(0, underscore)));
  }
  return true;
}

Site UniqueNames::site_of(std::string_view name) const {
  const auto taken = sites_.find(std::string(name));
  return taken == sites_.end() ? Site{} : taken->second;
}

std::string_view without_number(std::string_view numbered) {
  const std::size_t last = numbered.find_last_not_of("0123456789");
  const bool has_number = last != std::string_view::npos && last > 0 && last + 1 < numbered.size() && numbered[last] == '_';
  return has_number ? numbered.substr(0, last) : numbered;
}

}  // namespace namesake::naming
