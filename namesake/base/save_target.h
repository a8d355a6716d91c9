// SaveTarget: the place that a save goes to. It finds the file that a path means, refuses what cannot be saved to before
// anything is written, names what is written beside it in the meantime, removes what killed saves left of that, and puts
// the finished file in place. AtomicFile, AtomicFolder and Draft are made of it.
//
// What is written beside the target is called `.NAME.namesake-PID-N.tmp`. Its maker holds a lock on it (flock) as long as
// it lives: a process number would not do, since another machine or container that saves to the same folder has its own.
// A folder that makes way for another where the two cannot be exchanged is called `.NAME.namesake-PID-N.old` for a moment; if a kill leaves
// it so, the next save gives it its name back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "namesake/base/descriptor.h"
#include "namesake/base/fault.h"

namespace namesake::base {

/// Owner and permission bits, as one file or folder gives them to another.
struct Permissions {
  std::uint32_t mode = 0, owner = 0, group = 0;
};
/// Gives them to what is open, the owner where the system lets us. Returns 0, or -1 with errno.
[[nodiscard]] int give_permissions(int descriptor, const Permissions& permissions) noexcept;

class SaveTarget {
 public:
  enum class Kind : std::uint8_t { kFile, kFolder };

  /// Follows the links of `path`, and removes what killed saves of the same file left. Throws IoError if the folder is
  /// missing or closed to us, if a name is too long, or if the target is there and is a folder, a device or a pipe, or
  /// write-protected. With kFolder the same of a folder: if the target is there and is no folder, or write-protected.
  explicit SaveTarget(const std::string& path, Kind kind = Kind::kFile);

  /// The file that is saved, links followed.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Its folder, open; names of temporaries are relative to it.
  [[nodiscard]] int folder() const noexcept { return folder_descriptor_.get(); }
  /// `path` of something in the folder.
  [[nodiscard]] std::string in_folder(const std::string& name) const;

  /// A name for the N-th temporary of this process.
  [[nodiscard]] std::string temporary_name(unsigned n) const;
  /// What a folder that makes way is called in the meantime.
  [[nodiscard]] std::string aside_name(unsigned n) const;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Whether there is something to be replaced.
  [[nodiscard]] bool replaces() const noexcept { return replaces_; }
  /// The mode to create a temporary with: never more open than what it will replace.
  [[nodiscard]] std::uint32_t creation_mode() const noexcept;
  /// Gives a finished file the owner (where the system lets us) and the permission bits of the one that it replaces.
  void keep_permissions(int descriptor) const;
  /// Renames `name`, relative to `from_folder`, over the target.
  void rename_here(int from_folder, const std::string& name) const;
  /// Makes the renaming last: flushes the folder to disk.
  void flush_folder() const;

  /// Throws IoError about the target unless `call()` is 0, or if a test lets `step` fail.
  void run_step(FaultStep step, const char* doing, const auto& call) const {
    int error = fault_at(step);
    if (error == 0 && call() != 0) error = last_error();
    if (error != 0) fail(doing, error);
  }
  [[noreturn]] void fail(const char* doing, int error) const;

 private:
  [[nodiscard]] static int last_error() noexcept;
  void check_target();
  void sweep() const;
  void put_back(const std::string& aside) const;

  Kind kind_;
  std::string path_;
  std::string name_;         // its last component
  std::string folder_name_;
  Descriptor folder_descriptor_;
  Permissions old_;          // of what is there
  bool replaces_ = false;    // there is an old file
};

/// Removes a file or folder that nobody holds a lock on: its maker is dead, since he lets go of the lock only when he is done with the name.
void remove_if_left(const std::filesystem::path& path);

/// Takes the lock that says "in use" on a temporary just made. False if another save took it for litter meanwhile, and
/// removed it: make another one. True, too, on a file system without locks; nobody removes anything there.
[[nodiscard]] bool claim_temporary(int descriptor);

}  // namespace namesake::base
