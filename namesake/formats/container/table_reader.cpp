#include "namesake/formats/container/table_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/formats/container/crc32c.h"
#include "namesake/formats/container/varint.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kTrailerSize = 5;       // compression, checksum
constexpr std::size_t kMostKeyBytes = 65536;  // of one key
// Keys share their beginnings, so that few bytes can stand for many: sound indexes unpack to a few times their size.
constexpr std::uint64_t kMostUnpacked = 32;

struct Handle {
  std::uint64_t offset = 0, size = 0;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& file)
      : bytes_(bytes), file_(file), budget_(kMostUnpacked * bytes.size() + 4096), unread_(2 * bytes.size() + 4096) {}

  std::vector<TableEntry> read() {
    std::vector<TableEntry> entries;
    for (const TableEntry& block : entries_of(index_handle())) {
      std::span<const std::byte> rest = block.value;
      std::vector<TableEntry> more = entries_of(take_handle(rest, block.offset));
      entries.insert(entries.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return entries;
  }

 private:
  [[noreturn]] void damaged(std::uint64_t offset, std::string what, std::string expected = "", std::string received = "") const {
    throw FormatError(file_, "", {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)}, offset);
  }

  [[nodiscard]] std::uint64_t offset_of(std::span<const std::byte> part) const { return static_cast<std::uint64_t>(part.data() - bytes_.data()); }

  Handle index_handle() const {
    if (bytes_.size() < kTableFooterSize) {
      damaged(0, "The file is too short for an index of a checkpoint.", fmt::format("at least {} bytes", kTableFooterSize), fmt::format("{} bytes", bytes_.size()));
    }
    const std::span<const std::byte> footer = bytes_.last(kTableFooterSize);
    const std::uint64_t magic = fixed32(footer.subspan(40)) | static_cast<std::uint64_t>(fixed32(footer.subspan(44))) << 32U;
    if (magic != kTableMagic) {
      damaged(offset_of(footer) + 40, "The file is no index of a checkpoint, or was cut off.", fmt::format("{:#x} at its end", kTableMagic), fmt::format("{:#x}", magic));
    }
    std::span<const std::byte> handles = footer.first(40);
    static_cast<void>(take_handle(handles, offset_of(footer)));  // of the metaindex: filters, which a checkpoint has none of
    return take_handle(handles, offset_of(footer));
  }

  Handle take_handle(std::span<const std::byte>& bytes, std::uint64_t offset) const {
    const auto place = take_varint(bytes);
    const auto size = place ? take_varint(bytes) : std::nullopt;
    if (!size) damaged(offset, "The place of a block is damaged.");
    if (*place > bytes_.size() || *size > bytes_.size() - *place || bytes_.size() - *place - *size < kTrailerSize) {
      damaged(offset, "A block lies outside the file.", fmt::format("a place within {} bytes", bytes_.size()), fmt::format("{} bytes at {}", *size, *place));
    }
    return {*place, *size};
  }

  // The content of a block, checked.
  std::span<const std::byte> block(const Handle& handle) {
    if (handle.size > unread_) damaged(handle.offset, "Blocks overlap.");
    unread_ -= handle.size;
    const auto content = bytes_.subspan(handle.offset, handle.size), trailer = bytes_.subspan(handle.offset + handle.size, kTrailerSize);
    const std::uint32_t stored = fixed32(trailer.subspan(1)), real = mask_crc32c(crc32c(0, bytes_.subspan(handle.offset, handle.size + 1)));
    if (stored != real) damaged(handle.offset, "A block of the index is damaged.", fmt::format("checksum {:08x}", stored), fmt::format("{:08x}", real));
    if (trailer[0] != std::byte{0}) {
      throw Unsupported({.subject = file_,
                         .what = fmt::format("{}: the index is compressed.", file_),
                         .expected = "blocks as TensorFlow writes them, without compression",
                         .received = trailer[0] == std::byte{1} ? "Snappy" : fmt::format("compression {}", static_cast<int>(trailer[0]))});
    }
    return content;
  }

  std::vector<TableEntry> entries_of(const Handle& handle) {
    const std::span<const std::byte> content = block(handle);
    if (content.size() < 4) damaged(handle.offset, "A block is too short.");
    const std::uint64_t restarts = fixed32(content.last(4));
    if (restarts > (content.size() - 4) / 4) damaged(handle.offset, "A block has more restart points than it can hold.", "", fmt::format("{}", restarts));
    std::span<const std::byte> rest = content.first(content.size() - 4 - 4 * restarts);
    std::vector<TableEntry> entries;
    std::string key;
    while (!rest.empty()) {
      take_key(rest, key);
      const auto size = value_size_;
      if (size > rest.size()) damaged(offset_of(rest), "A value is longer than its block.");
      entries.push_back({key, rest.first(size), offset_of(rest)});
      rest = rest.subspan(size);
    }
    return entries;
  }

  // The next key takes the place of the one before; value_size_ is set.
  void take_key(std::span<const std::byte>& rest, std::string& key) {
    const std::uint64_t at = offset_of(rest);
    const auto shared = take_varint(rest);
    const auto further = shared ? take_varint(rest) : std::nullopt;
    const auto size = further ? take_varint(rest) : std::nullopt;
    if (!size || *shared > key.size() || *further > rest.size()) damaged(at, "An entry of the index is damaged.");
    const std::uint64_t length = *shared + *further;
    if (length > kMostKeyBytes || length > budget_) damaged(at, "A key of the index is too long.", fmt::format("at most {} bytes", kMostKeyBytes), fmt::format("{} bytes", length));
    budget_ -= length;
    key.resize(*shared);
    key.append(reinterpret_cast<const char*>(rest.data()), *further);
    rest = rest.subspan(*further);
    value_size_ = *size;
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
  std::uint64_t budget_;  // bytes of keys left to unpack
  std::uint64_t unread_;  // bytes of blocks left to read: blocks of a sound file do not overlap
  std::uint64_t value_size_ = 0;
};

}  // namespace

std::vector<TableEntry> read_table(std::span<const std::byte> bytes, const std::string& file) { return Reader(bytes, file).read(); }

}  // namespace namesake::formats
