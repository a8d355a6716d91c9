// Constants in graphs (TensorProto). Their elements stand in one piece (tensor_content), or in a list of the dtype's own kind, which
// may be shorter than the shape asks for.
#include <fmt/format.h>
#include <namesake_proto/graph_def.pb.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "namesake/base/error.h"
#include "namesake/formats/container/varint.h"
#include "namesake/formats/graph_messages.h"

namespace namesake::formats {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 31U;  // of one constant, which a short file may claim to be of any size

Bytes owned(std::string bytes) {
  auto keeper = std::make_shared<const std::string>(std::move(bytes));
  const auto span = std::as_bytes(std::span(*keeper));
  return {span, std::move(keeper)};
}

template <class Element, class Values>
std::string packed(const Values& values) {
  std::string bytes(static_cast<std::size_t>(values.size()) * sizeof(Element), '\0');
  std::size_t at = 0;
  for (const auto value : values) {
    const auto element = static_cast<Element>(value);
    std::memcpy(bytes.data() + at, &element, sizeof(Element));
    at += sizeof(Element);
  }
  return bytes;
}

// The elements of the list that belongs to the dtype, as bytes.
std::string listed(const proto::TensorProto& message, DType dtype) {
  switch (dtype) {
    case DType::kFloat32: return packed<float>(message.float_val());
    case DType::kFloat64: return packed<double>(message.double_val());
    case DType::kInt32: case DType::kQInt32: return packed<std::int32_t>(message.int_val());
    case DType::kInt16: case DType::kUInt16: case DType::kQInt16: case DType::kQUInt16: return packed<std::uint16_t>(message.int_val());
    case DType::kInt8: case DType::kUInt8: case DType::kQInt8: case DType::kQUInt8: return packed<std::uint8_t>(message.int_val());
    case DType::kInt64: return packed<std::int64_t>(message.int64_val());
    case DType::kUInt32: return packed<std::uint32_t>(message.uint32_val());
    case DType::kUInt64: return packed<std::uint64_t>(message.uint64_val());
    case DType::kBool: return packed<std::uint8_t>(message.bool_val());
    case DType::kFloat16: case DType::kBFloat16: return packed<std::uint16_t>(message.half_val());
    case DType::kComplex64: return packed<float>(message.scomplex_val());
    case DType::kComplex128: return packed<double>(message.dcomplex_val());
    case DType::kResource: case DType::kVariant: case DType::kInvalid: return "";  // objects of a running program
    default: return "";  // of a dtype that is not known here: kept by its number
  }
}

std::int64_t known_elements(const Shape& shape, const MessagePlace& place) {
  const auto count = shape.elements();
  if (!count) place.fail("The constant's shape is open, or beyond all bounds.", "sizes of all axes", to_string(shape));
  return *count;
}

// Strings in one piece: the varint size of each, then the strings.
std::vector<std::string> strings_of(std::string_view content, const Shape& shape, const MessagePlace& place) {
  const auto count = static_cast<std::uint64_t>(known_elements(shape, place));
  std::span<const std::byte> rest = std::as_bytes(std::span(content));
  if (count > rest.size()) place.fail("The strings are more than their bytes.", fmt::format("{} strings", count), fmt::format("{} bytes", rest.size()));
  std::vector<std::uint64_t> sizes(count);
  for (std::uint64_t& size : sizes) {
    const auto taken = take_varint(rest);
    if (!taken) place.fail("The size of a string is damaged.");
    size = *taken;
  }
  std::vector<std::string> strings;
  strings.reserve(sizes.size());
  for (const std::uint64_t size : sizes) {
    if (size > rest.size()) place.fail("A string reaches beyond its constant.");
    strings.emplace_back(reinterpret_cast<const char*>(rest.data()), size);
    rest = rest.subspan(size);
  }
  if (!rest.empty()) place.fail("Bytes are left over behind the strings.");
  return strings;
}

void check_content(const TensorValue& tensor, std::size_t size, const MessagePlace& place) {
  const std::size_t element = size_of(tensor.dtype);
  if (element == 0) return;  // a dtype that is kept by its number
  const auto count = static_cast<std::uint64_t>(known_elements(tensor.shape, place));
  if (size % element == 0 && size / element == count) return;
  place.fail("The constant's size does not fit its shape.", fmt::format("{} {}s", count, to_string(tensor.dtype)), fmt::format("{} bytes", size));
}

template <class Element, class Add>
void unpacked(std::span<const std::byte> bytes, Add add) {
  for (std::size_t at = 0; at + sizeof(Element) <= bytes.size(); at += sizeof(Element)) {
    Element element;
    std::memcpy(&element, bytes.data() + at, sizeof(Element));
    add(element);
  }
}

void put_list(const TensorValue& tensor, proto::TensorProto& message) {
  const auto bytes = tensor.bytes.span;
  switch (tensor.dtype) {
    case DType::kFloat32: return unpacked<float>(bytes, [&](float v) { message.add_float_val(v); });
    case DType::kFloat64: return unpacked<double>(bytes, [&](double v) { message.add_double_val(v); });
    case DType::kInt32: case DType::kQInt32: return unpacked<std::int32_t>(bytes, [&](std::int32_t v) { message.add_int_val(v); });
    case DType::kInt16: case DType::kQInt16: return unpacked<std::int16_t>(bytes, [&](std::int16_t v) { message.add_int_val(v); });
    case DType::kUInt16: case DType::kQUInt16: return unpacked<std::uint16_t>(bytes, [&](std::uint16_t v) { message.add_int_val(v); });
    case DType::kInt8: case DType::kQInt8: return unpacked<std::int8_t>(bytes, [&](std::int8_t v) { message.add_int_val(v); });
    case DType::kUInt8: case DType::kQUInt8: return unpacked<std::uint8_t>(bytes, [&](std::uint8_t v) { message.add_int_val(v); });
    case DType::kInt64: return unpacked<std::int64_t>(bytes, [&](std::int64_t v) { message.add_int64_val(v); });
    case DType::kUInt32: return unpacked<std::uint32_t>(bytes, [&](std::uint32_t v) { message.add_uint32_val(v); });
    case DType::kUInt64: return unpacked<std::uint64_t>(bytes, [&](std::uint64_t v) { message.add_uint64_val(v); });
    case DType::kBool: return unpacked<std::uint8_t>(bytes, [&](std::uint8_t v) { message.add_bool_val(v != 0); });
    case DType::kFloat16: case DType::kBFloat16: return unpacked<std::uint16_t>(bytes, [&](std::uint16_t v) { message.add_half_val(v); });
    case DType::kComplex64: return unpacked<float>(bytes, [&](float v) { message.add_scomplex_val(v); });
    case DType::kComplex128: return unpacked<double>(bytes, [&](double v) { message.add_dcomplex_val(v); });
    default: message.set_tensor_content(bytes.data(), bytes.size());
  }
}

}  // namespace

