#include "namesake/formats/container/hdf5_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace namesake::formats::hdf5 {
namespace {

constexpr int kMaxNesting = 8;  // types within types; h5py's own nest twice
constexpr std::uint8_t kMaxRank = 32;

enum TypeClass : std::uint8_t {
  kFixedPoint = 0,
  kFloatingPoint = 1,
  kTime = 2,
  kString = 3,
  kBitField = 4,
  kOpaque = 5,
  kCompound = 6,
  kReference = 7,
  kEnum = 8,
  kVariableLength = 9,
  kArray = 10,
};

constexpr const char* kClassNames[] = {"fixed-point", "floating-point",  "time",     "string",
                                       "bit field",   "opaque",          "compound", "reference",
                                       "enumeration", "variable-length", "array"};

struct Head {
  std::uint8_t version;
  std::uint8_t type_class;
  std::uint32_t flags;
  std::uint32_t size;
  std::uint64_t at;
};

Datatype parse(Cursor& cursor, int nesting);

Datatype not_supported(const Head& head, std::string detail = "") {
  Datatype type;
  type.size = head.size;
  const char* name = head.type_class < std::size(kClassNames) ? kClassNames[head.type_class] : "unknown";
  type.unsupported = fmt::format("datatype class {} ({}{}{}) of {} bytes", head.type_class, name,
                                 detail.empty() ? "" : ", ", detail, head.size);
  return type;
}

Datatype number(const Head& head, DType dtype, bool big_endian) {
  Datatype type;
  type.size = head.size;
  type.dtype = dtype;
  type.swap_unit = big_endian ? head.size : 1;
  return type;
}

Datatype parse_integer(Cursor& cursor, const Head& head) {
  const std::uint16_t bit_offset = cursor.u16();
  const std::uint16_t bits = cursor.u16();
  if (bit_offset != 0 || bits != 8 * std::uint64_t{head.size}) return not_supported(head, fmt::format("{} bits", bits));
  const bool is_signed = (head.flags & 0x08) != 0;
  const bool big_endian = (head.flags & 0x01) != 0;
  switch (head.size) {
    case 1:
      return number(head, is_signed ? DType::kInt8 : DType::kUInt8, false);
    case 2:
      return number(head, is_signed ? DType::kInt16 : DType::kUInt16, big_endian);
    case 4:
      return number(head, is_signed ? DType::kInt32 : DType::kUInt32, big_endian);
    case 8:
      return number(head, is_signed ? DType::kInt64 : DType::kUInt64, big_endian);
    default:
      return not_supported(head);
  }
}

struct FloatFormat {
  DType dtype;
  std::uint32_t size;
  std::uint8_t exponent_at, exponent_bits, mantissa_bits;
  std::uint32_t bias;
};

constexpr FloatFormat kFloatFormats[] = {
    {DType::kFloat16, 2, 10, 5, 10, 15},
    {DType::kBFloat16, 2, 7, 8, 7, 127},
    {DType::kFloat32, 4, 23, 8, 23, 127},
    {DType::kFloat64, 8, 52, 11, 52, 1023},
};

Datatype parse_float(Cursor& cursor, const Head& head) {
  const std::uint16_t bit_offset = cursor.u16();
  const std::uint16_t bits = cursor.u16();
  const std::uint8_t exponent_at = cursor.u8();
  const std::uint8_t exponent_bits = cursor.u8();
  const std::uint8_t mantissa_at = cursor.u8();
  const std::uint8_t mantissa_bits = cursor.u8();
  const std::uint32_t bias = cursor.u32();
  const std::uint32_t sign_at = (head.flags >> 8) & 0xff;
  const bool vax = (head.flags & 0x40) != 0;
  const bool implied_leading_bit = ((head.flags >> 4) & 0x03) == 2;
  for (const FloatFormat& format : kFloatFormats) {
    if (!vax && implied_leading_bit && bit_offset == 0 && bits == 8 * head.size && head.size == format.size &&
        exponent_at == format.exponent_at && exponent_bits == format.exponent_bits && mantissa_at == 0 &&
        mantissa_bits == format.mantissa_bits && bias == format.bias && sign_at == bits - 1U) {
      return number(head, format.dtype, (head.flags & 0x01) != 0);
    }
  }
  return not_supported(head, fmt::format("exponent of {} bits, mantissa of {}", exponent_bits, mantissa_bits));
}

std::string member_name(Cursor& cursor, const Head& head) {
  const std::uint64_t start = cursor.position();
  std::string name = cursor.text_to_nul();
  const std::uint64_t used = cursor.position() - start;
  if (head.version < 3 && used % 8 != 0) cursor.skip(8 - used % 8);
  return name;
}

// h5py's bool is an enumeration of one byte: FALSE = 0, TRUE = 1. Any other enumeration reads as its numbers.
Datatype parse_enum(Cursor& cursor, const Head& head, int nesting) {
  Datatype base = parse(cursor, nesting + 1);
  const std::uint32_t members = head.flags & 0xffff;
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < members; ++i) names.push_back(member_name(cursor, head));
  const auto values = cursor.bytes(std::uint64_t{members} * base.size);
  if (!base.unsupported.empty() || base.size != head.size) return not_supported(head);
  if (base.size == 1 && members == 2) {
    const int first = std::to_integer<int>(values[0]), second = std::to_integer<int>(values[1]);
    if ((names[0] == "FALSE" && first == 0 && names[1] == "TRUE" && second == 1) ||
        (names[0] == "TRUE" && first == 1 && names[1] == "FALSE" && second == 0)) {
      base.dtype = DType::kBool;
    }
  }
  return base;
}

