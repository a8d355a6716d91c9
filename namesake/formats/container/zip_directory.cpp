#include "namesake/formats/container/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "namesake/base/error.h"
#include "namesake/formats/container/zip_format.h"
#include "namesake/formats/container/zip_names.h"

namespace namesake::formats::zip {
namespace {

// What the end of the directory says.
struct Directory {
  std::uint64_t end = 0;     // where the first of the end records lies
  std::uint64_t offset = 0;  // as stored
  std::uint64_t size = 0;
  std::uint64_t entries = 0;
  std::uint64_t shift = 0;  // bytes before the archive (a program that unpacks itself): added to every stored offset
};

class DirectoryReader {
 public:
  DirectoryReader(std::span<const std::byte> bytes, const std::string& file_name) : bytes_(bytes), file_(file_name) {}

  std::vector<ZipEntry> read() {
    const Directory directory = find_directory();
    std::vector<ZipEntry> entries;
    std::uint64_t at = directory.offset + directory.shift;
    // The count of the file is not trusted with memory: every entry takes kEntrySize bytes at least.
    entries.reserve(static_cast<std::size_t>(std::min(directory.entries, directory.size / kEntrySize)));
    for (std::uint64_t i = 0; i < directory.entries; ++i) entries.push_back(read_entry(at, directory));
    if (at != directory.end) fail(at, "The directory of the archive has another size than its entries.");
    check_overlap(entries, directory);
    return entries;
  }

 private:
  [[noreturn]] void fail(std::uint64_t at, std::string what, std::string expected = "",
                         std::string received = "") const {
    throw FormatError(file_, "",
                      {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)}, at);
  }

  void need(std::uint64_t at, std::uint64_t count, std::uint64_t end, std::string_view what) const {
    if (at <= end && count <= end - at) return;
    fail(std::min<std::uint64_t>(at, bytes_.size()), fmt::format("The archive ends inside {}.", what),
         fmt::format("{} bytes", count), fmt::format("{} bytes", at <= end ? end - at : 0));
  }

  // The last end record whose comment fits into the file.
  [[nodiscard]] std::uint64_t find_end() const {
    constexpr std::size_t kMaxComment = 0xFFFF;
    const std::size_t size = bytes_.size();
    for (std::size_t back = kEndSize; back <= size && back <= kEndSize + kMaxComment; ++back) {
      const std::size_t at = size - back;
      if (load<std::uint32_t>(bytes_, at) != kEndSignature) continue;
      if (load<std::uint16_t>(bytes_, at + 20) <= size - at - kEndSize) return at;
    }
    fail(FormatError::kNoOffset, "This is not a whole zip archive.", "the end record of an archive",
         size == 0 ? "an empty file" : "a file that was cut short, or is of another kind");
  }

  Directory find_directory() const {
    const std::uint64_t end = find_end();
    if (load<std::uint16_t>(bytes_, end + 4) != load<std::uint16_t>(bytes_, end + 6)) fail_split();
    Directory found{.end = end,
                    .offset = load<std::uint32_t>(bytes_, end + 16),
                    .size = load<std::uint32_t>(bytes_, end + 12),
                    .entries = load<std::uint16_t>(bytes_, end + 10)};
    const std::uint64_t here = load<std::uint16_t>(bytes_, end + 8);
    const bool has_locator =
        end >= kLocatorSize && load<std::uint32_t>(bytes_, end - kLocatorSize) == kLocatorSignature;
    if (has_locator)
      found = find_directory64(end - kLocatorSize);
    else if (here != found.entries)
      fail_split();
    if (found.offset > found.end || found.size > found.end - found.offset) {
      fail(end, "The archive's directory does not lie in the file.", "",
           fmt::format("{} bytes from {} on", found.size, found.offset));
    }
    found.shift = found.end - found.offset - found.size;
    return found;
  }

  [[nodiscard]] Directory find_directory64(std::uint64_t locator) const {
    // It stands right before the locator, unless something was put before the archive and it is of another size.
    std::uint64_t at = load<std::uint64_t>(bytes_, locator + 8);
    if (at > locator || locator - at < kEnd64Size || load<std::uint32_t>(bytes_, at) != kEnd64Signature) {
      if (locator < kEnd64Size) fail(locator, "The zip64 end record does not lie in the file.");
      at = locator - kEnd64Size;
    }
    if (load<std::uint32_t>(bytes_, at) != kEnd64Signature) fail(at, "The zip64 end record is damaged.");
    if (load<std::uint32_t>(bytes_, at + 16) != load<std::uint32_t>(bytes_, at + 20) ||
        load<std::uint64_t>(bytes_, at + 24) != load<std::uint64_t>(bytes_, at + 32)) {
      fail_split();
    }
    return {.end = at,
            .offset = load<std::uint64_t>(bytes_, at + 48),
            .size = load<std::uint64_t>(bytes_, at + 40),
            .entries = load<std::uint64_t>(bytes_, at + 32)};
  }

  [[noreturn]] void fail_split() const {
    throw Unsupported({.subject = file_,
                       .what = fmt::format("{}: This is one part of a zip archive that was split.", file_),
                       .fix = "join the parts first"});
  }

