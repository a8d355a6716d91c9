// Partitioned variables: the keys of their slices, and their elements put together.
//   key   "\0" (the number 0), the name with 00 as 00 FF and FF as FF 00, then 00 01; the number of axes; start and length of
//         each axis (length -1: the whole axis) -- numbers so that keys sort as they do (TensorFlow's OrderedCode)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/formats/bundle_messages.h"
#include "namesake/tensor/shape.h"

namespace namesake::formats {

/// What every key of a slice begins with, and no name.
inline constexpr char kSliceKeyStart = '\0';

/// The key of a slice of the variable `name`.
[[nodiscard]] std::string slice_key(std::string_view name, const Slice& slice);
/// `0,2:-`: TensorFlow's own words for a slice (start,length of each axis; `-` for a whole one).
[[nodiscard]] std::string to_string(const Slice& slice);
/// The shape of a slice of a variable of shape `whole`; an unknown rank if it does not lie within.
[[nodiscard]] Shape shape_of(const Slice& slice, const Shape& whole);
/// Whether the slices, each within `whole`, cover it exactly once.
[[nodiscard]] bool is_partition(const std::vector<Slice>& slices, const Shape& whole);
/// Copies the elements of a slice (row-major, `size` bytes each) to their places in the whole. The slice must lie within.
void place_slice(const Slice& slice, const Shape& whole, std::size_t size, std::span<const std::byte> elements, std::span<std::byte> out);

}  // namespace namesake::formats