struct Member {
  std::string name;
  std::uint64_t offset;
  Datatype type;
};

Member parse_member(Cursor& cursor, const Head& head, int nesting) {
  Member member;
  member.name = member_name(cursor, head);
  member.offset = head.version < 3 ? cursor.u32() : cursor.uint(bytes_for(head.size));
  if (head.version == 1) cursor.skip(1 + 3 + 4 + 4 + 16);  // an array's sizes, before arrays were a class
  member.type = parse(cursor, nesting + 1);
  return member;
}

// h5py's complex numbers are pairs {r, i} of floats; other compounds are not weights.
Datatype parse_compound(Cursor& cursor, const Head& head, int nesting) {
  const std::uint32_t members = head.flags & 0xffff;
  if (members != 2) return not_supported(head, fmt::format("{} members", members));
  const Member real = parse_member(cursor, head, nesting);
  const Member imaginary = parse_member(cursor, head, nesting);
  const bool is_complex = real.name == "r" && imaginary.name == "i" && real.offset == 0 &&
                          imaginary.offset == real.type.size && head.size == 2 * std::uint64_t{real.type.size} &&
                          real.type.dtype == imaginary.type.dtype && real.type.swap_unit == imaginary.type.swap_unit;
  if (!is_complex || (real.type.dtype != DType::kFloat32 && real.type.dtype != DType::kFloat64)) {
    return not_supported(head, fmt::format("{} and {}", real.name, imaginary.name));
  }
  Datatype type = real.type;
  type.dtype = type.dtype == DType::kFloat32 ? DType::kComplex64 : DType::kComplex128;
  type.size = head.size;
  return type;
}

Datatype parse_variable_length(Cursor& cursor, const Head& head, int nesting) {
  (void)parse(cursor, nesting + 1);  // the base type, which must be passed
  if ((head.flags & 0x0f) != 1) return not_supported(head, "sequence");
  // An element is {u32 length, address of a collection, u32 index}.
  if (head.size != 8 + cursor.context().source().offset_size) return not_supported(head);
  Datatype type;
  type.size = head.size;
  type.dtype = DType::kString;
  type.text = Datatype::Text::kVariable;
  return type;
}

Datatype parse_fixed_string(const Head& head) {
  Datatype type;
  type.size = head.size;
  type.dtype = DType::kString;
  type.text = Datatype::Text::kFixed;
  type.padding = static_cast<std::uint8_t>(head.flags & 0x0f);
  return type;
}

Datatype parse_opaque(Cursor& cursor, const Head& head) {
  cursor.skip(head.flags & 0xff);  // its tag
  Datatype type;
  type.size = head.size;
  type.opaque = true;
  return type;
}

