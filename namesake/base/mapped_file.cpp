#include "namesake/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "namesake/base/descriptor.h"
#include "namesake/base/error.h"

namespace namesake::base {
namespace {

void check_regular(const std::string& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) throw IoError(path, "reading", EISDIR, "give the path of a file");
  if (!S_ISREG(status.st_mode)) throw IoError(path, "mapping", ENODEV, "give the path of a file on disk");
}

}  // namespace

MappedFile::MappedFile(std::string path, std::span<const std::byte> bytes) : path_(std::move(path)), bytes_(bytes) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: a pipe of that name must not hold us up before it is refused.
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) throw IoError(path, "opening", errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) throw IoError(path, "opening", errno);
  check_regular(path, status);
  const auto size = static_cast<std::size_t>(status.st_size);
  std::span<const std::byte> bytes;
  if (size > 0) {
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
    if (address == MAP_FAILED) throw IoError(path, "mapping", errno);
    bytes = {static_cast<const std::byte*>(address), size};
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(path, bytes));
}

}  // namespace namesake::base
