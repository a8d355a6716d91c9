#include "namesake/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "namesake/base/descriptor.h"
#include "namesake/base/error.h"
#include "namesake/base/parallel_for.h"

namespace namesake::base {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // what one core reads at a time

void check_regular(const std::string& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) throw IoError(path, "reading", EISDIR, "give the path of a file");
  if (!S_ISREG(status.st_mode)) throw IoError(path, "mapping", ENODEV, "give the path of a file on disk");
}

void read_piece(const std::string& path, int file, std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError(path, "reading", errno);
    if (got == 0) throw IoError(path, "reading", EIO, "the file became shorter while it was read: load it again once it is whole");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

MappedFile::MappedFile(std::string path, Descriptor descriptor, std::span<const std::byte> bytes)
    : path_(std::move(path)), descriptor_(std::move(descriptor)), bytes_(bytes) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: a pipe of that name must not hold us up before it is refused.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
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
  return std::shared_ptr<const MappedFile>(new MappedFile(path, std::move(descriptor), bytes));
}

void MappedFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  const std::size_t pieces = (out.size() + kPiece - 1) / kPiece;
  parallel_for(static_cast<std::int64_t>(pieces), [&](std::int64_t i) {
    const std::size_t begin = static_cast<std::size_t>(i) * kPiece;
    read_piece(path_, descriptor_.get(), offset + begin, out.subspan(begin, std::min(kPiece, out.size() - begin)));
  });
}

}  // namespace namesake::base
