// MappedFile: a whole file as read-only memory, for its structure, and read piece by piece, for its bulk: what is read stays out of
// the process's memory, where mapped pages would be counted, and comes in on several cores. Lazy weights hold it by shared_ptr, so
// that the bytes outlive the reader.
//   auto file = MappedFile::open("model.keras");   file->bytes()   file->read_at(offset, out)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "namesake/base/descriptor.h"
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
  /// Fills `out` with the bytes from `offset` on; much at a time, on several cores. Several threads may read at once. Throws IoError
  /// if they cannot be read, or the file has become shorter.
  void read_at(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  MappedFile(std::string path, Descriptor descriptor, std::span<const std::byte> bytes);

  std::string path_;
  Descriptor descriptor_;
  std::span<const std::byte> bytes_;
};

}  // namespace namesake::base
