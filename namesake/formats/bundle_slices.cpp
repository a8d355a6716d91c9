#include "namesake/formats/bundle_slices.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

namespace namesake::formats {
namespace {

// A number of 0 to 255 axes: its size in bytes, then these.
void put_count(std::string& out, std::size_t count) {
  out.push_back(count == 0 ? 0 : 1);
  if (count != 0) out.push_back(static_cast<char>(count));
}

void put_name(std::string& out, std::string_view name) {
  for (const char c : name) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xff');
    if (c == '\xff') out.push_back('\0');
  }
  out.append(std::string_view("\0\1", 2));
}

// The leading bits say how many bytes there are: 10 one, 110 two, ..., for numbers below 0 turned about.
void put_signed(std::string& out, std::int64_t value) {
  const std::uint64_t size = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  const auto length = static_cast<unsigned>(std::bit_width(size)) / 7 + 1;  // 7 n - 1 bits fit n bytes
  std::array<unsigned char, 10> bytes;
  bytes.fill(value < 0 ? 0xff : 0);
  for (unsigned i = 0; i < 8; ++i) bytes[9 - i] = static_cast<unsigned char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xffU);
  unsigned char* const begin = bytes.data() + 10 - length;
  for (unsigned bit = 0; bit < length; ++bit) begin[bit / 8] = static_cast<unsigned char>(begin[bit / 8] ^ (0x80U >> (bit % 8)));
  out.append(reinterpret_cast<const char*>(begin), length);
}

}  // namespace

std::string slice_key(std::string_view name, const Slice& slice) {
  std::string key;
  put_count(key, 0);
  put_name(key, name);
  put_count(key, slice.size());
  for (const SliceExtent& extent : slice) {
    put_signed(key, extent.start);
    put_signed(key, extent.length.value_or(-1));
  }
  return key;
}

std::string to_string(const Slice& slice) {
  std::string text;
  for (const SliceExtent& extent : slice) {
    if (!text.empty()) text += ':';
    text += extent.length ? fmt::format("{},{}", extent.start, *extent.length) : "-";
  }
  return text;
}

Shape shape_of(const Slice& slice, const Shape& whole) {
  if (slice.size() != static_cast<std::size_t>(whole.rank())) return {};
  Shape shape = whole;
  for (int axis = 0; axis < whole.rank(); ++axis) {
    const SliceExtent& extent = slice[static_cast<std::size_t>(axis)];
    if (!extent.length) continue;
    if (extent.start < 0 || *extent.length < 0 || extent.start > whole[axis] || *extent.length > whole[axis] - extent.start) return {};
    shape.set(axis, *extent.length);
  }
  return shape;
}

bool is_partition(const std::vector<Slice>& slices, const Shape& whole) {
  const auto all = static_cast<std::uint64_t>(whole.count());
  std::uint64_t covered = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    covered += static_cast<std::uint64_t>(shape_of(slices[i], whole).count());
    if (covered > all) return false;
    for (std::size_t k = 0; k < i; ++k) {
      bool overlap = true;
      for (int axis = 0; axis < whole.rank(); ++axis) {
        const SliceExtent &a = slices[i][static_cast<std::size_t>(axis)], &b = slices[k][static_cast<std::size_t>(axis)];
        overlap = overlap && (!a.length || !b.length || (a.start < b.start + *b.length && b.start < a.start + *a.length));
      }
      if (overlap) return false;
    }
  }
  return covered == all;
}

void place_slice(const Slice& slice, const Shape& whole, std::size_t size, std::span<const std::byte> elements, std::span<std::byte> out) {
  const Shape shape = shape_of(slice, whole);
  const int rank = whole.rank();
  if (rank == 0 || shape.count() == 0) {
    if (!elements.empty()) std::memcpy(out.data(), elements.data(), elements.size());
    return;
  }
  const std::size_t row = static_cast<std::size_t>(shape[rank - 1]) * size;
  std::array<std::int64_t, Shape::kMaxRank> index{};
  for (std::size_t from = 0; from < elements.size(); from += row) {
    std::int64_t place = 0;
    for (int axis = 0; axis < rank; ++axis) {
      const SliceExtent& extent = slice[static_cast<std::size_t>(axis)];
      place = place * whole[axis] + index[static_cast<std::size_t>(axis)] + (extent.length ? extent.start : 0);
    }
    std::memcpy(out.data() + static_cast<std::size_t>(place) * size, elements.data() + from, row);
    for (int axis = rank - 2; axis >= 0; --axis) {
      if (++index[static_cast<std::size_t>(axis)] < shape[axis]) break;
      index[static_cast<std::size_t>(axis)] = 0;
    }
  }
}

}  // namespace namesake::formats
