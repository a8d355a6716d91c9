// What reading and writing of protobuf messages share: parsing within limits, and where in a file a message stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"

namespace google::protobuf {
class MessageLite;
}
namespace namesake::proto {
class TensorShape;
}

namespace namesake::formats {

/// A place inside a file: a chain of places on the stack, which becomes text only for an error:
/// `meta graph 0, function "f", node "x", attribute "value"`. The names are looked at, not kept.
class MessagePlace {
 public:
  /// The file itself.
  explicit MessagePlace(std::string_view file) noexcept : file_(file) {}
  MessagePlace(const MessagePlace& outer, std::string_view kind, std::string_view name) noexcept : outer_(&outer), kind_(kind), name_(name) {}
  MessagePlace(const MessagePlace& outer, std::string_view kind, std::size_t index) noexcept : outer_(&outer), kind_(kind), index_(index) {}

  /// Throws FormatError that names file and place.
  [[noreturn]] void fail(std::string what, std::string expected = "", std::string received = "") const;
  /// Throws Unsupported that names them.
  [[noreturn]] void refuse(std::string what, std::string expected = "", std::string received = "") const;

 private:
  [[nodiscard]] std::string_view file() const noexcept { return outer_ == nullptr ? file_ : outer_->file(); }
  [[nodiscard]] std::string text() const;

  const MessagePlace* outer_ = nullptr;
  std::string_view file_;
  std::string_view kind_, name_;
  std::optional<std::size_t> index_;
};

/// False if the bytes are no such message, nest deeper than protobuf's own limit (100 messages), or are 2 GB or more.
[[nodiscard]] bool parse_message(std::span<const std::byte> bytes, google::protobuf::MessageLite& message);
/// Whether the bytes are fields one after the other, as far as can be said without knowing which: what parse_message wants at the top.
[[nodiscard]] bool is_message(std::span<const std::byte> bytes);
/// Throws FormatError for bytes that parse_message or is_message refused: says how much is missing if they were cut off. `message` is their name:
/// "a SavedModel (saved_model.pb)".
[[noreturn]] void fail_message(std::span<const std::byte> bytes, const MessagePlace& place, std::string message);
/// The message's bytes. Throws Unsupported, naming `subject`, if they were more than 2 GB, which no reader takes.
[[nodiscard]] std::string message_bytes(const google::protobuf::MessageLite& message, std::string_view subject);

/// A dtype as TensorFlow numbers them; one that DType has no name for keeps its number.
[[nodiscard]] DType read_dtype(std::int32_t number, const MessagePlace& place);
/// Why a shape cannot be read here: "a shape of 9 axes"; "" if it can.
[[nodiscard]] std::string why_unreadable(const proto::TensorShape& message);
/// Throws Unsupported for a shape that cannot, FormatError for impossible sizes.
[[nodiscard]] Shape read_shape(const proto::TensorShape& message, const MessagePlace& place);
void put_shape(const Shape& shape, proto::TensorShape& message);

}  // namespace namesake::formats
