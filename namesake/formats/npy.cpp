// Layout:
//   "\x93NUMPY", u8 major, u8 minor, u16 (version 1) or u32 (2, 3) length of the header, header, elements
//   header: a Python dict, {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, spaces, "\n"; the elements
//   begin at a multiple of 64. Version 3 has UTF-8 in it, which only records need.
#include "namesake/formats/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"

namespace namesake::formats {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLargestHeader = std::size_t{1} << 20;

struct TypeWord {
  std::string_view word;  // without the byte order
  DType dtype;
};
constexpr TypeWord kTypes[] = {
    {"b1", DType::kBool},      {"i1", DType::kInt8},        {"i2", DType::kInt16},   {"i4", DType::kInt32},
    {"i8", DType::kInt64},     {"u1", DType::kUInt8},       {"u2", DType::kUInt16},  {"u4", DType::kUInt32},
    {"u8", DType::kUInt64},    {"f2", DType::kFloat16},     {"f4", DType::kFloat32}, {"f8", DType::kFloat64},
    {"c8", DType::kComplex64}, {"c16", DType::kComplex128},
};

struct Origin {
  const std::string& file;
  const std::string& inner;

  [[noreturn]] void fail(std::size_t at, std::string what, std::string expected = "", std::string received = "") const {
    throw FormatError(file, inner,
                      {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)}, at);
  }
  [[noreturn]] void unsupported(std::string what, std::string received) const {
    throw Unsupported({.subject = file,
                       .what = fmt::format("{}{}{}: {}", file, inner.empty() ? "" : ": ", inner, what),
                       .expected = "an array of numbers or bools",
                       .received = std::move(received)});
  }
};

// Reads the dict of the header: the little of Python that numpy writes there.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::size_t offset, Origin origin)
      : text_(text), offset_(offset), origin_(origin) {}

  NpyHeader parse() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr)
        descr = description();
      else if (key == "fortran_order" && !fortran_order)
        fortran_order = boolean();
      else if (key == "shape" && !shape)
        shape = tuple();
      else
        fail("each of descr, fortran_order, shape once", key);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) fail("the end of the header", rest());
    if (!descr || !fortran_order || !shape) fail("descr, fortran_order and shape", "one of them is missing");
    NpyHeader header{.shape = *shape, .fortran_order = *fortran_order};
    set_type(*descr, header);
    return header;
  }

 private:
  [[noreturn]] void fail(std::string expected, std::string received) const {
    origin_.fail(offset_ + at_, "The header of the array is damaged.", std::move(expected), std::move(received));
  }
  [[nodiscard]] std::string rest() const {
    const std::string_view rest = text_.substr(at_, 20);
    return rest.empty() ? "the end of the header" : fmt::format("'{}'", rest);
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool accept(char wanted) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("'{}'", wanted), rest());
  }
  bool accept_word(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string string() {
    skip_spaces();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) fail("a string", rest());
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) fail("the end of a string", rest());
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  std::string description() {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '[') origin_.unsupported("Arrays of records are not read.", rest());
    return string();
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) fail("True or False", rest());
    return false;
  }
  Shape tuple() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      std::int64_t size = -1;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) fail("the size of an axis", rest());
      at_ = static_cast<std::size_t>(end - text_.data());
      accept_word("L");  // Python 2 wrote 3L
      sizes.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    if (sizes.size() > static_cast<std::size_t>(Shape::kMaxRank)) {
      origin_.unsupported(fmt::format("An array with more than {} axes is not read.", Shape::kMaxRank),
                          fmt::format("{} axes", sizes.size()));
    }
    return Shape(sizes);
  }

  void set_type(std::string_view descr, NpyHeader& header) const {
    const char order = descr.empty() ? '\0' : descr.front();
    const bool has_order = order == '<' || order == '>' || order == '|' || order == '=';
    const std::string_view word = descr.substr(has_order ? 1 : 0);
    const auto found =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeWord& t) { return t.word == word; });
    if (found == std::end(kTypes)) {
      const char kind = word.empty() ? '\0' : word.front();
      if (kind == 'U' || kind == 'S' || kind == 'a')
        origin_.unsupported("An array of text is not read.", std::string(descr));
      if (kind == 'O') origin_.unsupported("An array of Python objects is not read.", std::string(descr));
      origin_.unsupported("An array of this type is not read.", fmt::format("'{}'", descr));
    }
    header.dtype = found->dtype;
    header.big_endian = order == '>';
  }

  std::string_view text_;
  std::size_t offset_;
  Origin origin_;
  std::size_t at_ = 0;
};

std::size_t load_length(std::span<const std::byte> bytes, std::size_t width) {
  std::size_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = (value << 8U) | static_cast<std::uint8_t>(bytes[kMagic.size() + 2 + i]);
  return value;
}

