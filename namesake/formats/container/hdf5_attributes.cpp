#include "namesake/formats/container/hdf5_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_trees.h"
#include "namesake/formats/container/hdf5_types.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr std::uint8_t kAttributeNameTree = 8;  // kind of a version 2 B-tree

template <class T>
T load(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const double mantissa = bits & 0x3ff;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0) return sign * mantissa * 0x1p-24;
  if (exponent == 31) {
    return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  return sign * (1.0 + mantissa / 1024.0) *
         std::bit_cast<double>(static_cast<std::uint64_t>(exponent - 15 + 1023) << 52);
}

// `element` is in native form. Returns false if the value has no place in an Hdf5Attribute.
bool add_number(Hdf5Attribute& attribute, std::span<const std::byte> element) {
  switch (attribute.dtype) {
    case DType::kBool:
      attribute.integers.push_back(load<std::uint8_t>(element) != 0);
      return true;
    case DType::kInt8:
      attribute.integers.push_back(load<std::int8_t>(element));
      return true;
    case DType::kInt16:
      attribute.integers.push_back(load<std::int16_t>(element));
      return true;
    case DType::kInt32:
      attribute.integers.push_back(load<std::int32_t>(element));
      return true;
    case DType::kInt64:
      attribute.integers.push_back(load<std::int64_t>(element));
      return true;
    case DType::kUInt8:
      attribute.integers.push_back(load<std::uint8_t>(element));
      return true;
    case DType::kUInt16:
      attribute.integers.push_back(load<std::uint16_t>(element));
      return true;
    case DType::kUInt32:
      attribute.integers.push_back(load<std::uint32_t>(element));
      return true;
    case DType::kUInt64: {
      const auto value = load<std::uint64_t>(element);
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
      attribute.integers.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    case DType::kFloat16:
      attribute.reals.push_back(half_to_double(load<std::uint16_t>(element)));
      return true;
    case DType::kBFloat16:
      attribute.reals.push_back(std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(element)} << 16));
      return true;
    case DType::kFloat32:
      attribute.reals.push_back(static_cast<double>(load<float>(element)));
      return true;
    case DType::kFloat64:
      attribute.reals.push_back(load<double>(element));
      return true;
    default:
      return false;
  }
}

void read_values(GlobalHeap& strings, const Datatype& type, std::uint64_t elements, Cursor data,
                 Hdf5Attribute& attribute) {
  for (std::uint64_t i = 0; i < elements; ++i) {
    Cursor element = data.window(type.size);
    if (type.text == Datatype::Text::kVariable) {
      attribute.strings.push_back(strings.text(element));
      continue;
    }
    const auto stored = element.bytes(type.size);
    if (type.text == Datatype::Text::kFixed) {
      attribute.strings.push_back(fixed_text(type, stored));
      continue;
    }
    std::byte native[16];
    std::copy(stored.begin(), stored.end(), native);
    to_native(type, std::span(native).first(type.size));
    if (!add_number(attribute, std::span<const std::byte>(native).first(type.size))) {
      attribute.unsupported = fmt::format("{} attribute", to_string(type.dtype));
      attribute.integers.clear();
      return;
    }
  }
}

struct Parts {
  Hdf5Attribute attribute;
  Cursor type, space, data;
  bool shared_type = false, shared_space = false;
};

Parts split(Cursor cursor) {
  const std::uint64_t start = cursor.position();
  const std::uint8_t version = cursor.u8();
  if (version < 1 || version > 3) {
    cursor.context().damaged(start, "the attribute has an unknown version.", "1, 2 or 3", fmt::format("{}", version));
  }
  const std::uint8_t flags = cursor.u8();
  const std::uint16_t name_size = cursor.u16(), type_size = cursor.u16(), space_size = cursor.u16();
  if (version == 3) cursor.skip(1);
  const auto padded = [&](std::uint16_t size) {
    Cursor part = cursor.window(size);
    if (version == 1 && size % 8 != 0) cursor.skip(8 - size % 8U);
    return part;
  };
  Cursor name = padded(name_size);
  const Cursor type = padded(type_size);
  const Cursor space = padded(space_size);
  Parts parts{{}, type, space, cursor, version > 1 && (flags & 0x01) != 0, version > 1 && (flags & 0x02) != 0};
  parts.attribute.name = name.text_to_nul();
  return parts;
}

Hdf5Attribute read_attribute(Context& context, GlobalHeap& strings, Cursor message) {
  Parts parts = split(message);
  Hdf5Attribute& attribute = parts.attribute;
  try {
    Cursor type_data = resolve(context, parts.type, parts.shared_type, MessageType::kDatatype);
    Cursor space_data = resolve(context, parts.space, parts.shared_space, MessageType::kDataspace);
    const Datatype type = parse_datatype(type_data);
    const Dataspace space = parse_dataspace(space_data);
    attribute.dtype = type.dtype;
    attribute.is_null = space.null;
    attribute.is_scalar = space.sizes.empty() && !space.null;
    attribute.shape = space.null ? Shape({0}) : to_shape(context, space);
    if (type.dtype == DType::kInvalid) {
      attribute.unsupported = type.opaque ? "opaque datatype" : type.unsupported;
    } else if (multiply(space.elements, type.size) > parts.data.remaining()) {
      context.damaged(
          parts.data.position(), fmt::format("the values of attribute \"{}\" are cut short.", attribute.name),
          fmt::format("{} times {} bytes", space.elements, type.size), fmt::format("{} bytes", parts.data.remaining()));
    } else {
      read_values(strings, type, space.elements, parts.data, attribute);
    }
  } catch (const Unsupported& error) {
    attribute.unsupported = error.parts().received;
  }
  return std::move(parts.attribute);
}

void read_dense(Context& context, GlobalHeap& strings, Cursor info, std::vector<Hdf5Attribute>& attributes) {
  info.expect_version(0);
  if ((info.u8() & 0x01) != 0) info.skip(2);  // greatest creation order
  const std::uint64_t heap_address = info.address();
  const std::uint64_t tree = info.address();
  if (heap_address == kUndefined || tree == kUndefined) return;
  FractalHeap heap(context, heap_address);
  const std::size_t first = attributes.size();
  walk_tree_2(context, tree, kAttributeNameTree, [&](Cursor record) {
    const auto id = record.bytes(heap.id_size());
    if ((record.u8() & kSharedFlag) != 0) context.unsupported("a shared attribute");
    const Cursor object = heap.object(id);
    context.spend(object.position(), object.remaining());
    attributes.push_back(read_attribute(context, strings, object));
  });
  std::stable_sort(attributes.begin() + static_cast<std::ptrdiff_t>(first), attributes.end(),
                   [](const Hdf5Attribute& a, const Hdf5Attribute& b) { return a.name < b.name; });
}

}  // namespace

std::vector<Hdf5Attribute> read_attributes(Context& context, GlobalHeap& strings, const std::vector<Message>& header) {
  std::vector<Hdf5Attribute> attributes;
  for (const Message& message : header) {
    if (message.type == MessageType::kAttribute) {
      if (message.shared()) context.unsupported("a shared attribute");
      attributes.push_back(read_attribute(context, strings, message.data));
    } else if (message.type == MessageType::kAttributeInfo) {
      read_dense(context, strings, message.data, attributes);
    }
  }
  return attributes;
}

}  // namespace namesake::formats::hdf5