Datatype parse(Cursor& cursor, int nesting) {
  Head head{};
  head.at = cursor.position();
  if (nesting > kMaxNesting) cursor.context().damaged(head.at, "datatypes are nested too deeply.");
  const std::uint8_t first = cursor.u8();
  head.version = first >> 4;
  head.type_class = first & 0x0f;
  head.flags = static_cast<std::uint32_t>(cursor.uint(3));
  head.size = cursor.u32();
  if (head.version < 1 || head.version > 5) {
    cursor.context().damaged(head.at, "the datatype has an unknown version.", "1 to 5",
                             fmt::format("{}", head.version));
  }
  if (head.size == 0) cursor.context().damaged(head.at, "the datatype has a size of 0 bytes.");
  switch (head.type_class) {
    case kFixedPoint:
      return parse_integer(cursor, head);
    case kFloatingPoint:
      return parse_float(cursor, head);
    case kString:
      return parse_fixed_string(head);
    case kOpaque:
      return parse_opaque(cursor, head);
    case kEnum:
      return parse_enum(cursor, head, nesting);
    case kCompound:
      return parse_compound(cursor, head, nesting);
    case kVariableLength:
      return parse_variable_length(cursor, head, nesting);
    default:
      return not_supported(head);
  }
}

}  // namespace

Datatype parse_datatype(Cursor& cursor) { return parse(cursor, 0); }

Dataspace parse_dataspace(Cursor& cursor) {
  const std::uint64_t start = cursor.position();
  const std::uint8_t version = cursor.u8();
  const std::uint8_t rank = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  if (version != 1 && version != 2) {
    cursor.context().damaged(start, "the dataspace has an unknown version.", "1 or 2", fmt::format("{}", version));
  }
  if (rank > kMaxRank) {
    cursor.context().damaged(start, "the dataspace has too many axes.", "at most 32", fmt::format("{}", rank));
  }
  Dataspace space;
  if (version == 1) {
    cursor.skip(5);
  } else {
    space.null = cursor.u8() == 2;
  }
  for (std::uint8_t i = 0; i < rank; ++i) space.sizes.push_back(cursor.length());
  const std::uint64_t endless = kUndefined >> (64 - 8 * cursor.context().source().length_size);
  for (std::uint8_t i = 0; i < rank; ++i) {
    std::uint64_t limit = (flags & 0x01) != 0 ? cursor.length() : space.sizes[i];
    if (limit == endless) limit = kUndefined;
    if (limit < space.sizes[i]) cursor.context().damaged(start, "an axis of the dataspace is longer than its limit.");
    space.limits.push_back(limit);
  }
  if (space.null) {
    space.sizes.clear();
    space.elements = 0;
    return space;
  }
  // An empty axis makes an empty dataset, however long the others are.
  for (const std::uint64_t size : space.sizes) space.elements = multiply(space.elements, size);
  if (std::find(space.sizes.begin(), space.sizes.end(), 0U) != space.sizes.end()) space.elements = 0;
  return space;
}

Shape to_shape(Context& context, const Dataspace& space) {
  if (space.sizes.size() > static_cast<std::size_t>(Shape::kMaxRank)) {
    context.unsupported(fmt::format("{} axes", space.sizes.size()));
  }
  std::vector<std::int64_t> sizes;
  for (const std::uint64_t size : space.sizes) {
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      context.unsupported("an axis longer than 2^63 - 1");
    }
    sizes.push_back(static_cast<std::int64_t>(size));
  }
  return Shape(std::span<const std::int64_t>(sizes));
}

void to_native(const Datatype& type, std::span<std::byte> elements) {
  if (type.swap_unit > 1) {
    for (std::size_t i = 0; i + type.swap_unit <= elements.size(); i += type.swap_unit) {
      std::reverse(elements.begin() + static_cast<std::ptrdiff_t>(i),
                   elements.begin() + static_cast<std::ptrdiff_t>(i + type.swap_unit));
    }
  }
  if (type.dtype == DType::kBool) {
    for (std::byte& element : elements) element = element == std::byte{0} ? std::byte{0} : std::byte{1};
  }
}

std::string fixed_text(const Datatype& type, std::span<const std::byte> element) {
  std::string text(reinterpret_cast<const char*>(element.data()), element.size());
  if (type.padding == 0) {
    text.resize(std::min(text.size(), text.find('\0')));
  } else {
    const char pad = type.padding == 2 ? ' ' : '\0';
    text.erase(text.find_last_not_of(pad) + 1);
  }
  return text;
}

}  // namespace namesake::formats::hdf5
