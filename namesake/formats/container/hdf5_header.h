// Object headers: what every group, dataset and named type of an HDF5 file begins with, a list of messages.
//   version 1   u8 1, u8 0, u16 messages, u32 links, u32 size of block, 4 bytes of padding, then the block:
//               messages of {u16 type, u16 size, u8 flags, 3 bytes of padding, data}
//   version 2   "OHDR" u8 2, u8 flags, [4 times u32 time], [2 times u16], 1 to 8 bytes: size of block, then the block:
//               messages of {u8 type, u16 size, u8 flags, [u16 creation order], data}, then u32 checksum
// A message of type 16 names a further block (of version 2: "OCHK", messages, checksum).
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "namesake/formats/container/hdf5_bytes.h"

namespace namesake::formats::hdf5 {

enum class MessageType : std::uint16_t {
  kNil = 0x00,
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kFillOld = 0x04,
  kFill = 0x05,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kFilters = 0x0b,
  kAttribute = 0x0c,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kAttributeInfo = 0x15,
};

inline constexpr std::uint8_t kSharedFlag = 0x02;

struct Message {
  MessageType type;
  std::uint8_t flags;
  Cursor data;
  [[nodiscard]] bool shared() const noexcept { return (flags & kSharedFlag) != 0; }
};

/// The messages of the header at `address`, in order, with those of its continuations. Throws FormatError for a damaged
/// header, and for one whose continuations meet themselves; Unsupported for a message that must not be passed over.
[[nodiscard]] std::vector<Message> read_header(Context& context, std::uint64_t address);

/// Where a shared message stands: the address of the object header that holds it. Throws Unsupported for a message in
/// the file's table of shared messages.
[[nodiscard]] std::uint64_t shared_address(Cursor data);

/// The window of the first message of `type`, through one step of sharing; nullptr-like `found == false` if there is
/// none.
struct FoundMessage {
  bool found = false;
  Cursor data;
};
[[nodiscard]] FoundMessage find_message(Context& context, const std::vector<Message>& messages, MessageType type);
/// `data` itself, or, if it only points to a shared message of `type`, that message.
[[nodiscard]] Cursor resolve(Context& context, Cursor data, bool shared, MessageType type);

}  // namespace namesake::formats::hdf5
