#include "namesake/base/draft.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace namesake::base {

namespace fs = std::filesystem;

Draft::Draft(const std::string& target) : target_(target) {
  if (const int error = fault_at(FaultStep::kCreate); error != 0) target_.fail("saving", error);
  for (unsigned n = 0;; ++n) {
    name_ = target_.temporary_name(n);
    if (::mkdirat(target_.folder(), name_.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;  // another save of this process, at the same time
      target_.fail("saving", errno);
    }
    folder_ = Descriptor(::openat(target_.folder(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder_.get() >= 0 && claim_temporary(folder_.get())) break;
    if (folder_.get() < 0 && errno != ENOENT) target_.fail("saving", errno);
  }
  path_ = (fs::path(target_.in_folder(name_)) / fs::path(target).filename()).string();
}

Draft::~Draft() {
  std::error_code ignored;
  fs::remove_all(target_.in_folder(name_), ignored);
}

void Draft::commit() {
  const std::string file = fs::path(path_).filename().string();
  {
    const Descriptor draft(::openat(folder_.get(), file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (draft.get() < 0) target_.fail("opening what was written", errno);
    target_.keep_permissions(draft.get());
  }
  target_.rename_here(folder_.get(), file);
  target_.flush_folder();
}

}  // namespace namesake::base
