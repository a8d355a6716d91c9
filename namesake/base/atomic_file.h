// AtomicFile: saving that is all or nothing. What is written goes to a temporary file beside the target; commit()
// flushes it to disk and renames it over the target. Whatever fails before that (a full disk, an exception, a kill),
// the old file stands there whole, and the temporary is removed: by the destructor, or, after a kill, by the next save
// of the same target.
//   AtomicFile file("model.keras");
//   file.write(bytes);
//   file.commit();
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "namesake/base/descriptor.h"
#include "namesake/base/export.h"
#include "namesake/base/save_target.h"

namespace namesake::base {

class NAMESAKE_API AtomicFile {
 public:
  /// Creates the temporary `.NAME.namesake-PID-N.tmp` in the target's folder. If `target` is a symbolic link, the file
  /// that it leads to is the target, and the link stays. Throws IoError if the target's folder is missing or closed to us,
  /// if a name is too long, or if the target is there and is a folder, a device or a pipe, or write-protected.
  explicit AtomicFile(const std::string& target);
  /// Without commit(): removes the temporary; the target is as it was.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends at position(). Throws IoError.
  void write(std::span<const std::byte> bytes);
  /// Writes at `offset`, leaving position() alone; a gap before it reads as zeros. Throws IoError.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Where the next write() goes.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  void seek(std::uint64_t position) noexcept { position_ = position; }
  /// Reads exactly `out.size()` bytes back from `offset`. Throws IoError.
  void read_at(std::uint64_t offset, std::span<std::byte> out) const;
  /// Bytes in the temporary so far.
  [[nodiscard]] std::uint64_t size() const;

  /// The file that commit() replaces: links followed.
  [[nodiscard]] const std::string& target_path() const noexcept { return target_.path(); }

  /// Flushes to disk, gives the new file the permission bits and, where it may, the owner of the old one, renames it over the target and flushes the
  /// folder. Throws IoError; the old file is then whole, except if flushing the folder was what failed: then the new
  /// one is.
  void commit();
  /// The part of it that takes long, and may be done before: permissions, and everything on disk.
  void finish();
  /// commit(), but to another place on the same disk: what stands at the target stays.
  void commit_as(const std::string& path);

 private:
  void create();
  void discard() noexcept;

  SaveTarget target_;
  std::string temporary_;  // its name; "" once renamed or removed
  bool finished_ = false;
  Descriptor descriptor_;
  Descriptor lock_;        // says that the temporary is in use
  std::uint64_t position_ = 0;
};

/// Makes `path` another name (a hard link) of `file`, at once, whatever stood there. False if the file system cannot do that.
[[nodiscard]] NAMESAKE_API bool replace_by_link(const std::string& path, const std::string& file);

/// Of all that save files which belong together, one at a time in a folder. It ends with the object, or the process.
class NAMESAKE_API FolderLock {
 public:
  /// Waits for it as long as `patience`; no longer, since a caller of ours may hold a lock on the folder himself.
  explicit FolderLock(const std::string& file_in_it, std::chrono::milliseconds patience = std::chrono::milliseconds(500));
  /// False if others went on, or the file system has no locks.
  [[nodiscard]] bool held() const noexcept { return held_; }

 private:
  Descriptor folder_;
  bool held_ = false;
};

/// Writes `bytes` to `path`, all or nothing.
NAMESAKE_API void write_file_atomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace namesake::base
