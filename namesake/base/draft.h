// Draft: a file that is written, looked at, and only then takes the place of another, all or nothing as with AtomicFile.
// It is for files whose writer opens them by path, and for those who want to read back what was written first.
//   Draft draft("model.keras");
//   model.save(draft.path());
//   ...                                  // read draft.path(), and throw if it is not right
//   draft.commit();
#pragma once

#include <string>

#include "namesake/base/export.h"
#include "namesake/base/save_target.h"

namespace namesake::base {

class NAMESAKE_API Draft {
 public:
  /// Makes a folder `.NAME.namesake-PID-N.tmp` beside the target (or beside what it leads to, if it is a link). Throws
  /// IoError as AtomicFile does.
  explicit Draft(const std::string& target);
  /// Without commit(): removes the draft; the target is as it was. After a kill the next save of the target does it.
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  /// Where to write: a file in the folder, of the name that was asked for (not of what it leads to, if it is a link).
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Gives the draft the owner and permission bits of the old file, renames it over the target and flushes the folder.
  /// The draft must be on disk, as all that AtomicFile wrote is. Throws IoError, as AtomicFile::commit() does.
  void commit();

 private:
  SaveTarget target_;
  std::string name_;  // of the folder
  std::string path_;
  Descriptor folder_;  // open and locked
};

}  // namespace namesake::base
