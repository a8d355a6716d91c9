#include "namesake/naming/path.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"

namespace namesake::naming {
namespace {

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
  throw InvalidArgument({.subject = std::string(path),
                         .what = fmt::format("\"{}\" has no flat form: {}.", path, why),
                         .expected = "names as this library makes them, joined with '/'",
                         .fix = "give the part a legal name first (suggest_name), made unique among its siblings"});
}

}  // namespace

std::string join_path(std::string_view outer, std::string_view inner) {
  std::string path(outer);
  if (!outer.empty() && !inner.empty()) path += '/';
  return path.append(inner);
}

std::string join_path(const std::vector<std::string>& names) {
  std::string path;
  for (std::size_t i = 0; i < names.size(); ++i) path.append(i == 0 ? "" : "/").append(names[i]);
  return path;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> names;
  if (path.empty()) return names;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    names.emplace_back(path.substr(start, slash - start));
    start = slash + 1;
  }
  return names;
}

std::string_view parent_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view leaf_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_prefix_path(std::string_view outer, std::string_view inner) {
  if (outer.empty()) return !inner.empty();
  return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/';
}

std::string flatten_scoped(std::string_view path) {
  std::string flat;
  for (const std::string& name : split_path(path)) {
    if (name.empty()) refuse(path, "one of its components is empty");
    if (name.find('>') != std::string::npos) refuse(path, "a component has a '>', which joins them there");
    if (!flat.empty()) flat += '>';
    flat += name;
  }
  return flat;
}

std::optional<std::string> unflatten_scoped(std::string_view flat) {
  if (flat.find('/') != std::string_view::npos || flat.starts_with('>') || flat.ends_with('>') ||
      flat.find(">>") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string path(flat);
  std::replace(path.begin(), path.end(), '>', '/');
  return path;
}

std::string join_flat(std::string_view path) {
  std::string flat;
  bool first = true;
  for (const std::string& name : split_path(path)) {
    if (name.empty()) refuse(path, "one of its components is empty");
    if (name.front() == '-') refuse(path, "a component starts with '-'");
    if (!first) flat += '.';
    first = false;
    for (const char c : name) {
      flat += c;
      if (c == '.') flat += '-';
    }
  }
  return flat;
}

std::optional<std::string> split_flat(std::string_view flat) {
  if (flat.empty()) return "";
  std::string path;
  bool at_start = true;  // of a component
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const bool escaped = flat[i] == '.' && i + 1 < flat.size() && flat[i + 1] == '-';
    if (flat[i] == '/' || (at_start && (flat[i] == '-' || (flat[i] == '.' && !escaped)))) return std::nullopt;
    at_start = flat[i] == '.' && !escaped;
    path += at_start ? '/' : flat[i];
    if (escaped) ++i;
  }
  if (at_start) return std::nullopt;
  return path;
}

}  // namespace namesake::naming
