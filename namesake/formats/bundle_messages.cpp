#include "namesake/formats/bundle_messages.h"

#include <namesake_proto/tensor_bundle.pb.h>

#include <limits>

namespace namesake::formats {
namespace {

template <class Message>
bool parse(std::span<const std::byte> bytes, Message& message) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

std::optional<BundleHeader> parse_bundle_header(std::span<const std::byte> bytes) {
  proto::BundleHeader message;
  if (!parse(bytes, message)) return std::nullopt;
  return BundleHeader{message.num_shards(), message.endianness(), message.version().producer(), message.version().min_consumer()};
}

std::optional<BundleEntry> parse_bundle_entry(std::span<const std::byte> bytes) {
  proto::BundleEntry message;
  if (!parse(bytes, message)) return std::nullopt;
  BundleEntry entry;
  entry.dtype = message.dtype();
  for (const auto& dim : message.shape().dim()) entry.shape.push_back(dim.size());
  entry.unknown_rank = message.shape().unknown_rank();
  entry.shard = message.shard_id();
  entry.offset = message.offset();
  entry.size = message.size();
  entry.crc = message.crc32c();
  for (const auto& stored : message.slices()) {
    Slice& slice = entry.slices.emplace_back();
    for (const auto& extent : stored.extent()) {
      const bool whole = extent.has_length_case() == proto::TensorSlice::Extent::HAS_LENGTH_NOT_SET;
      slice.push_back({extent.start(), whole ? std::nullopt : std::optional<std::int64_t>(extent.length())});
    }
  }
  return entry;
}

std::string to_bytes(const BundleHeader& header) {
  proto::BundleHeader message;
  message.set_num_shards(static_cast<std::int32_t>(header.shards));
  message.mutable_version()->set_producer(static_cast<std::int32_t>(header.producer));
  return message.SerializeAsString();
}

std::string to_bytes(const BundleEntry& entry) {
  proto::BundleEntry message;
  message.set_dtype(static_cast<std::int32_t>(entry.dtype));
  proto::TensorShape* shape = message.mutable_shape();
  for (const std::int64_t size : entry.shape) shape->add_dim()->set_size(size);
  message.set_shard_id(static_cast<std::int32_t>(entry.shard));
  message.set_offset(entry.offset);
  message.set_size(entry.size);
  message.set_crc32c(entry.crc);
  return message.SerializeAsString();
}

}  // namespace namesake::formats
