#include "namesake/base/save_target.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "namesake/base/error.h"

namespace namesake::base {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;                  // what Linux follows itself
constexpr std::size_t kMaxNameInLitter = 180;  // a file name has at most 255 bytes, and ours adds up to 40
constexpr std::string_view kSuffix = ".tmp", kAsideSuffix = ".old";
constexpr const char* kNotAFolder = "give the path of a file, not of a folder";

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
std::string litter_prefix(std::string_view name) {
  return fmt::format(".{}.namesake-", name.substr(0, kMaxNameInLitter));
}

// PREFIX, two numbers with a dash between them, SUFFIX.
bool is_temporary(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() < prefix.size() + suffix.size()) return false;
  const std::string_view numbers = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  const std::size_t dash = numbers.find('-');
  const auto is_number = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return dash != std::string_view::npos && is_number(numbers.substr(0, dash)) && is_number(numbers.substr(dash + 1));
}

bool is_at(int descriptor, const fs::path& path) {
  struct stat open {}, there {};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &there) == 0 && open.st_dev == there.st_dev &&
         open.st_ino == there.st_ino;
}

// Opens and locks a file or folder that nobody holds a lock on. Its maker is then dead: it lets go of the lock only after the
// name is gone. Nothing is open if somebody lives.
Descriptor take_left(const fs::path& path) {
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  Descriptor left(::open(path.c_str(), O_RDWR | kFlags));  // NFS locks only what is open for writing
  if (left.get() < 0 && errno == EISDIR) left = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | kFlags));
  if (left.get() < 0 || ::flock(left.get(), LOCK_EX | LOCK_NB) != 0 || !is_at(left.get(), path)) return {};
  return left;
}

// "model_0/" is the folder model_0.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

SaveTarget::SaveTarget(const std::string& path, Kind kind) : kind_(kind) {
  if (path.empty()) throw IoError("\"\"", "saving", ENOENT, kind == Kind::kFile ? "give the path of a file" : "give the path of a folder");
  const fs::path file = follow_links(kind == Kind::kFile ? path : without_slash(path));
  if (!file.has_filename()) throw IoError(path, "saving", EISDIR, kNotAFolder);
  if (kind == Kind::kFolder && (file.filename() == "." || file.filename() == "..")) throw IoError(path, "saving", EINVAL, "give the folder a name");
  path_ = file.string();
  name_ = file.filename().string();
  folder_name_ = file.has_parent_path() ? file.parent_path().string() : ".";
  folder_descriptor_ = Descriptor(::open(folder_name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder_descriptor_.get() < 0) {
    const int error = errno;
    throw IoError(path, fmt::format("opening the folder \"{}\" to save in", folder_name_), error,
                  error == ENOENT ? "create the folder first" : "");
  }
  sweep();
  check_target();
}

void SaveTarget::check_target() {
  struct stat status {};
  if (::fstatat(folder(), name_.c_str(), &status, 0) != 0) {
    if (errno != ENOENT) fail("saving", errno);
    return;
  }
  if (kind_ == Kind::kFolder) {
    if (!S_ISDIR(status.st_mode)) throw IoError(path_, "saving a folder", ENOTDIR, "there is a file of this name: give the folder another one, or remove the file");
  } else {
    if (S_ISDIR(status.st_mode)) throw IoError(path_, "saving", EISDIR, kNotAFolder);
    if (!S_ISREG(status.st_mode)) throw IoError(path_, "saving", EINVAL, "give the path of a file on disk");
  }
  if (::faccessat(folder(), name_.c_str(), W_OK, AT_EACCESS) != 0) fail("saving", errno);
  replaces_ = true;
  old_ = {status.st_mode & 07777U, status.st_uid, status.st_gid};
}

// A folder that cannot be listed is not an error: saving may still work.
void SaveTarget::sweep() const {
  const std::string prefix = litter_prefix(name_);
  std::error_code error;
  fs::directory_iterator entry(folder_name_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (is_temporary(name, prefix, kSuffix)) remove_if_left(entry->path());
    if (kind_ == Kind::kFolder && is_temporary(name, prefix, kAsideSuffix)) put_back(name);
  }
}

// What made way for a folder that never came; litter if one did.
void SaveTarget::put_back(const std::string& aside) const {
  const fs::path path = in_folder(aside);
  struct stat status {};
  if (::fstatat(folder(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return remove_if_left(path);
  const Descriptor left = take_left(path);
  if (left.get() >= 0) static_cast<void>(::renameat(folder(), aside.c_str(), folder(), name_.c_str()));
}

std::string SaveTarget::in_folder(const std::string& name) const { return (fs::path(folder_name_) / name).string(); }

std::string SaveTarget::temporary_name(unsigned n) const {
  return fmt::format("{}{}-{}{}", litter_prefix(name_), ::getpid(), n, kSuffix);
}

std::string SaveTarget::aside_name(unsigned n) const {
  return fmt::format("{}{}-{}{}", litter_prefix(name_), ::getpid(), n, kAsideSuffix);
}

// umask applies to a new file as it does to any.
std::uint32_t SaveTarget::creation_mode() const noexcept {
  if (kind_ == Kind::kFolder) return replaces_ ? (old_.mode & 0777U) | 0700U : 0777U;
  return replaces_ ? (old_.mode & 0666U) | 0600U : 0666U;
}

void SaveTarget::keep_permissions(int descriptor) const {
  if (replaces_) run_step(FaultStep::kPermissions, "keeping the permissions", [&] { return give_permissions(descriptor, old_); });
}

void SaveTarget::rename_here(int from_folder, const std::string& name) const {
  run_step(FaultStep::kRename, "renaming the finished file into its place",
           [&] { return ::renameat(from_folder, name.c_str(), folder(), name_.c_str()); });
}

void SaveTarget::flush_folder() const {
  run_step(FaultStep::kSyncFolder, "flushing its folder to disk (the new file is there, whole)", [&] {
    // Some file systems cannot flush a folder, and say so by EINVAL: nothing more can be done there.
    return ::fsync(folder()) == 0 || errno == EINVAL || errno == EROFS ? 0 : -1;
  });
}

void SaveTarget::fail(const char* doing, int error) const { throw IoError(path_, doing, error); }

int SaveTarget::last_error() noexcept { return errno; }

int give_permissions(int descriptor, const Permissions& permissions) noexcept {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return -1;
  bool kept = status.st_uid == permissions.owner && status.st_gid == permissions.group;
  if (!kept) kept = ::fchown(descriptor, permissions.owner, permissions.group) == 0;
  if (!kept && status.st_gid != permissions.group) static_cast<void>(!::fchown(descriptor, status.st_uid, permissions.group));
  const std::uint32_t mode = kept ? permissions.mode : permissions.mode & 0777U;  // no right to run as somebody else
  return ::fchmod(descriptor, mode);
}

void remove_if_left(const fs::path& path) {
  const Descriptor left = take_left(path);
  if (left.get() < 0) return;
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

bool claim_temporary(int descriptor) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

}  // namespace namesake::base
