// Datatype and dataspace messages: what the elements of a dataset or attribute are, and how many.
//   datatype    u8 version << 4 | class, 3 bytes of flags, u32 size, then by class: integers {u16 bit offset, u16
//   bits},
//               floats {the same, then places and sizes of exponent and mantissa}, names and types of members, ...
//   dataspace   u8 version, u8 rank, u8 flags, [version 1: 5 bytes of padding; 2: u8 kind], rank sizes, [rank limits]
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "namesake/formats/container/hdf5_bytes.h"
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"

namespace namesake::formats::hdf5 {

struct Datatype {
  enum class Text : std::uint8_t { kNone, kFixed, kVariable };
  DType dtype = DType::kInvalid;  // kInvalid: `unsupported` says why, or `opaque`
  std::uint32_t size = 0;         // bytes of one element in the file
  std::uint32_t swap_unit = 1;    // big-endian: bytes of one number (half an element for complex types), else 1
  bool opaque = false;            // bytes without meaning: bfloat16, if an attribute says so
  Text text = Text::kNone;
  std::uint8_t padding = 0;  // of fixed text: 0 up to a NUL, 1 NULs at the end, 2 blanks at the end
  std::string unsupported;
};

struct Dataspace {
  bool null = false;                  // no elements, not even one
  std::vector<std::uint64_t> sizes;   // empty for a scalar
  std::vector<std::uint64_t> limits;  // how far each axis may grow; kUndefined: without end
  std::uint64_t elements = 1;         // kUndefined if it does not fit
};

[[nodiscard]] Datatype parse_datatype(Cursor& cursor);
[[nodiscard]] Dataspace parse_dataspace(Cursor& cursor);

/// The axes as a Shape. Throws Unsupported for more than Shape::kMaxRank.
[[nodiscard]] Shape to_shape(Context& context, const Dataspace& space);

/// Brings elements as stored to our own form: little-endian, bools 0 and 1.
void to_native(const Datatype& type, std::span<std::byte> elements);
/// A fixed text without its padding.
[[nodiscard]] std::string fixed_text(const Datatype& type, std::span<const std::byte> element);

}  // namespace namesake::formats::hdf5
