#include "namesake/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace namesake {
namespace {

constexpr std::size_t kLabelWidth = 10;  // "received" and two spaces

void add_line(std::string& text, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  text += fmt::format("\n  {:<{}}{}", label, kLabelWidth, value);
}

void add_places(std::string& text, const std::vector<Place>& places) {
  std::size_t site_width = 0, detail_width = 0;
  for (const Place& place : places) {
    site_width = std::max(site_width, to_string(place.site).size());
    detail_width = std::max(detail_width, place.detail.size());
  }
  for (const Place& place : places) {
    std::string line = fmt::format("{:<{}}", to_string(place.site), site_width);
    if (!place.detail.empty() || !place.scope.empty()) line += fmt::format("   {:<{}}", place.detail, detail_width);
    if (!place.scope.empty()) line += "   scope " + place.scope;
    line.erase(line.find_last_not_of(' ') + 1);
    add_line(text, place.label, line);
  }
}

std::string render(std::string_view code, const ErrorParts& parts) {
  std::string text = fmt::format("{}: {}", code, parts.what);
  add_line(text, "expected", parts.expected);
  add_line(text, "received", parts.received);
  add_places(text, parts.places);
  add_line(text, "fix", parts.fix);
  return text;
}

ErrorParts with_file(const std::string& file, const std::string& inner, std::uint64_t offset, ErrorParts parts) {
  std::string where = file;
  if (!inner.empty()) where += (where.empty() ? "" : ": ") + inner;
  if (offset != FormatError::kNoOffset) where += fmt::format("{}byte {}", where.empty() ? "" : ", ", offset);
  if (!where.empty()) parts.what = where + ": " + parts.what;
  if (parts.subject.empty()) parts.subject = file;
  return parts;
}

// What a user can do about what the system said; "" if that is not known.
std::string advice(int error_number) {
  switch (error_number) {
    case ENOSPC: return "free some space on this disk, or use another";
    case EDQUOT: return "free some space: your quota on this disk is used up; or use another disk";
    case EFBIG: return "raise the limit on the size of files (ulimit -f), or use a file system that takes larger ones";
    case EROFS: return "use another folder: this file system can only be read";
    case EACCES:
    case EPERM: return "see the permissions of the file and of its folder (ls -ld), or use another folder";
    case EISDIR: return "give the path of a file, not of a folder";
    case ENOTDIR: return "correct the path: what it takes for a folder is a file";
    case ELOOP: return "mend the symbolic links: they lead in a circle";
    case ENAMETOOLONG: return "give a shorter name: most file systems take 255 bytes";
    case EMFILE: return "close some files, or raise the limit on open ones (ulimit -n)";
    case EIO: return "see whether the disk is sound (dmesg), and use another if not";
    default: return "";
  }
}

}  // namespace

Error::Error(std::string_view code, ErrorParts parts)
    : std::runtime_error(render(code, parts)), code_(code), parts_(std::move(parts)) {}

FormatError::FormatError(std::string file, std::string inner, ErrorParts parts, std::uint64_t offset)
    : Error("format-error", with_file(file, inner, offset, std::move(parts))),
      file_(std::move(file)),
      inner_(std::move(inner)),
      offset_(offset) {}

IoError::IoError(std::string file, std::string doing, int error_number, std::string fix)
    : Error("io-error", {.subject = file,
                         .what = fmt::format("{}: {} failed: {}.", file.empty() ? "\"\"" : file, doing,
                                             std::generic_category().message(error_number)),
                         .fix = fix.empty() ? advice(error_number) : std::move(fix)}),
      error_number_(error_number) {}

}  // namespace namesake
