// AtomicFile: saving that is all or nothing. What is written goes to a temporary file beside the target; commit()
// flushes it to disk and renames it over the target. Whatever fails before that (a full disk, an exception, a kill),
// the old file stands there whole, and the temporary is removed: by the destructor, or, after a kill, by the next save
// of the same target.
//   AtomicFile file("model.keras");
//   file.write(bytes);
//   file.commit();
#pragma once

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
  /// Commits files that belong together, in this order. If one cannot take its place, those that did give theirs back: all are new or
  /// all are old. (A kill between two renames can still part them: what reads such files must notice.)
  static void commit_together(std::span<AtomicFile* const> files);

 private:
  void finish();
  void take_place();
  void restore_old() noexcept;
  void create();
  void discard() noexcept;

  SaveTarget target_;
  std::string temporary_;  // its name; "" once renamed or removed
  std::string kept_;       // of commit_together: another name of the old file, "" if there is none
  Descriptor descriptor_;
  Descriptor lock_;        // says that the temporary is in use
  std::uint64_t position_ = 0;
};

/// Writes `bytes` to `path`, all or nothing.
NAMESAKE_API void write_file_atomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace namesake::base