std::string why_unreadable(const proto::TensorProto& message) {
  if (message.dtype() > static_cast<std::int32_t>(DType::kUInt64) && (message.int_val_size() != 0 || !message.float8_val().empty())) {
    return fmt::format("elements of TensorFlow's dtype {}", message.dtype());
  }
  return why_unreadable(message.tensor_shape());
}

TensorValue take_tensor(proto::TensorProto& message, const MessagePlace& place) {
  if (const std::string reason = why_unreadable(message); !reason.empty()) place.refuse("The constant is not read.", "a dtype and a shape that are known here", reason);
  TensorValue tensor;
  tensor.dtype = read_dtype(message.dtype(), place);
  tensor.shape = read_shape(message.tensor_shape(), place);
  const auto most = static_cast<std::size_t>(tensor.shape.elements().value_or(std::numeric_limits<std::int64_t>::max()));
  if (tensor.dtype == DType::kString) {
    if (!message.tensor_content().empty()) {
      tensor.strings = strings_of(message.tensor_content(), tensor.shape, place);
    } else {
      for (std::string& text : *message.mutable_string_val()) tensor.strings.push_back(std::move(text));
      if (tensor.strings.size() > most) tensor.strings.resize(most);
    }
    return tensor;
  }
  std::string bytes;
  if (message.tensor_content().empty()) {
    bytes = listed(message, tensor.dtype);
    // TensorFlow passes over the values of a list that the shape has no room for.
    if (const std::size_t element = size_of(tensor.dtype); element != 0 && bytes.size() / element > most) bytes.resize(most * element);
  } else {
    check_content(tensor, message.tensor_content().size(), place);
    bytes = std::move(*message.mutable_tensor_content());
  }
  if (!bytes.empty()) tensor.bytes = owned(std::move(bytes));
  return tensor;
}

