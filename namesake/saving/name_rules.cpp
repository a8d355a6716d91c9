#include "namesake/saving/name_rules.h"

#include <fmt/format.h>

#include <optional>
#include <regex>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"

namespace namesake::saving {

struct NameMap::Rule {
  std::string from, to;
  std::optional<std::regex> pattern;
};

NameMap::NameMap(const std::vector<NameRule>& rules) {
  for (const NameRule& rule : rules) {
    rules_.push_back({rule.from, rule.to, std::nullopt});
    if (!rule.regex) continue;
    try {
      rules_.back().pattern.emplace(rule.from, std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
      throw InvalidArgument({.subject = rule.from,
                             .what = fmt::format("The rule for names \"{}\" is no regular expression: {}.", rule.from, error.what()),
                             .expected = "an ECMAScript regular expression"});
    }
  }
}

NameMap::~NameMap() = default;

std::string NameMap::operator()(std::string_view name) const {
  return find(name).value_or(naming::unflatten_scoped(name).value_or(std::string(name)));
}

std::optional<std::string> NameMap::find(std::string_view name) const {
  if (rules_.empty()) return std::nullopt;
  const std::string path = naming::unflatten_scoped(name).value_or(std::string(name));
  for (const Rule& rule : rules_) {
    if (rule.pattern) {
      std::smatch found;
      if (std::regex_match(path, found, *rule.pattern)) return found.format(rule.to);
    } else if (rule.from == path || rule.from == name) {
      return rule.to;
    }
  }
  return std::nullopt;
}

}  // namespace namesake::saving
