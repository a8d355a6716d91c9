#include "namesake/formats/messages.h"

#include <fmt/format.h>
#include <namesake_proto/tensor_bundle.pb.h>

#include <limits>
#include <vector>

#include "namesake/base/error.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kMostBytes = std::numeric_limits<std::int32_t>::max();  // of a message
constexpr std::size_t kLongestName = 200;                                     // in an error; a damaged file may have longer ones

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

bool parse_message(std::span<const std::byte> bytes, google::protobuf::MessageLite& message) {
  return bytes.size() <= kMostBytes && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
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
