#include "namesake/formats/messages.h"

#include <fmt/format.h>
#include <namesake_proto/tensor_bundle.pb.h>

#include <limits>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/container/varint.h"
#include "namesake/formats/container/wire_field.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();  // of a message
constexpr std::size_t kLongestName = 200;                                     // in an error; a damaged file may have longer ones

struct Part {
  std::size_t start = 0;
  std::uint64_t size = 0;
};

// The part of a message that reaches beyond its end, if one does.
std::optional<Part> part_cut_off(std::span<const std::byte> bytes) {
  auto rest = bytes;
  while (!rest.empty()) {
    const auto tag = take_varint(rest);
    const std::uint64_t kind = tag.value_or(7) & 7U;
    if (kind == 0) {
      if (!take_varint(rest)) return std::nullopt;
      continue;
    }
    const auto size = kind == 2 ? take_varint(rest) : kind == 1 ? std::optional<std::uint64_t>(8) : kind == 5 ? std::optional<std::uint64_t>(4) : std::nullopt;
    if (!size) return std::nullopt;
    if (*size > rest.size()) return Part{bytes.size() - rest.size(), *size};
    rest = rest.subspan(*size);
  }
  return std::nullopt;
}

std::string quoted(std::string_view name) {
  return name.size() <= kLongestName ? fmt::format("\"{}\"", name) : fmt::format("\"{}...\"", name.substr(0, kLongestName));
}

}  // namespace

std::string MessagePlace::text() const {
  if (outer_ == nullptr) return "";
  std::string text = outer_->text();
  if (!text.empty()) text += ", ";
  text += kind_;
  if (index_) {
    text += fmt::format(" {}", *index_);
  } else if (!name_.empty()) {
    text += " " + quoted(name_);
  }
  return text;
}

void MessagePlace::fail(std::string what, std::string expected, std::string received) const {
  throw FormatError(std::string(file()), text(), {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)});
}

void MessagePlace::refuse(std::string what, std::string expected, std::string received) const {
  const std::string place = text();
  throw Unsupported({.subject = std::string(file()),
                     .what = fmt::format("{}{}{}: {}", file(), place.empty() ? "" : ": ", place, what),
                     .expected = std::move(expected),
                     .received = std::move(received)});
}

bool is_message(std::span<const std::byte> bytes) {
  if (bytes.size() > kMostBytes) return false;
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!rest.empty()) {
    if (!take_wire(rest)) return false;
  }
  return true;
}

bool parse_message(std::span<const std::byte> bytes, google::protobuf::MessageLite& message) {
  return bytes.size() <= kMostBytes && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void fail_message(std::span<const std::byte> bytes, const MessagePlace& place, std::string message) {
  if (bytes.size() > kMostBytes) place.fail("The file is larger than a protobuf message may be.", "less than 2 GB", fmt::format("{} bytes", bytes.size()));
  if (const auto part = part_cut_off(bytes)) {
    place.fail("The file was cut off, or is damaged.", fmt::format("{}; a part of {} bytes from byte {} on", message, part->size, part->start),
               fmt::format("{} bytes in all", bytes.size()));
  }
  place.fail("This is no such file, or a damaged one.", std::move(message));
}

std::string message_bytes(const google::protobuf::MessageLite& message, std::string_view subject) {
  const std::size_t size = message.ByteSizeLong();
  if (size > kMostBytes) {
    throw Unsupported({.subject = std::string(subject),
                       .what = fmt::format("{} would be larger than a protobuf message may be.", subject),
                       .expected = "less than 2 GB",
                       .received = fmt::format("{} bytes", size),
                       .fix = "keep large constants in variables, which are stored in files of their own"});
  }
  return message.SerializeAsString();
}

DType read_dtype(std::int32_t number, const MessagePlace& place) {
  if (number < 0 || number > 255) place.fail("This is no dtype.", "a number from 0 to 255", std::to_string(number));
  return static_cast<DType>(number);
}

std::string why_unreadable(const proto::TensorShape& message) {
  return message.unknown_rank() || message.dim_size() <= Shape::kMaxRank ? "" : fmt::format("a shape of {} axes", message.dim_size());
}

Shape read_shape(const proto::TensorShape& message, const MessagePlace& place) {
  if (message.unknown_rank()) return {};
  if (message.dim_size() > Shape::kMaxRank) {
    place.refuse("Shapes of so many axes are not read.", fmt::format("at most {} axes", Shape::kMaxRank), fmt::format("{} axes", message.dim_size()));
  }
  std::vector<std::int64_t> sizes;
  for (const auto& dim : message.dim()) {
    if (dim.size() < Shape::kOpen) place.fail("An axis has an impossible size.", "-1, for an open one, or more", std::to_string(dim.size()));
    sizes.push_back(dim.size());
  }
  return Shape(sizes);
}

void put_shape(const Shape& shape, proto::TensorShape& message) {
  message.set_unknown_rank(!shape.known_rank());
  for (const std::int64_t size : shape.sizes()) message.add_dim()->set_size(size);
}

}  // namespace namesake::formats
