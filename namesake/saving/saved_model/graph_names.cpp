#include "namesake/saving/saved_model/graph_names.h"

#include <algorithm>

#include "namesake/naming/unique_names.h"

namespace namesake::saving {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string legal_key(std::string_view name) {
  std::string key(name);
  for (char& c : key) {
    if (!is_letter(c) && !is_digit(c)) c = '_';
  }
  if (key.empty() || !is_letter(key[0])) key.insert(0, "arg_");
  return key;
}

}  // namespace

std::string argument_name(std::string_view name) {
  std::string word = legal_key(name);
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return word;
}

std::vector<std::string> signature_keys(const std::vector<std::string>& names) {
  naming::UniqueNames taken;
  std::vector<std::string> keys(names.size());
  for (const bool changed : {false, true}) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::string key = legal_key(names[i]);
      if (keys[i].empty() && (changed || (key == names[i] && !taken.known(key)))) keys[i] = taken.take(key);
    }
  }
  return keys;
}

}  // namespace namesake::saving
