#include "namesake/naming/snake_case.h"

#include <algorithm>

#include "namesake/naming/rules.h"

namespace namesake::naming {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_word(char c) { return is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || c == '_'; }

// Sets '_' before each capital that starts a word: re.sub("(.)([A-Z][a-z]+)", "\1_\2"). A match needs a character
// before the capital that belongs to no earlier match.
std::string split_words(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (i + 2 < text.size() && is_upper(text[i + 1]) && is_lower(text[i + 2])) {
      out += text[i];
      out += '_';
      out += text[i + 1];
      for (i += 2; i < text.size() && is_lower(text[i]); ++i) out += text[i];
    } else {
      out += text[i++];
    }
  }
  return out;
}

}  // namespace

std::string to_snake_case(std::string_view class_name) {
  std::string words;
  for (const char c : class_name) {
    if (is_word(c)) words += c;
  }
  words = split_words(words);
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && is_lower(words[i - 1]) && is_upper(words[i])) out += '_';
    out += lower(words[i]);
  }
  return out;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string automatic_base(std::string_view class_name) {
  std::string base = to_snake_case(class_name);
  if (base.empty()) return "object";
  if (base.front() == '_') base.insert(0, "private");
  return suggest_name(base);
}

}  // namespace namesake::naming
