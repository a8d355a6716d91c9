// Site: a place in a program's source, taken by a defaulted last argument. (clang 14 hides std::source_location;
// these builtins are in both compilers.)
//   void claim(std::string_view name, Site site = Site::current());
#pragma once

#include <string>

#include "namesake/base/export.h"

namespace namesake {

struct Site {
  const char* file = "";  // a string literal: lives as long as the program
  unsigned line = 0;      // 0: unknown

  static constexpr Site current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
  [[nodiscard]] constexpr bool known() const noexcept { return line != 0; }
};

/// `examples/loop.cpp:14`: at most the last two components of the file, then the line. "(unknown place)" if unknown.
[[nodiscard]] NAMESAKE_API std::string to_string(Site site);

}  // namespace namesake
