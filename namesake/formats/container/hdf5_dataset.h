// Where the elements of a dataset are, and how to get them.
//   layout    u8 version (1 to 5); from 3 on: u8 class, then 0 compact {u16 size, data}, 1 contiguous {address, size},
//             2 chunked {3: u8 rank + 1, address of a B-tree, u32 sizes of a chunk; 4, 5: hdf5_chunks.h}
//             1 and 2: u8 rank, u8 class, 5 bytes of padding, [address], u32 sizes, [compact: u32 size, data]
//   filters   u8 version, u8 count, [version 1: 6 bytes], then {u16 id, u16 size of name, u16 flags, u16 count, [name],
//             u32 values}: 1 deflate, 2 shuffle, 3 fletcher32
//   fill      u8 version, then, if there is one, u32 size and the element that stands where nothing was written
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "namesake/formats/container/hdf5_header.h"
#include "namesake/formats/container/hdf5_types.h"

namespace namesake::formats::hdf5 {

struct Filter {
  std::uint16_t id = 0;
  std::uint32_t value = 0;  // the first of its values: shuffle's element size
};

struct Layout {
  enum class Kind : std::uint8_t { kCompact, kContiguous, kChunked, kUnknown };
  /// How the chunks of a chunked dataset are found.
  enum class Index : std::uint8_t {
    kTree1 = 0,
    kSingle = 1,
    kImplicit = 2,
    kFixedArray = 3,
    kExtensible = 4,
    kTree2 = 5
  };
  Kind kind = Kind::kUnknown;
  std::uint64_t address = kUndefined;  // of the data (compact: in the header), or of the index of the chunks
  std::uint64_t size = kUndefined;     // compact and contiguous: bytes, if said
  std::vector<std::uint64_t> chunk;    // sizes of a chunk
  Index index = Index::kTree1;
  std::uint8_t flags = 0;
  bool wide_sizes = false;             // version 5: sizes of chunks in the file are as wide as all lengths
  std::uint64_t single_size = 0;  // kSingle with filters: bytes in the file
  std::uint32_t single_mask = 0;  // and the filters left out
};

struct Dataset {
  Datatype type;
  Dataspace space;
  Layout layout;
  std::vector<Filter> filters;
  std::span<const std::byte> fill;  // one element, or empty: zeros
  std::uint64_t bytes = 0;          // space.elements * type.size
  std::string unsupported;          // "" if the elements can be read
};

/// What the messages of a dataset's header say. A feature that is not read here ends up in `unsupported`.
[[nodiscard]] Dataset parse_dataset(Context& context, const std::vector<Message>& header);
/// Fills `out` (dataset.bytes bytes) with the elements as stored.
void read_elements(Context& context, const Dataset& dataset, std::span<std::byte> out);
/// False for data in chunks, and for those that were never written.
[[nodiscard]] bool in_one_piece(const Dataset& dataset) noexcept;
/// The elements where they lie, when they are in one piece; an empty span if not.
[[nodiscard]] std::span<const std::byte> stored_elements(const Source& source, const Dataset& dataset);

}  // namespace namesake::formats::hdf5
