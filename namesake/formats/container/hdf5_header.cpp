#include "namesake/formats/container/hdf5_header.h"

#include <fmt/format.h>

#include <cstring>

namespace namesake::formats::hdf5 {
namespace {

struct Block {
  std::uint64_t address;
  std::uint64_t size;
};

// The blocks of one header, first to last; blocks are added while their predecessors are read.
class HeaderReader {
 public:
  explicit HeaderReader(Context& context) : context_(context) {}

  std::vector<Message> read(std::uint64_t address) {
    Cursor prefix = context_.from(address, "object header");
    blocks_seen_.insert(address);
    if (prefix.remaining() >= 4 && std::memcmp(prefix.bytes(4).data(), "OHDR", 4) == 0) {
      read_version_2(prefix, address);
    } else {
      read_version_1(context_.from(address, "object header"), address);
    }
    for (std::size_t i = 0; i < continuations_.size(); ++i) read_continuation(continuations_[i]);
    return std::move(messages_);
  }

 private:
  void read_version_1(Cursor cursor, std::uint64_t address) {
    cursor.expect_version(1);
    cursor.skip(1 + 2 + 4);  // padding, number of messages, number of links
    const std::uint32_t size = cursor.u32();
    cursor.skip(4);
    context_.spend(address, 16 + std::uint64_t{size});
    read_messages(cursor.window(size));
  }

  void read_version_2(Cursor cursor, std::uint64_t address) {
    version_2_ = true;
    cursor.expect_version(2);
    const std::uint8_t flags = cursor.u8();
    if ((flags & 0x20) != 0) cursor.skip(16);  // times
    if ((flags & 0x10) != 0) cursor.skip(4);   // limits of compact and dense attributes
    creation_order_ = (flags & 0x04) != 0;
    const std::uint64_t size = cursor.uint(1U << (flags & 0x03));
    const Cursor block = cursor.window(size);
    context_.spend(address, size + (cursor.position() - address - size) + 4);
    verify_checksum(cursor, address);
    read_messages(block);
  }

  void read_continuation(Block block) {
    if (!blocks_seen_.insert(block.address).second) {
      context_.damaged(block.address, "the object header is continued by a part of itself.");
    }
    Cursor cursor = context_.window(block.address, block.size, "object header continuation");
    context_.spend(block.address, block.size + 1);
    if (!version_2_) return read_messages(cursor);
    cursor.expect("OCHK");
    if (cursor.remaining() < 4) context_.damaged(block.address, "the object header continuation is too short.");
    const Cursor messages = cursor.window(cursor.remaining() - 4);
    verify_checksum(cursor, block.address);
    read_messages(messages);
  }

  void read_messages(Cursor cursor) {
    const std::uint64_t prefix = version_2_ ? (creation_order_ ? 6 : 4) : 8;
    while (cursor.remaining() >= prefix) {
      const std::uint64_t start = cursor.position();
      const std::uint16_t type = version_2_ ? cursor.u8() : cursor.u16();
      const std::uint16_t size = cursor.u16();
      const std::uint8_t flags = cursor.u8();
      cursor.skip(prefix - (version_2_ ? 4 : 5));
      Cursor data = cursor.window(size);
      if (type == static_cast<std::uint16_t>(MessageType::kContinuation)) {
        const std::uint64_t address = data.address();
        continuations_.push_back({address, data.length()});
      } else if (type > 0x18 && (flags & 0x80) != 0) {  // the writer says: do not read what you do not know
        context_.unsupported(fmt::format("object header message {} at byte {}", type, start + context_.source().base));
      } else if (type != static_cast<std::uint16_t>(MessageType::kNil)) {
        messages_.push_back({static_cast<MessageType>(type), flags, data});
      }
    }
  }

  Context& context_;
  bool version_2_ = false;
  bool creation_order_ = false;
  std::vector<Message> messages_;
  std::vector<Block> continuations_;
  std::set<std::uint64_t> blocks_seen_;
};

}  // namespace

std::vector<Message> read_header(Context& context, std::uint64_t address) {
  return HeaderReader(context).read(address);
}

std::uint64_t shared_address(Cursor data) {
  const std::uint64_t start = data.position();
  const std::uint8_t version = data.u8();
  const std::uint8_t type = data.u8();
  if (version == 1) {
    data.skip(6);
    (void)data.length();
    return data.address();
  }
  if (version != 2 && version != 3) {
    data.context().damaged(start, "a shared message has an unknown version.", "1, 2 or 3", fmt::format("{}", version));
  }
  if (version == 3 && type == 1) data.context().unsupported("a message in the table of shared messages");
  return data.address();
}

Cursor resolve(Context& context, Cursor data, bool shared, MessageType type) {
  if (!shared) return data;
  const std::uint64_t start = data.position();
  for (const Message& message : read_header(context, shared_address(data))) {
    if (message.type == type && !message.shared()) return message.data;
  }
  context.damaged(start, "a shared message is not where the file says.");
}

FoundMessage find_message(Context& context, const std::vector<Message>& messages, MessageType type) {
  for (const Message& message : messages) {
    if (message.type == type) return {true, resolve(context, message.data, message.shared(), type)};
  }
  return {false, Cursor(context, 0, 0, "message")};
}

}  // namespace namesake::formats::hdf5
