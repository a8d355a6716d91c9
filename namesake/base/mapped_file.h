// MappedFile: a whole file as read-only memory. Lazy weights hold it by shared_ptr, so that the bytes outlive the
// reader.
//   auto file = MappedFile::open("model.keras");   file->bytes()
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "namesake/base/export.h"

namespace namesake::base {

class NAMESAKE_API MappedFile {
 public:
  /// Maps the regular file `path`; an empty file gives an empty span. Throws IoError (with the path) if it is missing,
  /// is a folder or another thing than a file, or may not be read.
  [[nodiscard]] static std::shared_ptr<const MappedFile> open(const std::string& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// The file's bytes as they were at open(). (A file that another program cuts short while it is mapped kills the
  /// reader; what we write ourselves is replaced by rename, never cut.)
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  MappedFile(std::string path, std::span<const std::byte> bytes);

  std::string path_;
  std::span<const std::byte> bytes_;
};

}  // namespace namesake::base
