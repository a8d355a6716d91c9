// ZipReader: the entries of a zip archive that lies in memory: all of them, those with equal names too, in the order of
// the archive's directory. A stored entry is used where it lies. (libzip gives no offsets, so it could only copy: this
// is our own reader, with zlib to inflate.)
//   ZipReader zip(file->bytes(), file->path());
//   for (const ZipEntry& entry : zip.entries()) zip.read(entry, buffer);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"

namespace namesake::formats {

struct ZipEntry {
  std::string name;               // UTF-8; other bytes as \xNN
  std::uint64_t size = 0;         // of the content
  std::uint64_t stored_size = 0;  // in the archive
  std::uint64_t header_offset = 0;
  std::uint64_t data_offset = 0;  // of the stored bytes, in the span
  std::uint32_t crc = 0;          // of the content
  std::uint16_t method = 0;       // 0 stored, 8 deflated
  bool encrypted = false;
  std::string unsafe;  // "" or why no file may be made of that name: "leaves its folder"
};

class NAMESAKE_API ZipReader {
 public:
  /// Reads the directory. `bytes` must outlive this object; `file_name` is for messages. Throws FormatError if this is
  /// no zip archive, a damaged one, or one whose entries lie over each other; Unsupported for a part of a split
  /// archive.
  ZipReader(std::span<const std::byte> bytes, std::string file_name);

  /// True if `bytes` begin as a zip archive does.
  [[nodiscard]] static bool looks_like_zip(std::span<const std::byte> bytes) noexcept;

  [[nodiscard]] const std::vector<ZipEntry>& entries() const noexcept { return entries_; }
  /// The last entry of that name, which is the one that Python (so Keras) takes; nullptr if there is none.
  [[nodiscard]] const ZipEntry* find(std::string_view name) const noexcept;

  /// The content where it lies, if it is stored as it is. Its checksum is not looked at.
  [[nodiscard]] std::optional<std::span<const std::byte>> mapped(const ZipEntry& entry) const noexcept;
  /// Fills `out`, which must have entry.size bytes, with the content, and checks the checksum. Throws FormatError if
  /// the content is damaged, or inflates beyond reason; Unsupported for encryption and for methods other than these
  /// two.
  void read(const ZipEntry& entry, std::span<std::byte> out) const;
  /// The content, as `read` gives it. A size beyond `limit` is a FormatError.
  [[nodiscard]] std::string read_text(const ZipEntry& entry, std::uint64_t limit = std::uint64_t{1} << 30) const;
  /// Throws as `read` would, without giving the content; of a stored entry nothing is copied.
  void check(const ZipEntry& entry) const;
  /// Throws FormatError unless `found` is the checksum of the entry's content.
  void check_crc(const ZipEntry& entry, std::uint32_t found) const;

  [[nodiscard]] const std::string& file_name() const noexcept { return file_name_; }

 private:
  void check_readable(const ZipEntry& entry) const;

  std::span<const std::byte> bytes_;
  std::string file_name_;
  std::vector<ZipEntry> entries_;
};

}  // namespace namesake::formats
