#include "namesake/formats/container/hdf5_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/formats/container/hdf5_heaps.h"
#include "namesake/formats/container/hdf5_trees.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr std::uint8_t kGroupTree = 0;     // kind of a version 1 B-tree
constexpr std::uint8_t kLinkNameTree = 5;  // kind of a version 2 B-tree
constexpr std::uint32_t kCachedSoftLink = 2;

Link read_symbol(Cursor& cursor, const LocalHeap& names) {
  Link link;
  link.name = names.text(cursor.length());
  link.address = cursor.address();
  const std::uint32_t kind = cursor.u32();
  cursor.skip(4);
  Cursor scratch = cursor.window(16);
  if (kind == kCachedSoftLink) {
    link.kind = Link::Kind::kSoft;
    link.target = names.text(scratch.u32());
  }
  return link;
}

void read_symbol_table(Context& context, Cursor data, std::vector<Link>& links) {
  const std::uint64_t tree = data.address();
  const LocalHeap names(context, data.address());
  walk_tree_1(context, tree, kGroupTree, context.source().length_size, [&](Cursor, std::uint64_t address) {
    Cursor cursor = context.from(address, "symbol table");
    cursor.expect("SNOD");
    cursor.expect_version(1);
    cursor.skip(1);
    const std::uint16_t symbols = cursor.u16();
    for (std::uint16_t i = 0; i < symbols; ++i) links.push_back(read_symbol(cursor, names));
    context.spend(address, cursor.position() - address);
  });
}

void read_external_target(Cursor& cursor, Link& link) {
  Cursor value = cursor.window(cursor.u16());
  value.skip(1);  // version and flags
  link.target = value.text_to_nul();
  link.target += ":" + value.text_to_nul();
}

Link read_link(Cursor cursor) {
  cursor.expect_version(1);
  const std::uint8_t flags = cursor.u8();
  const std::uint8_t kind = (flags & 0x08) != 0 ? cursor.u8() : 0;
  if ((flags & 0x04) != 0) cursor.skip(8);  // creation order
  if ((flags & 0x10) != 0) cursor.skip(1);  // character set
  const auto name = cursor.bytes(cursor.uint(1U << (flags & 0x03)));
  Link link;
  link.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  if (kind == 0) {
    link.address = cursor.address();
  } else if (kind == 1) {
    link.kind = Link::Kind::kSoft;
    const auto target = cursor.bytes(cursor.u16());
    link.target.assign(reinterpret_cast<const char*>(target.data()), target.size());
  } else if (kind == 64) {
    link.kind = Link::Kind::kExternal;
    read_external_target(cursor, link);
  } else {
    link.kind = Link::Kind::kOther;
    link.target = fmt::format("link of kind {}", kind);
  }
  return link;
}

void read_dense_links(Context& context, Cursor info, std::vector<Link>& links) {
  info.expect_version(0);
  if ((info.u8() & 0x01) != 0) info.skip(8);  // greatest creation order
  const std::uint64_t heap_address = info.address();
  const std::uint64_t tree = info.address();
  if (heap_address == kUndefined || tree == kUndefined) return;  // all links are messages of the header
  FractalHeap heap(context, heap_address);
  const std::size_t first = links.size();
  walk_tree_2(context, tree, kLinkNameTree, [&](Cursor record) {
    (void)record.u32();  // hash of the name: the tree's order
    const Cursor object = heap.object(record.bytes(heap.id_size()));
    context.spend(object.position(), object.remaining());
    links.push_back(read_link(object));
  });
  std::stable_sort(links.begin() + static_cast<std::ptrdiff_t>(first), links.end(),
                   [](const Link& a, const Link& b) { return a.name < b.name; });
}

}  // namespace

bool is_group(const std::vector<Message>& header) {
  return std::any_of(header.begin(), header.end(), [](const Message& message) {
    return message.type == MessageType::kSymbolTable || message.type == MessageType::kLinkInfo ||
           message.type == MessageType::kLink;
  });
}

std::vector<Link> read_links(Context& context, const std::vector<Message>& header) {
  std::vector<Link> links;
  for (const Message& message : header) {
    switch (message.type) {
      case MessageType::kSymbolTable:
        read_symbol_table(context, message.data, links);
        break;
      case MessageType::kLink:
        links.push_back(read_link(message.data));
        break;
      case MessageType::kLinkInfo:
        read_dense_links(context, message.data, links);
        break;
      default:
        break;
    }
  }
  return links;
}

}  // namespace namesake::formats::hdf5
