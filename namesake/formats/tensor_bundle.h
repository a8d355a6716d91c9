// A TensorFlow checkpoint, which TensorFlow calls a tensor bundle: files that share a prefix.
//   PREFIX.index                 a table (container/table_reader.h): "" -> BundleHeader, a tensor's key -> BundleEntry
//   PREFIX.data-00000-of-00002   shards: the tensors' elements, one after the other, little-endian
//   a string tensor              varint size of each; u32 masked CRC-32C of the sizes; the strings
//   a partitioned variable       an entry with `slices` and no data, and an entry for each slice (bundle_slices.h)
//   a checkpoint of objects      the key _CHECKPOINTABLE_OBJECT_GRAPH (object_graph.h)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

/// The prefix of a checkpoint that `path` may be meant as: itself, or without `.index` or `.data-00000-of-00001`.
[[nodiscard]] NAMESAKE_API std::string bundle_prefix(std::string_view path);
/// Whether there is a file PREFIX.index.
[[nodiscard]] NAMESAKE_API bool is_bundle(std::string_view path);

/// Reads the index; the shards are opened when a tensor is asked for, whose checksum is compared then. Format "checkpoint". Throws IoError;
/// FormatError if the index is damaged; Unsupported for bundles of other versions or of machines that count bytes the other way.
[[nodiscard]] NAMESAKE_API ModelFile read_tensor_bundle(const std::string& path);

/// A tensor that shall stand in a bundle.
struct BundleTensor {
  std::string key;
  DType dtype = DType::kInvalid;
  Shape shape;
  Bytes bytes;                       // row-major, little-endian; empty for strings
  std::vector<std::string> strings;  // of kString
};

/// Writes PREFIX.index and PREFIX.data-00000-of-00001, both or neither; equal tensors give equal bytes, in whatever order. Throws
/// NameCollision if two tensors have one key, InvalidName for an empty key, InvalidArgument if bytes do not fit their shape, IoError.
NAMESAKE_API void write_tensor_bundle(const std::string& prefix, std::vector<BundleTensor> tensors);

}  // namespace namesake::formats
