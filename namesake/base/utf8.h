// UTF-8, checked: overlong forms, surrogates and what lies above U+10FFFF are refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace namesake::base {

/// Reads the character at `at`, which is below text.size(), and moves behind it. Nothing, with `at` where it was, if
/// there is none.
[[nodiscard]] std::optional<char32_t> next_character(std::string_view text, std::size_t& at) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` for people: control characters, and all bytes above ASCII if it is not UTF-8, as \xNN.
[[nodiscard]] std::string to_shown_utf8(std::string_view text);

}  // namespace namesake::base
