// ZipWriter: a zip archive of stored entries, written into an AtomicFile. (libzip wants every entry finished before it
// begins, so weights would be written twice. Here an HDF5 part that was written in place becomes an entry where it
// lies.) Equal content gives equal bytes: every entry is of 1980-01-01, the zip format's first day.
//   ZipWriter zip(file);
//   zip.add("config.json", text);
//   zip.finish();
//   file.commit();
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/atomic_file.h"
#include "namesake/base/export.h"
#include "namesake/formats/container/part_sums.h"

namespace namesake::formats {

class NAMESAKE_API ZipWriter {
 public:
  /// Sizes and offsets from `zip64_from` on are written in zip64 fields. Lower values are for tests.
  explicit ZipWriter(base::AtomicFile& file, std::uint64_t zip64_from = 0xFFFFFFFF);

  /// Appends an entry. Throws NameCollision if the archive has an entry of that name, InvalidName for an empty one or
  /// one of more than 65,535 bytes, IoError.
  void add(std::string_view name, std::span<const std::byte> content) { add(name, {content}); }
  /// The same for content in several pieces.
  void add(std::string_view name, std::initializer_list<std::span<const std::byte>> pieces);
  void add(std::string_view name, std::string_view content) { add(name, std::as_bytes(std::span(content))); }

  /// Makes an entry of the `size` bytes that stand in the file at `offset` already: its header is laid into the room
  /// that was left before them, filled up by an extra field. Throws InvalidArgument if that room (from the end of the
  /// last entry to `offset`) is smaller than room_for(name) or larger than 64 KiB. `sums`: what is known of the content.
  void add_in_place(std::string_view name, std::uint64_t offset, std::uint64_t size, const PartSums& sums = {});
  /// Bytes that add_in_place needs before the content.
  [[nodiscard]] static std::uint64_t room_for(std::string_view name) noexcept;

  /// Where the next entry's header goes.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  /// Writes the directory; nothing can be added after it.
  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint64_t size;
    std::uint64_t header_offset;
    std::uint32_t crc;
  };

  void check_name(std::string_view name) const;
  void write_header(const Entry& entry, std::uint64_t room);
  [[nodiscard]] bool in64(std::uint64_t value) const noexcept { return value >= zip64_from_; }

  base::AtomicFile& file_;
  std::uint64_t zip64_from_;
  std::uint64_t position_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace namesake::formats
