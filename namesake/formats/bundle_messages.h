// The messages of a bundle's index as plain data: what is read from and written to protobuf, in one place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace namesake::formats {

struct BundleHeader {
  std::int64_t shards = 1;
  std::int64_t endianness = 0;  // 0: little
  std::int64_t producer = 1;
  std::int64_t min_consumer = 0;
};

/// One axis of a slice.
struct SliceExtent {
  std::int64_t start = 0;
  std::optional<std::int64_t> length;  // nothing: the whole axis
};
using Slice = std::vector<SliceExtent>;

struct BundleEntry {
  std::int64_t dtype = 0;  // TensorFlow's number
  std::vector<std::int64_t> shape;
  bool unknown_rank = false;
  std::int64_t shard = 0;
  std::int64_t offset = 0, size = 0;
  std::uint32_t crc = 0;  // masked
  std::vector<Slice> slices;
};

/// Nothing if the bytes are no such message.
[[nodiscard]] std::optional<BundleHeader> parse_bundle_header(std::span<const std::byte> bytes);
[[nodiscard]] std::optional<BundleEntry> parse_bundle_entry(std::span<const std::byte> bytes);
[[nodiscard]] std::string to_bytes(const BundleHeader& header);
/// Without slices.
[[nodiscard]] std::string to_bytes(const BundleEntry& entry);

}  // namespace namesake::formats
