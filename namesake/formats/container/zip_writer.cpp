#include "namesake/formats/container/zip_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/formats/container/crc32.h"
#include "namesake/formats/container/zip_format.h"

namespace namesake::formats {
namespace {

constexpr std::uint16_t kVersion = 20, kVersion64 = 45;
constexpr std::uint16_t kMadeOnUnix = 3U << 8U;
constexpr std::uint32_t kPermissions = 0100644U << 16U;  // a regular file, -rw-r--r--
constexpr std::uint16_t kFirstDay = (1U << 5U) | 1U;     // 1980-01-01
constexpr std::size_t kZip64HeaderExtra = 4 + 16;
constexpr std::size_t kSmallestPadding = 6;  // id, length, alignment
constexpr std::size_t kLargestPadding = 0xFFFF;

// A record of little-endian fields.
class Record {
 public:
  Record& u16(std::uint64_t value) { return put(value, 2); }
  Record& u32(std::uint64_t value) { return put(value, 4); }
  Record& u64(std::uint64_t value) { return put(value, 8); }
  Record& zeros(std::size_t count) {
    bytes_.resize(bytes_.size() + count);
    return *this;
  }
  Record& text(std::string_view text) {
    const auto added = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), added.begin(), added.end());
    return *this;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  Record& put(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  std::vector<std::byte> bytes_;
};

std::uint16_t name_flag(std::string_view name) {
  const bool ascii =
      std::all_of(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) == 0; });
  return ascii ? 0 : zip::kUtf8Name;
}

}  // namespace

ZipWriter::ZipWriter(base::AtomicFile& file, std::uint64_t zip64_from)
    : file_(file), zip64_from_(std::min<std::uint64_t>(zip64_from, zip::kIn64)) {}

void ZipWriter::check_name(std::string_view name) const {
  if (name.empty() || name.size() > 0xFFFF) {
    throw InvalidName({.subject = std::string(name.substr(0, 100)),
                       .what = "An entry of an archive cannot have this name.",
                       .expected = "1 to 65535 bytes",
                       .received = fmt::format("{} bytes", name.size())});
  }
  if (std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; })) {
    throw NameCollision({.subject = std::string(name),
                         .what = fmt::format("Two entries of the archive would be called \"{}\".", name)});
  }
}

// `room`: bytes from the header's first to the content's first.
void ZipWriter::write_header(const Entry& entry, std::uint64_t room) {
  const bool wide = in64(entry.size);
  const std::uint64_t extra = room - zip::kLocalSize - entry.name.size();
  const std::uint64_t padding = extra - (wide ? kZip64HeaderExtra : 0);
  Record header;
  header.u32(zip::kLocalSignature).u16(wide ? kVersion64 : kVersion).u16(name_flag(entry.name)).u16(zip::kStored);
  header.u16(0).u16(kFirstDay).u32(entry.crc);
  header.u32(wide ? zip::kIn64 : entry.size).u32(wide ? zip::kIn64 : entry.size);
  header.u16(entry.name.size()).u16(extra).text(entry.name);
  if (wide) header.u16(zip::kZip64Id).u16(16).u64(entry.size).u64(entry.size);
  if (padding > 0) header.u16(zip::kPaddingId).u16(padding - 4).zeros(padding - 4);
  file_.write_at(entry.header_offset, header.bytes());
}

void ZipWriter::add(std::string_view name, std::initializer_list<std::span<const std::byte>> pieces) {
  check_name(name);
  Entry entry{std::string(name), 0, position_, 0};
  for (const auto& piece : pieces) {
    entry.size += piece.size();
    entry.crc = crc32(entry.crc, piece);
  }
  const std::uint64_t room = zip::kLocalSize + name.size() + (in64(entry.size) ? kZip64HeaderExtra : 0);
  write_header(entry, room);
  position_ += room;
  for (const auto& piece : pieces) {
    file_.write_at(position_, piece);
    position_ += piece.size();
  }
  entries_.push_back(std::move(entry));
}

std::uint64_t ZipWriter::room_for(std::string_view name) noexcept {
  return zip::kLocalSize + name.size() + kZip64HeaderExtra + kSmallestPadding;
}

void ZipWriter::add_in_place(std::string_view name, std::uint64_t offset, std::uint64_t size, const PartSums& sums) {
  check_name(name);
  if (offset < position_ + room_for(name) || offset - position_ - zip::kLocalSize - name.size() > kLargestPadding) {
    throw InvalidArgument({.subject = std::string(name),
                           .what = "The header of an entry does not fit into the room before its content.",
                           .expected = fmt::format("{} to {} bytes", room_for(name), kLargestPadding),
                           .received = fmt::format("{} bytes", offset - std::min(offset, position_))});
  }
  const Entry entry{std::string(name), size, position_, sums.crc(file_, offset, size)};
  write_header(entry, offset - position_);
  position_ = offset + size;
  entries_.push_back(entry);
}

void ZipWriter::finish() {
  Record directory;
  for (const Entry& entry : entries_) {
    const bool wide = in64(entry.size), far = in64(entry.header_offset);
    const std::size_t extra = (wide ? 16 : 0) + (far ? 8 : 0);
    const std::uint16_t version = wide || far ? kVersion64 : kVersion;
    directory.u32(zip::kEntrySignature).u16(kMadeOnUnix | version).u16(version).u16(name_flag(entry.name));
    directory.u16(zip::kStored).u16(0).u16(kFirstDay).u32(entry.crc);
    directory.u32(wide ? zip::kIn64 : entry.size).u32(wide ? zip::kIn64 : entry.size);
    directory.u16(entry.name.size()).u16(extra > 0 ? extra + 4 : 0).u16(0).u16(0).u16(0).u32(kPermissions);
    directory.u32(far ? zip::kIn64 : entry.header_offset).text(entry.name);
    if (extra > 0) directory.u16(zip::kZip64Id).u16(extra);
    if (wide) directory.u64(entry.size).u64(entry.size);
    if (far) directory.u64(entry.header_offset);
  }
  const std::uint64_t size = directory.bytes().size(), count = entries_.size();
  if (in64(size) || in64(position_) || count >= zip::kCountIn64) {
    const std::uint64_t end64 = position_ + size;
    directory.u32(zip::kEnd64Signature).u64(zip::kEnd64Size - 12).u16(kMadeOnUnix | kVersion64).u16(kVersion64);
    directory.u32(0).u32(0).u64(count).u64(count).u64(size).u64(position_);
    directory.u32(zip::kLocatorSignature).u32(0).u64(end64).u32(1);
  }
  const std::uint64_t short_count = std::min<std::uint64_t>(count, zip::kCountIn64);
  directory.u32(zip::kEndSignature).u16(0).u16(0).u16(short_count).u16(short_count);
  directory.u32(in64(size) ? zip::kIn64 : size).u32(in64(position_) ? zip::kIn64 : position_).u16(0);
  file_.write_at(position_, directory.bytes());
}

}  // namespace namesake::formats
