// An input as a file, for readers that take a path. It lies in memory (/dev/shm) where there is such a place.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace namesake::fuzz {

class InputFile {
 public:
  /// Makes an empty file whose name ends in `extension`, in a folder of its own.
  explicit InputFile(const std::string& extension);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Replaces the content.
  void put(std::span<const std::byte> bytes);

 private:
  std::string folder_;
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace namesake::fuzz
