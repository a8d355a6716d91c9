// How the HDF5 reader looks at bytes: a source (the file from its superblock on), a context (one pass over it: where we
// are, for messages, and how much was parsed), and a cursor that never leaves its window. All numbers are
// little-endian. A sound file's structures do not overlap, so one pass parses no more bytes than the file has. The
// context counts, and refuses a file that would have us parse the same bytes again and again: that bounds time and
// memory for every input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace namesake::formats::hdf5 {

/// "No address": all ones, in whatever width the file has.
inline constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

struct Source {
  std::span<const std::byte> bytes;  // from the superblock on: addresses of the file are offsets in here
  std::uint64_t base = 0;            // where that lies in the span that the user gave; added in messages
  std::string file_name;
  unsigned offset_size = 8;  // bytes of an address
  unsigned length_size = 8;  // bytes of a size
};

class Context;

/// Reads numbers from a window of the file. Throws FormatError rather than pass its end.
class Cursor {
 public:
  Cursor(Context& context, std::uint64_t at, std::uint64_t length, const char* what);

  [[nodiscard]] std::uint64_t position() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t remaining() const noexcept { return end_ - at_; }
  [[nodiscard]] Context& context() const noexcept { return *context_; }
  [[nodiscard]] const char* what() const noexcept { return what_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(uint(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(uint(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(uint(4)); }
  std::uint64_t u64() { return uint(8); }
  /// An unsigned number of `width` bytes, 1 to 8.
  std::uint64_t uint(unsigned width);
  /// An address; kUndefined if all its bits are set.
  std::uint64_t address();
  std::uint64_t length();
  void skip(std::uint64_t count);
  std::span<const std::byte> bytes(std::uint64_t count);
  /// The next `count` bytes as a window of their own.
  Cursor window(std::uint64_t count);
  /// The text up to a NUL byte (which is passed too).
  std::string text_to_nul();
  /// Passes these bytes, or throws FormatError.
  void expect(std::string_view signature);
  /// Passes one byte, or throws FormatError.
  void expect_version(std::uint8_t version);

 private:
  void need(std::uint64_t count) const;

  Context* context_;
  std::uint64_t at_;
  std::uint64_t end_;
  const char* what_;
};

class Context {
 public:
  Context(const Source& source, std::string inner);

  [[nodiscard]] const Source& source() const noexcept { return *source_; }
  [[nodiscard]] const std::string& inner() const noexcept { return inner_; }
  void enter(std::string inner) { inner_ = std::move(inner); }

  /// FormatError with the file, the object that is being read, and the byte.
  [[noreturn]] void damaged(std::uint64_t at, std::string what, std::string expected = "",
                            std::string received = "") const;
  /// Unsupported; `feature` stands in parts().received.
  [[noreturn]] void unsupported(std::string feature) const;
  /// Counts parsed bytes; see the head of this file.
  void spend(std::uint64_t at, std::uint64_t count);
  /// A window at `at`, which must lie in the file whole.
  Cursor window(std::uint64_t at, std::uint64_t length, const char* what) { return {*this, at, length, what}; }
  /// A window from `at` to the end of the file.
  Cursor from(std::uint64_t at, const char* what);

 private:
  const Source* source_;
  std::string inner_;
  std::uint64_t budget_;
};

/// Bob Jenkins's lookup3 (little-endian, initial value 0), with which newer structures are checked.
[[nodiscard]] std::uint32_t lookup3(std::span<const std::byte> bytes) noexcept;
/// Passes the stored checksum at `cursor`, which covers the bytes of the file from `start` to it.
void verify_checksum(Cursor& cursor, std::uint64_t start);

/// Bytes that hold numbers up to `limit`.
[[nodiscard]] unsigned bytes_for(std::uint64_t limit) noexcept;
/// `a * b`; kUndefined if it does not fit.
[[nodiscard]] std::uint64_t multiply(std::uint64_t a, std::uint64_t b) noexcept;

}  // namespace namesake::formats::hdf5
