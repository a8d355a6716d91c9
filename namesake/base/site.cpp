#include "namesake/base/site.h"

#include <string_view>

namespace namesake {

std::string to_string(Site site) {
  if (!site.known()) return "(unknown place)";
  std::string_view file = site.file;
  if (const auto last = file.rfind('/'); last != std::string_view::npos && last > 0) {
    if (const auto before = file.rfind('/', last - 1); before != std::string_view::npos) file.remove_prefix(before + 1);
  }
  return std::string(file) + ":" + std::to_string(site.line);
}

}  // namespace namesake
