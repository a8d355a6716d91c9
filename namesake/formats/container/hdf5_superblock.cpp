#include "namesake/formats/container/hdf5_superblock.h"

#include <fmt/format.h>

#include <cstring>
#include <string_view>

#include "namesake/base/error.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
constexpr std::uint64_t kFirstUserBlock = 512;

bool signature_at(std::span<const std::byte> bytes, std::uint64_t at) noexcept {
  return bytes.size() - at >= kSignature.size() && std::memcmp(&bytes[at], kSignature.data(), kSignature.size()) == 0;
}

void set_widths(Cursor& cursor, Source& source) {
  const std::uint64_t at = cursor.position();
  const std::uint8_t offset_size = cursor.u8(), length_size = cursor.u8();
  const auto known = [](std::uint8_t size) { return size == 2 || size == 4 || size == 8; };
  if (!known(offset_size) || !known(length_size)) {
    cursor.context().damaged(at, "the superblock has impossible sizes of addresses and lengths.", "2, 4 or 8",
                             fmt::format("{} and {}", offset_size, length_size));
  }
  source.offset_size = offset_size;
  source.length_size = length_size;
}

// The address of the end is counted from where the writer thought the file begins.
void check_end(Context& context, std::uint64_t stored_base, std::uint64_t end) {
  const std::uint64_t size = context.source().bytes.size();
  const std::uint64_t length = stored_base == kUndefined || end < stored_base ? end : end - stored_base;
  if (length > size) {
    context.damaged(0, "the file is truncated.", fmt::format("{} bytes", length), fmt::format("{} bytes", size));
  }
}

std::uint64_t read_version_0_or_1(Cursor cursor, Source& source, std::uint8_t version) {
  cursor.skip(4);
  set_widths(cursor, source);
  cursor.skip(1 + 2 + 2 + 4 + (version == 1 ? 4 : 0));
  const std::uint64_t base = cursor.address();
  (void)cursor.address();  // free space
  const std::uint64_t end = cursor.address();
  (void)cursor.address();  // driver information
  (void)cursor.length();   // the root's name
  const std::uint64_t root = cursor.address();
  check_end(cursor.context(), base, end);
  return root;
}

std::uint64_t read_version_2_or_3(Cursor cursor, Source& source) {
  set_widths(cursor, source);
  cursor.skip(1);
  const std::uint64_t base = cursor.address();
  (void)cursor.address();  // extension
  const std::uint64_t end = cursor.address();
  const std::uint64_t root = cursor.address();
  verify_checksum(cursor, 0);
  check_end(cursor.context(), base, end);
  return root;
}

}  // namespace

std::optional<std::uint64_t> find_superblock(std::span<const std::byte> bytes) noexcept {
  if (signature_at(bytes, 0)) return 0;
  for (std::uint64_t at = kFirstUserBlock; at < bytes.size(); at *= 2) {
    if (signature_at(bytes, at)) return at;
  }
  return std::nullopt;
}

Superblock read_superblock(std::span<const std::byte> bytes, std::string file_name) {
  const std::optional<std::uint64_t> start = find_superblock(bytes);
  if (!start) {
    throw FormatError(std::move(file_name), "",
                      {.what = "this is no HDF5 file.",
                       .expected = "the signature \"\\x89HDF\" at byte 0, 512, 1024, ...",
                       .received = fmt::format("{} bytes without it", bytes.size())});
  }
  Superblock result;
  result.source.bytes = bytes.subspan(*start);
  result.source.base = *start;
  result.source.file_name = std::move(file_name);
  Context context(result.source, "superblock");
  Cursor cursor = context.from(0, "superblock");
  cursor.skip(kSignature.size());
  const std::uint8_t version = cursor.u8();
  if (version > 3) context.unsupported(fmt::format("superblock version {}", version));
  result.root =
      version < 2 ? read_version_0_or_1(cursor, result.source, version) : read_version_2_or_3(cursor, result.source);
  return result;
}

}  // namespace namesake::formats::hdf5
