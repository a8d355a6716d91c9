// The links of a group, however they are kept.
//   old   a message {address of a B-tree, address of a local heap}; the tree's leaves are symbol tables:
//         "SNOD" u8 1, u8 0, u16 entries, then {name offset, header address, u32 kind, 4 bytes, 16 bytes}; kind 2 is
//         soft
//   new   a message for each link: u8 1, u8 flags, [u8 kind], [u64 creation order], [u8 character set],
//         1 to 8 bytes: size of the name, name, then by kind: header address, or u16 size and the target
//   dense the same messages in a fractal heap, indexed by a B-tree (version 2, kind 5, records {u32 hash, heap id})
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "namesake/formats/container/hdf5_header.h"

namespace namesake::formats::hdf5 {

struct Link {
  enum class Kind : std::uint8_t { kHard, kSoft, kExternal, kOther };
  Kind kind = Kind::kHard;
  std::string name;
  std::uint64_t address = kUndefined;  // hard links: the object header
  std::string target;                  // soft links: a path; external ones: `file:path`; others: their kind
};

[[nodiscard]] bool is_group(const std::vector<Message>& header);
/// The links of a group in stored order; those of a dense group by name. Duplicates stay.
[[nodiscard]] std::vector<Link> read_links(Context& context, const std::vector<Message>& header);

}  // namespace namesake::formats::hdf5