void put_tensor(const TensorValue& tensor, proto::TensorProto& message) {
  message.set_dtype(static_cast<std::int32_t>(tensor.dtype));
  put_shape(tensor.shape, *message.mutable_tensor_shape());
  for (const std::string& text : tensor.strings) message.add_string_val(text);
  const auto bytes = tensor.bytes.span;
  const auto count = tensor.shape.elements();
  const std::size_t element = size_of(tensor.dtype);
  // In a list, as TensorFlow does: single numbers, and values that stand for more than themselves.
  const bool whole = count && element != 0 && bytes.size() / element == static_cast<std::uint64_t>(*count);
  if (whole && *count != 1) {
    message.set_tensor_content(bytes.data(), bytes.size());
  } else if (!bytes.empty()) {
    put_list(tensor, message);
  }
}

Tensor TensorValue::to_tensor() const {
  const MessagePlace file("");
  const MessagePlace place(file, "constant", to_string(dtype));
  const std::size_t element = dtype == DType::kString ? sizeof(std::string) : size_of(dtype);
  if (element == 0) place.refuse("Elements of this dtype are not read.", "numbers, bools or strings", fmt::format("{} (TensorFlow's dtype {})", to_string(dtype), static_cast<int>(dtype)));
  const std::int64_t count = known_elements(shape, place);
  const std::size_t held = dtype == DType::kString ? strings.size() : bytes.span.size() / element;
  const auto room = static_cast<std::uint64_t>(count);
  if (held > room || (dtype != DType::kString && bytes.span.size() % element != 0)) {
    place.fail("The constant's elements do not fit its shape.", fmt::format("at most {} elements", count), fmt::format("{}", held));
  }
  if (held < room && count > kMostBytes / static_cast<std::int64_t>(element)) {
    place.fail("The constant repeats one value more often than any memory should hold.", fmt::format("at most {} bytes", kMostBytes), to_string(shape));
  }
  if (dtype == DType::kString) {
    std::vector<std::string> all = strings;
    all.resize(room, strings.empty() ? std::string() : strings.back());
    return Tensor::of_strings(all, shape);
  }
  Tensor tensor = Tensor::empty(dtype, shape);
  std::byte* out = tensor.raw();
  if (held == 0) {
    std::memset(out, 0, room * element);
    return tensor;
  }
  std::memcpy(out, bytes.span.data(), held * element);
  for (std::size_t i = held; i < room; ++i) std::memcpy(out + i * element, out + (held - 1) * element, element);
  if (dtype == DType::kBool) {
    for (std::size_t i = 0; i < room; ++i) out[i] = static_cast<std::byte>(out[i] != std::byte{0});  // a file may hold any byte
  }
  return tensor;
}

TensorValue TensorValue::of(const Tensor& tensor) {
  TensorValue value;
  value.dtype = tensor.dtype();
  value.shape = tensor.shape();
  if (value.dtype == DType::kString) {
    value.strings.assign(tensor.strings().begin(), tensor.strings().end());
  } else {
    const auto keeper = std::make_shared<const Tensor>(tensor);  // shares the numbers
    value.bytes = {keeper->bytes(), keeper};
  }
  return value;
}

}  // namespace namesake::formats
