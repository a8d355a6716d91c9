#include "namesake/base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"

namespace namesake::base {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;                  // what Linux follows itself
constexpr std::size_t kMaxNameInLitter = 180;  // a file name has at most 255 bytes, and ours adds up to 40
constexpr std::string_view kSuffix = ".tmp";

fs::path follow_links(const std::string& target) {
  fs::path path(target);
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    if (links == kMaxLinks) throw IoError(target, "following the link", ELOOP);
    const fs::path next = fs::read_symlink(path, error);
    if (error) throw IoError(target, "following the link", error.value());
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path;
}

// What all temporaries of one target begin with.
std::string litter_prefix(const fs::path& target) {
  return fmt::format(".{}.namesake-", target.filename().string().substr(0, kMaxNameInLitter));
}

// The process that a temporary's name belongs to; 0 if the name is not one of ours.
pid_t owner_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return 0;
  const std::string_view numbers = name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size());
  const std::size_t dash = numbers.find('-');
  if (dash == std::string_view::npos) return 0;
  const auto is_number = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!is_number(numbers.substr(0, dash)) || !is_number(numbers.substr(dash + 1))) return 0;
  pid_t owner = 0;
  const auto [end, error] = std::from_chars(numbers.data(), numbers.data() + dash, owner);
  return error == std::errc() && end == numbers.data() + dash ? owner : 0;
}

bool is_dead(pid_t process) { return ::kill(process, 0) != 0 && errno == ESRCH; }

// Removes what killed processes left beside this target. A folder that cannot be listed is not an error: saving may
// still work.
void sweep_litter(const fs::path& folder, std::string_view prefix) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const pid_t owner = owner_of(entry->path().filename().string(), prefix);
    if (owner > 0 && is_dead(owner)) ::unlink(entry->path().c_str());
  }
}

template <class Call>
ssize_t until_not_interrupted(Call call) {
  ssize_t result = 0;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

void run_step(FaultStep step, const std::string& file, const char* doing, const auto& call) {
  int error = fault_at(step);
  if (error == 0 && call() != 0) error = errno;
  if (error != 0) throw IoError(file, doing, error);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& target) {
  const fs::path path = follow_links(target);
  if (!path.has_filename()) throw IoError(target, "saving", EISDIR, "give the path of a file, not of a folder");
  target_ = path.string();
  folder_ = path.has_parent_path() ? path.parent_path().string() : ".";
  struct stat status {};
  if (::stat(target_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) throw IoError(target, "saving", EISDIR, "give the path of a file, not of a folder");
    if (!S_ISREG(status.st_mode)) throw IoError(target, "saving", EINVAL, "give the path of a file on disk");
    if (::faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) throw IoError(target, "saving", errno);
    replaces_ = true;
    mode_ = status.st_mode & 07777U;
  }
  folder_descriptor_ = Descriptor(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder_descriptor_.get() < 0) {
    const int error = errno;
    throw IoError(folder_, "opening the folder to save in", error, error == ENOENT ? "create the folder first" : "");
  }
  sweep_litter(folder_, litter_prefix(path));
  create();
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::create() {
  if (const int error = fault_at(FaultStep::kCreate); error != 0) throw IoError(target_, "saving", error);
  const std::string prefix = litter_prefix(target_);
  // Never more open than the old file while it is written; umask applies to a new one as it does to any file.
  const mode_t mode = replaces_ ? (mode_ & 0666U) | 0600U : 0666U;
  for (unsigned n = 0;; ++n) {
    temporary_ = (fs::path(folder_) / fmt::format("{}{}-{}{}", prefix, ::getpid(), n, kSuffix)).string();
    descriptor_ = Descriptor(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (descriptor_.get() >= 0) return;
    const int error = errno;
    if (error == EEXIST) continue;  // another save of this process, at the same time
    temporary_.clear();             // not ours to remove
    throw IoError(target_, "saving", error);
  }
}

void AtomicFile::discard() noexcept {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write_at(position_, bytes);
  position_ += bytes.size();
}

void AtomicFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (const int error = fault_at(FaultStep::kWrite); error != 0) throw IoError(target_, "writing", error);
    const ssize_t written = until_not_interrupted(
        [&] { return ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (written <= 0) throw IoError(target_, "writing", written < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got = until_not_interrupted(
        [&] { return ::pread(descriptor_.get(), out.data(), out.size(), static_cast<off_t>(offset)); });
    if (got <= 0) throw IoError(temporary_, "reading back", got < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t AtomicFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) throw IoError(temporary_, "saving", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void AtomicFile::commit() {
  if (replaces_) {
    run_step(FaultStep::kPermissions, target_, "keeping the permissions",
             [&] { return ::fchmod(descriptor_.get(), mode_); });
  }
  run_step(FaultStep::kSync, target_, "flushing to disk", [&] { return ::fsync(descriptor_.get()); });
  run_step(FaultStep::kClose, target_, "closing", [&] { return errno = descriptor_.close(); });
  run_step(FaultStep::kRename, target_, "renaming the finished file over the old one",
           [&] { return ::rename(temporary_.c_str(), target_.c_str()); });
  temporary_.clear();
  run_step(FaultStep::kSyncFolder, folder_, "flushing the folder of the saved file to disk", [&] {
    // Some file systems cannot flush a folder, and say so by EINVAL: nothing more can be done there.
    return ::fsync(folder_descriptor_.get()) == 0 || errno == EINVAL || errno == EROFS ? 0 : -1;
  });
}

void write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace namesake::base
