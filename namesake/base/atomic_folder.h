// AtomicFolder: a folder that is saved all or nothing, as AtomicFile does it for a file. It is filled beside the target, flushed to disk, and
// takes the target's place in one step, so that nothing of an older save is left in it.
//   AtomicFolder folder("model_0", [](const std::string& there) { ... });   // throws if what is there must not be replaced
//   folder.make_folder("variables");
//   write_file_atomically(folder.path() + "/variables/x", bytes);
//   folder.commit();
#pragma once

#include <functional>
#include <string>

#include "namesake/base/export.h"
#include "namesake/base/save_target.h"

namespace namesake::base {

class NAMESAKE_API AtomicFolder {
 public:
  /// Makes a folder `.NAME.namesake-PID-N.tmp` beside the target (or beside what it leads to, if it is a link). `check` is called with the
  /// path of a folder that is there, and throws if it must not be replaced. Throws IoError if the target's folder is missing or closed to
  /// us, if a name is too long, or if the target is there and is no folder, or write-protected.
  AtomicFolder(const std::string& target, const std::function<void(const std::string& folder)>& check);
  /// Without commit(): removes what was written; the target is as it was. After a kill the next save of the target does it.
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Where to write.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// The folder that commit() replaces: links followed.
  [[nodiscard]] const std::string& target_path() const noexcept { return target_.path(); }
  /// Makes a folder in it.
  void make_folder(const std::string& name) const;
  /// Gives what was written the owners and permission bits of what it replaces, flushes the folders (files must be on disk, as all that
  /// AtomicFile wrote is), puts the folder in the target's place and removes the old one. Throws IoError; the old folder is then whole,
  /// except if flushing the folder around it was what failed: then the new one is. Where the file system cannot exchange two names
  /// (NFS, for one), the target is missing for a moment; if a kill comes then, the next save of the target brings the old one back first.
  void commit();

 private:
  void finish(const std::string& inner) const;
  [[nodiscard]] int take_place() noexcept;
  [[nodiscard]] int make_way() noexcept;

  SaveTarget target_;
  std::string name_;   // of what is to be removed in the end; "" if there is nothing
  std::string path_;
  Descriptor folder_;  // open and locked
  Descriptor old_;     // of what made way: open and locked
};

}  // namespace namesake::base
