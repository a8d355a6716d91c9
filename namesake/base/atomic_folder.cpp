#include "namesake/base/atomic_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace namesake::base {
namespace {

namespace fs = std::filesystem;

constexpr int kMostTries = 16;  // others may save to the same place meanwhile
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

// Two names in one folder change places. -1 with EINVAL where that cannot be done.
int exchange([[maybe_unused]] int folder, [[maybe_unused]] const std::string& a, [[maybe_unused]] const std::string& b) noexcept {
  errno = fault_at(FaultStep::kExchange);
  if (errno != 0) return -1;
#ifdef RENAME_EXCHANGE
  return ::renameat2(folder, a.c_str(), folder, b.c_str(), RENAME_EXCHANGE);
#else
  errno = EINVAL;
  return -1;
#endif
}

bool is_unknown_here(int error) noexcept { return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP; }

}  // namespace

AtomicFolder::AtomicFolder(const std::string& target, const std::function<void(const std::string& folder)>& check)
    : target_(target, SaveTarget::Kind::kFolder) {
  if (target_.replaces()) check(target_.path());
  if (const int error = fault_at(FaultStep::kCreate); error != 0) target_.fail("saving", error);
  for (unsigned n = 0;; ++n) {
    name_ = target_.temporary_name(n);
    if (::mkdirat(target_.folder(), name_.c_str(), target_.creation_mode()) != 0) {
      if (errno == EEXIST) continue;  // another save of this process, at the same time
      const int error = errno;
      name_.clear();
      target_.fail("saving", error);
    }
    folder_ = Descriptor(::openat(target_.folder(), name_.c_str(), kFolderFlags));
    if (folder_.get() >= 0 && claim_temporary(folder_.get())) break;
    if (folder_.get() < 0 && errno != ENOENT) target_.fail("saving", errno);
  }
  path_ = target_.in_folder(name_);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!name_.empty()) fs::remove_all(target_.in_folder(name_), ignored);
}

void AtomicFolder::make_folder(const std::string& name) const {
  target_.run_step(FaultStep::kCreate, "saving", [&] { return ::mkdirat(folder_.get(), name.c_str(), target_.creation_mode()); });
}

// Owners and permission bits of all that is in the folder `inner`, as the equal names in the old folder have them; and each folder on disk.
void AtomicFolder::finish(const std::string& inner) const {
  const fs::path here = fs::path(path_) / inner, old = fs::path(target_.path()) / inner;
  std::error_code error;
  fs::directory_iterator entry(here, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    struct stat status {};
    if (target_.replaces() && ::lstat((old / name).c_str(), &status) == 0) {
      target_.run_step(FaultStep::kPermissions, "keeping the permissions", [&] {
        const Descriptor made(::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        return made.get() < 0 ? -1 : give_permissions(made.get(), {status.st_mode & 07777U, status.st_uid, status.st_gid});
      });
    }
    if (entry->is_directory()) finish((fs::path(inner) / name).string());
  }
  if (error) target_.fail("reading what was written", error.value());
  const Descriptor folder(::open(here.c_str(), kFolderFlags));
  target_.run_step(FaultStep::kSync, "flushing to disk", [&] { return folder.get() >= 0 && (::fsync(folder.get()) == 0 || errno == EINVAL) ? 0 : -1; });
}

void AtomicFolder::commit() {
  finish("");
  target_.keep_permissions(folder_.get());
  target_.run_step(FaultStep::kRename, "renaming the finished folder into its place", [&] { return take_place(); });
  target_.flush_folder();
}

int AtomicFolder::take_place() noexcept {
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (exchange(target_.folder(), name_, target_.name()) == 0) return 0;  // the old one has the name of the temporary now
    if (is_unknown_here(errno)) return make_way();
    if (errno != ENOENT) return -1;
    if (::renameat(target_.folder(), name_.c_str(), target_.folder(), target_.name().c_str()) == 0) {
      name_.clear();
      return 0;
    }
    if (errno != ENOTEMPTY && errno != EEXIST) return -1;
  }
  return -1;
}

// The old folder is moved aside first.
int AtomicFolder::make_way() noexcept {
  const int folder = target_.folder();
  for (unsigned n = 0; n < kMostTries; ++n) {
    const std::string aside = target_.aside_name(n);
    old_ = Descriptor(::openat(folder, target_.name().c_str(), kFolderFlags));
    const bool there = old_.get() >= 0 && claim_temporary(old_.get());
    if (there && ::renameat(folder, target_.name().c_str(), folder, aside.c_str()) != 0) {
      if (errno == ENOTEMPTY || errno == EEXIST) continue;
      return -1;
    }
    if (::renameat(folder, name_.c_str(), folder, target_.name().c_str()) == 0) {
      name_ = there ? aside : std::string();
      return 0;
    }
    const int error = errno;
    if (there) static_cast<void>(::renameat(folder, aside.c_str(), folder, target_.name().c_str()));
    errno = error;
    if (error != ENOTEMPTY && error != EEXIST) return -1;
  }
  return -1;
}

}  // namespace namesake::base
