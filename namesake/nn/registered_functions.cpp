#include "namesake/nn/registered_functions.h"

#include <fmt/format.h>

#include <deque>
#include <mutex>

#include "namesake/base/error.h"

namespace namesake::nn {
namespace {

struct Entry {
  FunctionKind kind;
  std::string name;
  RegisteredFunction function;
  Site site;
};
struct Registry {
  std::mutex mutex;
  std::deque<Entry> entries;
};
Registry& registry() {
  static Registry all;
  return all;
}

// "pkg>name" is meant by "pkg>name" and by "name".
bool means(const std::string& full_name, std::string_view asked) {
  if (full_name == asked) return true;
  return asked.find('>') == std::string_view::npos && std::string_view(full_name).substr(full_name.find('>') + 1) == asked;
}

}  // namespace

void register_function(FunctionKind kind, std::string_view name, RegisteredFunction function, std::string_view package, Site site) {
  const std::string full_name = fmt::format("{}>{}", package, name);
  if (function == nullptr || name.empty()) {
    throw InvalidArgument({.subject = full_name, .what = "A function and its name are needed to register it.", .places = {{"here", site, {}, {}}}});
  }
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  for (const Entry& known : all.entries) {
    if (known.kind != kind || known.name != full_name) continue;
    if (known.function == function) return;
    throw NameCollision({.subject = full_name,
                         .what = fmt::format("Two functions are registered as \"{}\".", full_name),
                         .places = {{"first", known.site, {}, {}}, {"again", site, {}, {}}},
                         .fix = "register one of them under another name or package"});
  }
  all.entries.push_back({kind, full_name, function, site});
}

RegisteredFunction find_function(FunctionKind kind, std::string_view name, std::string& full_name) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  for (const Entry& known : all.entries) {
    if (known.kind != kind || !means(known.name, name)) continue;
    full_name = known.name;
    return known.function;
  }
  return nullptr;
}

std::vector<std::string> known_functions(FunctionKind kind) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  std::vector<std::string> names;
  for (const Entry& known : all.entries) {
    if (known.kind == kind) names.push_back(known.name);
  }
  return names;
}

JsonValue function_object(std::string_view full_name) {
  return JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", full_name}, {"registered_name", "function"}});
}

}  // namespace namesake::nn
