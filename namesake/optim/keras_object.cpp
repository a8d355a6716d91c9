#include "namesake/optim/keras_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "namesake/naming/snake_case.h"

namespace namesake::optim {
namespace {

std::string kind_of(const JsonValue& value) {
  const std::string text = to_json(value);
  return text.size() <= 80 ? text : text.substr(0, 77) + "...";
}

/// Edits (insert, delete, replace) that turn `a` into `b`; case and `_` count nothing.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto plain = [](std::string_view word) {
    std::string out;
    for (const char c : word) {
      if (c != '_') out += c;
    }
    return naming::to_lower(out);
  };
  const std::string x = plain(a), y = plain(b);
  std::vector<std::size_t> row(y.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= x.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= y.size(); ++j) {
      const std::size_t replaced = corner + (x[i - 1] == y[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[y.size()];
}

}  // namespace

KerasObject read_keras_object(const JsonValue& value, std::string_view what) {
  if (value.is_string()) return {value.as_string(), JsonValue::object(), true};
  const JsonValue* class_name = value.find("class_name");
  const JsonValue* config = value.find("config");
  if (class_name == nullptr || !class_name->is_string()) {
    throw Unsupported({.subject = std::string(what),
                       .what = fmt::format("This is no {} as Keras writes one.", what),
                       .expected = "a word, or an object with class_name and config",
                       .received = kind_of(value)});
  }
  std::string name = class_name->as_string();
  if (name == "function" && config != nullptr && config->is_string()) return {config->as_string(), JsonValue::object(), true};
  const auto package = name.rfind('>');  // Keras 2 wrote "Custom>Adam"
  if (package != std::string::npos) name.erase(0, package + 1);
  if (config != nullptr && !config->is_null() && !config->is_object()) {
    throw Unsupported({.subject = name,
                       .what = fmt::format("The config of the {} {} is no object.", what, name),
                       .received = kind_of(*config)});
  }
  KerasObject object{.class_name = std::move(name)};
  object.config = config != nullptr && config->is_object() ? *config : JsonValue::object();
  const JsonValue* registered = value.find("registered_name");
  if (registered != nullptr && registered->is_string()) object.registered_name = registered->as_string();
  return object;
}

JsonValue keras_object(std::string_view module, std::string_view class_name, JsonValue config) {
  return JsonValue::object(
      {{"module", module}, {"class_name", class_name}, {"config", std::move(config)}, {"registered_name", nullptr}});
}

JsonValue function_object(std::string_view full_name) {
  return JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", full_name}, {"registered_name", "function"}});
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  constexpr std::size_t kLongest = 64;  // of a word that somebody meant
  if (word.size() > kLongest) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;  // further away is another word
  for (const std::string_view candidate : words) {
    const std::size_t edits = distance(word, candidate);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

ErrorParts unknown_word(std::string_view what, std::string_view word, std::span<const std::string_view> words) {
  ErrorParts parts{.subject = std::string(word),
                   .what = fmt::format("No {} called \"{}\" is known here.", what, word),
                   .expected = fmt::format("{}", fmt::join(words, ", ")),
                   .received = std::string(word)};
  const std::string_view near = nearest_word(word, words);
  if (!near.empty()) parts.fix = fmt::format("did you mean \"{}\"?", near);
  return parts;
}

}  // namespace namesake::optim
