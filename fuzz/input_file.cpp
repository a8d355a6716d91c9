#include "fuzz/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "fuzz/answers.h"

namespace namesake::fuzz {

InputFile::InputFile(const std::string& extension) {
  const bool in_memory = ::access("/dev/shm", W_OK) == 0;
  folder_ = (in_memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/namesake_fuzz_XXXXXX";
  promise(::mkdtemp(folder_.data()) != nullptr);
  path_ = folder_ + "/input" + extension;
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  promise(descriptor_ >= 0);
}

InputFile::~InputFile() {
  ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void InputFile::put(std::span<const std::byte> bytes) {
  promise(::ftruncate(descriptor_, 0) == 0);
  promise(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
}

}  // namespace namesake::fuzz