  // Reads the entry at `at`, and moves behind it.
  ZipEntry read_entry(std::uint64_t& at, const Directory& directory) const {
    need(at, kEntrySize, directory.end, "its directory");
    if (load<std::uint32_t>(bytes_, at) != kEntrySignature) fail(at, "An entry of the archive's directory is damaged.");
    const std::uint16_t flags = load<std::uint16_t>(bytes_, at + 8);
    const std::uint64_t name_size = load<std::uint16_t>(bytes_, at + 28);
    const std::uint64_t extra_size = load<std::uint16_t>(bytes_, at + 30);
    const std::uint64_t comment_size = load<std::uint16_t>(bytes_, at + 32);
    need(at + kEntrySize, name_size + extra_size + comment_size, directory.end, "its directory");
    ZipEntry entry;
    const auto name = bytes_.subspan(at + kEntrySize, name_size);
    entry.crc = load<std::uint32_t>(bytes_, at + 16);
    entry.method = load<std::uint16_t>(bytes_, at + 10);
    entry.encrypted = (flags & kEncrypted) != 0;
    entry.size = load<std::uint32_t>(bytes_, at + 24);
    entry.stored_size = load<std::uint32_t>(bytes_, at + 20);
    entry.header_offset = load<std::uint32_t>(bytes_, at + 42);
    read_zip64(at + kEntrySize + name_size, extra_size, entry);
    describe_name({reinterpret_cast<const char*>(name.data()), name.size()}, entry);
    if (entry.header_offset > directory.end - directory.shift) {
      fail(at, fmt::format("The entry \"{}\" does not lie in the file.", entry.name));
    }
    entry.header_offset += directory.shift;
    read_local_header(entry, name, directory);
    at += kEntrySize + name_size + extra_size + comment_size;
    return entry;
  }

  // Fields of 32 bits that are all ones stand in the extra field with this id.
  void read_zip64(std::uint64_t at, std::uint64_t extra_size, ZipEntry& entry) const {
    std::uint64_t* wanted[] = {&entry.size, &entry.stored_size, &entry.header_offset};
    if (std::none_of(std::begin(wanted), std::end(wanted),
                     [](const std::uint64_t* field) { return *field == kIn64; })) {
      return;
    }
    const std::uint64_t end = at + extra_size;
    while (end - at >= 4) {
      const std::uint16_t id = load<std::uint16_t>(bytes_, at);
      const std::uint64_t field_end = at + 4 + load<std::uint16_t>(bytes_, at + 2);
      if (field_end > end) break;
      at += 4;
      if (id == kZip64Id) {
        for (std::uint64_t* field : wanted) {
          if (*field != kIn64) continue;
          need(at, 8, field_end, "a zip64 field");
          *field = load<std::uint64_t>(bytes_, at);
          at += 8;
        }
        return;
      }
      at = field_end;
    }
    fail(at, "The zip64 field of an entry is missing.");
  }

  // The local header repeats the name; only it says where the stored bytes begin.
  void read_local_header(ZipEntry& entry, std::span<const std::byte> name, const Directory& directory) const {
    const std::uint64_t at = entry.header_offset;
    need(at, kLocalSize, directory.end, fmt::format("the entry \"{}\"", entry.name));
    const std::uint64_t name_size = load<std::uint16_t>(bytes_, at + 26);
    const std::uint64_t extra_size = load<std::uint16_t>(bytes_, at + 28);
    if (load<std::uint32_t>(bytes_, at) != kLocalSignature) {
      fail(at, fmt::format("The header of the entry \"{}\" is damaged.", entry.name));
    }
    need(at + kLocalSize, name_size + extra_size, directory.end, fmt::format("the entry \"{}\"", entry.name));
    const auto local_name = bytes_.subspan(at + kLocalSize, name_size);
    if (!std::equal(name.begin(), name.end(), local_name.begin(), local_name.end())) {
      fail(at, fmt::format("The entry \"{}\" has another name in its own header.", entry.name));
    }
    if (load<std::uint16_t>(bytes_, at + 8) != entry.method) {
      fail(at, fmt::format("The entry \"{}\" has another compression method in its own header.", entry.name));
    }
    entry.data_offset = at + kLocalSize + name_size + extra_size;
    need(entry.data_offset, entry.stored_size, directory.end, fmt::format("the entry \"{}\"", entry.name));
    if (entry.method == kStored && !entry.encrypted && entry.size != entry.stored_size) {
      fail(at, fmt::format("The entry \"{}\" is stored as it is, in another size.", entry.name),
           fmt::format("{} bytes", entry.size), fmt::format("{} bytes", entry.stored_size));
    }
  }

  void check_overlap(const std::vector<ZipEntry>& entries, const Directory& directory) const {
    std::vector<const ZipEntry*> by_offset;
    for (const ZipEntry& entry : entries) by_offset.push_back(&entry);
    std::sort(by_offset.begin(), by_offset.end(),
              [](const ZipEntry* a, const ZipEntry* b) { return a->header_offset < b->header_offset; });
    const std::uint64_t directory_start = directory.offset + directory.shift;
    for (std::size_t i = 0; i < by_offset.size(); ++i) {
      const ZipEntry& entry = *by_offset[i];
      const std::uint64_t next = i + 1 < by_offset.size() ? by_offset[i + 1]->header_offset : directory_start;
      if (entry.data_offset > next || entry.stored_size > next - entry.data_offset) {
        fail(entry.header_offset, fmt::format("The entry \"{}\" lies over what follows it.", entry.name));
      }
    }
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
};

}  // namespace

std::vector<ZipEntry> read_directory(std::span<const std::byte> bytes, const std::string& file_name) {
  return DirectoryReader(bytes, file_name).read();
}

}  // namespace namesake::formats::zip
