#include "namesake/formats/container/zip_names.h"

#include "namesake/base/utf8.h"

namespace namesake::formats::zip {
namespace {

// A component ".." between slashes of either kind.
bool leaves_its_folder(std::string_view name) {
  while (true) {
    const std::size_t end = name.find_first_of("/\\");
    if (name.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) return false;
    name.remove_prefix(end + 1);
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

void describe_name(std::string_view stored, ZipEntry& entry) {
  entry.name = base::to_shown_utf8(stored);
  if (stored.empty())
    entry.unsafe = "is empty";
  else if (stored.find('\0') != std::string_view::npos)
    entry.unsafe = "holds a NUL byte";
  else if (!base::is_utf8(stored))
    entry.unsafe = "is not UTF-8";
  else if (stored.front() == '/' || stored.front() == '\\')
    entry.unsafe = "is an absolute path";
  else if (stored.size() > 1 && stored[1] == ':' && is_letter(stored[0]))
    entry.unsafe = "names a drive";
  else if (leaves_its_folder(stored))
    entry.unsafe = "leaves its folder";
}

}  // namespace namesake::formats::zip
