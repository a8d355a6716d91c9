#include "namesake/formats/container/zip_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/formats/container/checksums.h"
#include "namesake/formats/container/crc32.h"
#include "namesake/formats/container/zip_directory.h"
#include "namesake/formats/container/zip_format.h"

namespace namesake::formats {
namespace {

// Deflate makes 258 bytes of 2 bits at most. Beyond some megabytes, no real file comes near that.
constexpr std::uint64_t kMostEver = 1032;
constexpr std::uint64_t kMostWhenLarge = 100;
constexpr std::uint64_t kLarge = std::uint64_t{1} << 24;

// Undoes raw deflate, piece by piece: zlib counts in 32 bits.
class Inflater {
 public:
  explicit Inflater(std::span<const std::byte> in) : in_(in) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills as much of `out` as the data give; how much that was.
  std::uint64_t fill(std::span<std::byte> out) {
    std::uint64_t filled = 0;
    while (filled < out.size() && !ended_) {
      stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in_.data()));
      const uInt offered = chunk(in_.size());
      stream_.avail_in = offered;
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      const uInt room = chunk(out.size() - filled);
      stream_.avail_out = room;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      in_ = in_.subspan(offered - stream_.avail_in);
      filled += room - stream_.avail_out;
      const bool moved = offered != stream_.avail_in || room != stream_.avail_out;
      ended_ = status == Z_STREAM_END || status != Z_OK || !moved;
      whole_ = status == Z_STREAM_END;
    }
    return filled;
  }

  /// True if the data end here, as they should.
  bool at_end() {
    std::byte one_more{};
    return fill({&one_more, 1}) == 0 && whole_ && in_.empty();
  }

 private:
  static uInt chunk(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
  }

  std::span<const std::byte> in_;
  z_stream stream_{};
  bool ended_ = false;
  bool whole_ = false;
};

[[noreturn]] void fail_at(const std::string& file, const ZipEntry& entry, std::string what, std::string expected = "",
                          std::string received = "") {
  throw FormatError(file, entry.name,
                    {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)},
                    entry.data_offset);
}

[[noreturn]] void fail_inflated(const std::string& file, const ZipEntry& entry) {
  fail_at(file, entry, "The content of an entry is damaged: it does not inflate to its size.",
          fmt::format("{} bytes", entry.size));
}

}  // namespace

ZipReader::ZipReader(std::span<const std::byte> bytes, std::string file_name)
    : bytes_(bytes), file_name_(std::move(file_name)), entries_(zip::read_directory(bytes_, file_name_)) {}

bool ZipReader::looks_like_zip(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < zip::kEndSize) return false;
  const auto signature = zip::load<std::uint32_t>(bytes, 0);
  return signature == zip::kLocalSignature || signature == zip::kEndSignature;  // the latter: an empty archive
}

const ZipEntry* ZipReader::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const ZipEntry& entry) { return entry.name == name; });
  return found == entries_.rend() ? nullptr : &*found;
}

std::optional<std::span<const std::byte>> ZipReader::mapped(const ZipEntry& entry) const noexcept {
  if (entry.method != zip::kStored || entry.encrypted) return std::nullopt;
  return bytes_.subspan(entry.data_offset, entry.stored_size);
}

void ZipReader::check_readable(const ZipEntry& entry) const {
  if (entry.encrypted || (entry.method != zip::kStored && entry.method != zip::kDeflated)) {
    throw Unsupported(
        {.subject = file_name_,
         .what = fmt::format("{}: The entry \"{}\" is stored in a way that is not read.", file_name_, entry.name),
         .expected = "an entry that is stored as it is, or deflated",
         .received = entry.encrypted ? "an encrypted entry" : fmt::format("compression method {}", entry.method)});
  }
  const std::uint64_t most = entry.size > kLarge ? kMostWhenLarge : kMostEver;
  if (entry.method == zip::kDeflated && entry.size / most > entry.stored_size) {
    fail_at(file_name_, entry, "An entry claims to inflate beyond reason.",
            fmt::format("at most {} times its {} bytes", most, entry.stored_size), fmt::format("{} bytes", entry.size));
  }
}

void ZipReader::check_crc(const ZipEntry& entry, std::uint32_t found) const {
  if (found == entry.crc || !kChecksumsCount) return;
  fail_at(file_name_, entry, "The content of an entry is damaged: its checksum is wrong.",
          fmt::format("{:08x}", entry.crc), fmt::format("{:08x}", found));
}

void ZipReader::read(const ZipEntry& entry, std::span<std::byte> out) const {
  check_readable(entry);
  if (out.size() != entry.size) {
    throw InvalidArgument({.subject = entry.name,
                           .what = "The room for an entry has another size than its content.",
                           .expected = fmt::format("{} bytes", entry.size),
                           .received = fmt::format("{} bytes", out.size())});
  }
  const auto stored = bytes_.subspan(entry.data_offset, entry.stored_size);
  if (entry.method == zip::kStored) {
    std::copy(stored.begin(), stored.end(), out.begin());
  } else {
    Inflater inflater(stored);
    const std::uint64_t filled = inflater.fill(out);
    if (filled != out.size() || !inflater.at_end()) fail_inflated(file_name_, entry);
  }
  check_crc(entry, crc32(0, out));
}

std::string ZipReader::read_text(const ZipEntry& entry, std::uint64_t limit) const {
  if (entry.size > limit) {
    fail_at(file_name_, entry, "An entry is too long.", fmt::format("at most {} bytes", limit),
            fmt::format("{} bytes", entry.size));
  }
  check_readable(entry);
  std::string text(static_cast<std::size_t>(entry.size), '\0');
  read(entry, std::as_writable_bytes(std::span(text)));
  return text;
}

void ZipReader::check(const ZipEntry& entry) const {
  check_readable(entry);
  if (const auto content = mapped(entry)) return check_crc(entry, crc32(0, *content));
  std::vector<std::byte> piece(std::min<std::uint64_t>(entry.size, std::uint64_t{1} << 20));
  Inflater inflater(bytes_.subspan(entry.data_offset, entry.stored_size));
  std::uint32_t crc = 0;
  std::uint64_t left = entry.size;
  while (left > 0) {
    const std::uint64_t filled = inflater.fill(std::span(piece).first(std::min<std::uint64_t>(left, piece.size())));
    if (filled == 0) break;
    crc = crc32(crc, std::span(piece).first(filled));
    left -= filled;
  }
  if (left > 0 || !inflater.at_end()) fail_inflated(file_name_, entry);
  check_crc(entry, crc);
}

}  // namespace namesake::formats