// Bytes that belong together when the byte order is turned: half an element of a complex array.
std::size_t number_size(DType dtype) {
  const bool complex = dtype == DType::kComplex64 || dtype == DType::kComplex128;
  return complex ? size_of(dtype) / 2 : size_of(dtype);
}

void swap_bytes(std::span<std::byte> bytes, std::size_t size) {
  if (size < 2) return;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
}

// From column-major (the first axis runs fastest) to row-major.
void copy_transposed(std::span<const std::byte> in, std::byte* out, const Shape& shape, std::size_t element) {
  const int rank = shape.rank();
  std::int64_t strides[Shape::kMaxRank], index[Shape::kMaxRank] = {};
  for (std::int64_t axis = 0, stride = 1; axis < rank; ++axis) {
    strides[axis] = stride;
    stride *= shape[static_cast<int>(axis)];
  }
  std::int64_t from = 0;
  for (std::int64_t n = shape.count(); n > 0; --n) {
    std::memcpy(out, in.data() + static_cast<std::size_t>(from) * element, element);
    out += element;
    for (int axis = rank - 1; axis >= 0; --axis) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& file, const std::string& inner) {
  const Origin origin{file, inner};
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || text.size() < kMagic.size() + 2) {
    origin.fail(0, "This is no NPY file.", "a file that numpy.save wrote",
                text.empty() ? "an empty file" : "other bytes");
  }
  const auto major = static_cast<std::uint8_t>(bytes[kMagic.size()]);
  if (major < 1 || major > 3) {
    origin.unsupported("This version of the NPY format is not read.", fmt::format("version {}", major));
  }
  const std::size_t width = major == 1 ? 2 : 4;
  const std::size_t start = kMagic.size() + 2 + width;
  if (bytes.size() < start) origin.fail(bytes.size(), "The file ends inside its header.");
  const std::size_t length = load_length(bytes, width);
  if (length > bytes.size() - start || length > kLargestHeader) {
    origin.fail(kMagic.size() + 2, "The header of the array does not lie in the file.", "",
                fmt::format("{} bytes", length));
  }
  NpyHeader header = HeaderParser(text.substr(start, length), start, origin).parse();
  header.data_offset = start + length;
  const std::size_t present = bytes.size() - header.data_offset;
  const std::optional<std::int64_t> count = header.shape.elements();
  const std::size_t element = size_of(header.dtype);
  if (!count || static_cast<std::uint64_t>(*count) > present / element ||
      static_cast<std::size_t>(*count) * element != present) {
    origin.fail(header.data_offset, "The file does not hold as many numbers as its header says.",
                fmt::format("{} {}", to_string(header.shape), to_string(header.dtype)),
                fmt::format("{} bytes", present));
  }
  return header;
}

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& file, const std::string& inner) {
  const NpyHeader header = parse_npy_header(bytes, file, inner);
  Tensor tensor = Tensor::empty(header.dtype, header.shape);
  const auto in = bytes.subspan(header.data_offset);
  if (in.empty()) return tensor;
  const std::span<std::byte> out(tensor.raw(), in.size());
  if (header.fortran_order && header.shape.rank() > 1) {
    copy_transposed(in, tensor.raw(), header.shape, size_of(header.dtype));
  } else {
    std::memcpy(tensor.raw(), in.data(), in.size());
  }
  if (header.big_endian) swap_bytes(out, number_size(header.dtype));
  if (header.dtype == DType::kBool) {
    for (std::byte& value : out) value = static_cast<std::byte>(value != std::byte{0});
  }
  return tensor;
}

Tensor read_npy(const std::string& path) {
  const auto file = base::MappedFile::open(path);
  return parse_npy(file->bytes(), path);
}

std::string npy_header(DType dtype, const Shape& shape) {
  const auto found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeWord& t) { return t.dtype == dtype; });
  if (found == std::end(kTypes)) {
    throw Unsupported({.what = "NumPy has no such array.",
                       .expected = "an array of numbers or bools",
                       .received = std::string(to_string(dtype)),
                       .fix = "cast it to float32 first"});
  }
  std::string sizes;
  for (const std::int64_t size : shape.sizes()) sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", size);
  if (shape.rank() == 1) sizes += ",";
  std::string dict = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                 size_of(dtype) == 1 ? '|' : '<', found->word, sizes);
  const std::size_t start = kMagic.size() + 4;
  const std::size_t whole = (start + dict.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  dict.append(whole - start - dict.size() - 1, ' ');
  dict += '\n';
  std::string header(kMagic);
  header += {'\1', '\0', static_cast<char>(dict.size() & 0xFFU), static_cast<char>(dict.size() >> 8U)};
  return header + dict;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  const std::string header = npy_header(tensor.dtype(), tensor.shape());
  base::AtomicFile file(path);
  file.write(std::as_bytes(std::span(header)));
  file.write(tensor.bytes());
  file.commit();
}

}  // namespace namesake::formats
