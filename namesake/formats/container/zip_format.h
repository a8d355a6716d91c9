// The zip format, as far as model files use it. All numbers are little-endian; u16 and u32 fields:
//   local header       u32 "PK\3\4", version, flags, method, time, date, u32 crc, u32 stored size, u32 size,
//                      name length, extra length; name; extra; then the stored bytes
//   directory entry    u32 "PK\1\2", made by, version, flags, method, time, date, u32 crc, u32 stored size, u32 size,
//                      name length, extra length, comment length, disk, inner attributes, u32 outer attributes,
//                      u32 offset of the local header; name; extra; comment
//   end of directory   u32 "PK\5\6", disk, disk of directory, entries here, entries, u32 size and u32 offset of the
//                      directory, comment length; comment
//   zip64 end          u32 "PK\6\6", u64 bytes that follow, made by, version, u32 disk, u32 disk of directory,
//                      u64 entries here, u64 entries, u64 size and u64 offset of the directory
//   zip64 locator      u32 "PK\6\7", u32 disk, u64 offset of the zip64 end, u32 disks; stands right before the end
//   extra              any number of {id, length, bytes}. Id 1 (zip64): u64 size, u64 stored size, u64 offset: those
//                      of the three (in this order) whose 32-bit field is all ones
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace namesake::formats::zip {

inline constexpr std::uint32_t kLocalSignature = 0x04034b50;
inline constexpr std::uint32_t kEntrySignature = 0x02014b50;
inline constexpr std::uint32_t kEndSignature = 0x06054b50;
inline constexpr std::uint32_t kEnd64Signature = 0x06064b50;
inline constexpr std::uint32_t kLocatorSignature = 0x07064b50;

inline constexpr std::size_t kLocalSize = 30;
inline constexpr std::size_t kEntrySize = 46;
inline constexpr std::size_t kEndSize = 22;
inline constexpr std::size_t kEnd64Size = 56;
inline constexpr std::size_t kLocatorSize = 20;

inline constexpr std::uint16_t kStored = 0;
inline constexpr std::uint16_t kDeflated = 8;

inline constexpr std::uint16_t kEncrypted = 1U << 0U;  // flags
inline constexpr std::uint16_t kUtf8Name = 1U << 11U;

inline constexpr std::uint16_t kZip64Id = 0x0001;
inline constexpr std::uint16_t kPaddingId = 0xD935;  // u16 alignment, then zeros: what Android's zipalign writes

inline constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // "see the zip64 field"
inline constexpr std::uint16_t kCountIn64 = 0xFFFF;

/// The number at `at`, which must lie in `bytes` whole.
template <class T>
[[nodiscard]] T load(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = (value << 8U) | static_cast<std::uint8_t>(bytes[at + i]);
  return static_cast<T>(value);
}

}  // namespace namesake::formats::zip
