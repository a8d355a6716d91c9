// PartSums: checksums of the large parts of a file that is being written, taken while their bytes are at hand: to read a gigabyte of
// weights back for its checksum would take as long again as to write it.
//   PartSums sums;   Hdf5FileSink sink(file, offset, &sums);   ...   sums.crc(file, offset, size)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "namesake/base/atomic_file.h"
#include "namesake/base/export.h"

namespace namesake::formats {

class NAMESAKE_API PartSums {
 public:
  static constexpr std::size_t kLarge = 1 << 16;  // bytes; smaller parts are read back

  /// Writes `bytes` at `offset` of `file`. What was known of bytes that they take the place of is forgotten.
  void write(base::AtomicFile& file, std::uint64_t offset, std::span<const std::byte> bytes);
  /// The CRC-32 of `size` bytes of `file` from `offset` on; those of unknown parts are read. Throws IoError.
  [[nodiscard]] std::uint32_t crc(const base::AtomicFile& file, std::uint64_t offset, std::uint64_t size) const;

 private:
  struct Part {
    std::uint64_t size;
    std::uint32_t crc;
  };
  void forget(std::uint64_t offset, std::uint64_t size);

  std::map<std::uint64_t, Part> parts_;  // by offset; none overlaps another
};

}  // namespace namesake::formats
