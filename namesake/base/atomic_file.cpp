#include "namesake/base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/base/size_limit.h"

namespace namesake::base {
namespace {

constexpr std::size_t kSlice = std::size_t{8} << 20;  // bytes that are written at a time

// The disk begins with what was written while more is; commit() then waits for less. A hint: what fails, fails there again.
void begin_flushing([[maybe_unused]] int file, [[maybe_unused]] std::uint64_t offset, [[maybe_unused]] std::size_t size) noexcept {
#ifdef SYNC_FILE_RANGE_WRITE
  if (size < kSlice) return;
  static_cast<void>(::sync_file_range(file, static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE));
#endif
}

template <class Call>
auto until_not_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

AtomicFile::AtomicFile(const std::string& target) : target_(target) { create(); }

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::create() {
  if (const int error = fault_at(FaultStep::kCreate); error != 0) target_.fail("saving", error);
  for (unsigned n = 0;; ++n) {
    const std::string name = target_.temporary_name(n);
    descriptor_ = Descriptor(
        ::openat(target_.folder(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, target_.creation_mode()));
    if (descriptor_.get() < 0) {
      if (errno == EEXIST) continue;  // another save of this process, at the same time
      target_.fail("saving", errno);
    }
    if (!claim_temporary(descriptor_.get())) continue;
    temporary_ = name;
    // The lock must outlive descriptor_, which is closed before the file is renamed.
    lock_ = Descriptor(::fcntl(descriptor_.get(), F_DUPFD_CLOEXEC, 0));
    if (lock_.get() >= 0) return;
    const int error = errno;
    discard();
    target_.fail("saving", error);
  }
}

void AtomicFile::discard() noexcept {
  if (!temporary_.empty()) ::unlinkat(target_.folder(), temporary_.c_str(), 0);
  temporary_.clear();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write_at(position_, bytes);
  position_ += bytes.size();
}

void AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (const int error = fault_at(FaultStep::kWrite); error != 0) target_.fail("writing", error);
    if (exceeds_size_limit(offset + bytes.size())) target_.fail("writing", EFBIG);
    const ssize_t written = until_not_interrupted(
        [&] { return ::pwrite(descriptor_.get(), bytes.data(), std::min(bytes.size(), kSlice), static_cast<off_t>(offset)); });
    if (written <= 0) target_.fail("writing", written < 0 ? errno : EIO);
    begin_flushing(descriptor_.get(), offset, static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  constexpr const char* kDoing = "reading back what was written";
  while (!out.empty()) {
    if (const int error = fault_at(FaultStep::kReadBack); error != 0) target_.fail(kDoing, error);
    const ssize_t got = until_not_interrupted(
        [&] { return ::pread(descriptor_.get(), out.data(), out.size(), static_cast<off_t>(offset)); });
    if (got <= 0) target_.fail(kDoing, got < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t AtomicFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) target_.fail("saving", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void AtomicFile::finish() {
  if (finished_) return;
  target_.keep_permissions(descriptor_.get());
  target_.run_step(FaultStep::kSync, "flushing to disk",
                   [&] { return until_not_interrupted([&] { return ::fsync(descriptor_.get()); }); });
  target_.run_step(FaultStep::kClose, "closing", [&] { return errno = descriptor_.close(); });
  finished_ = true;
}

void AtomicFile::commit() {
  finish();
  target_.rename_here(target_.folder(), temporary_);
  temporary_.clear();
  target_.flush_folder();
}

void AtomicFile::commit_as(const std::string& path) {
  finish();
  target_.run_step(FaultStep::kRename, "renaming the finished file",
                   [&] { return ::renameat(target_.folder(), temporary_.c_str(), AT_FDCWD, path.c_str()); });
  temporary_.clear();
  target_.flush_folder();
}

bool replace_by_link(const std::string& path, const std::string& file) {
  const SaveTarget target(path);
  std::string name;
  int error = fault_at(FaultStep::kRename);
  for (unsigned n = 0; error == 0 && name.empty(); ++n) {
    const std::string free = target.temporary_name(n);
    if (::linkat(AT_FDCWD, file.c_str(), target.folder(), free.c_str(), 0) == 0) {
      name = free;
    } else if (errno != EEXIST) {
      error = errno;
    }
  }
  if (error == 0 && ::renameat(target.folder(), name.c_str(), target.folder(), target.name().c_str()) != 0) {
    error = errno;
    ::unlinkat(target.folder(), name.c_str(), 0);
  }
  if (error == 0) target.flush_folder();
  return error == 0;
}

FolderLock::FolderLock(const std::string& file_in_it, std::chrono::milliseconds patience) {
  const std::filesystem::path folder = std::filesystem::path(file_in_it).parent_path();
  folder_ = Descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (folder_.get() >= 0 && !held_) {
    held_ = ::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0;
    if (held_ || errno != EWOULDBLOCK || std::chrono::steady_clock::now() > end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace namesake::base
