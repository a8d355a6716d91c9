// A table: the file format of LevelDB's sorted tables (db/format, table/), which a checkpoint's index is.
//   data blocks, a metaindex block, an index block, footer
//   block    entries, u32 restart offsets, u32 their number; then, outside of it: u8 compression, u32 masked CRC-32C of both
//   entry    varint bytes shared with the key before, varint further bytes, varint size of the value; these bytes; the value
//   index    one entry a data block: a key not below its last one -> its handle (varint offset, varint size)
//   footer   handles of metaindex and index, zeros up to 40 bytes, u64 0xdb4775248b80fb57
// Our own reader: it checks every number before use, keeps entries with equal keys, and knows where values lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace namesake::formats {

struct TableEntry {
  std::string key;
  std::span<const std::byte> value;  // in the bytes that were given
  std::uint64_t offset = 0;          // of the value
};

inline constexpr std::size_t kTableFooterSize = 48;
inline constexpr std::uint64_t kTableMagic = 0xdb4775248b80fb57U;

/// All entries in file order. `file` is for messages. Throws FormatError if it is no table or damaged, Unsupported for compressed blocks
/// (TensorFlow writes none).
[[nodiscard]] std::vector<TableEntry> read_table(std::span<const std::byte> bytes, const std::string& file);

}  // namespace namesake::formats
