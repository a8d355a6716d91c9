// ModelFile: what a file of some format says, as plain data: every entry in file order, those with equal names too.
// Reading a file gives one of these, and builds nothing: no layer and no variable is made, and no weight is read until
// it is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"
#include "namesake/tensor/tensor.h"

namespace namesake::formats {

/// Where bytes come from, when they are asked for. It keeps alive what it reads from; several threads may read at once.
class NAMESAKE_API ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The bytes where they lie in the mapped file, if they can be used as they are. They live as long as this object. Throws FormatError
  /// if a checksum says that they are damaged.
  [[nodiscard]] virtual std::optional<std::span<const std::byte>> mapped() const = 0;
  /// Fills `out`, which has the size of the entry. Throws FormatError if the bytes are damaged, Unsupported if they are
  /// stored in a way that is not read.
  virtual void read_into(std::span<std::byte> out) const = 0;
  /// The elements of an entry of strings. Throws as read_into does; Unsupported if these are no strings.
  [[nodiscard]] virtual std::vector<std::string> read_strings() const;
};

/// Bytes together with what keeps them alive.
struct Bytes {
  std::span<const std::byte> span;
  std::shared_ptr<const void> keeper;
};

/// One weight, or whatever else the file holds as an array.
struct WeightEntry {
  std::string path;                     // inside the weights file: "layers/dense/vars/0"; of a checkpoint the key
  DType dtype = DType::kInvalid;        // kInvalid if `unsupported` says why
  Shape shape;                          // fully known; of unknown rank if `unsupported` says why
  std::uint64_t byte_size = 0;          // of all elements, little-endian; 0 for strings
  std::optional<std::uint64_t> offset;  // in the file (of a checkpoint: its shard), if the elements lie there in one piece, as they are
  std::string alias_of;     // path of the entry that this is another name of (a hard link), "" if it is itself
  std::string unsupported;  // "" if it can be read, else what stands in the way
  JsonValue attributes = JsonValue::object();
  std::shared_ptr<const ByteSource> source;

  /// Fills `out`, which must have byte_size bytes, with the elements, row-major. Throws InvalidArgument for another
  /// size, FormatError if the file is damaged there, Unsupported as `unsupported` says.
  NAMESAKE_API void read_into(std::span<std::byte> out) const;
  /// The elements: in the mapped file if they lie there as they are, else a copy. Throws as read_into does.
  [[nodiscard]] NAMESAKE_API Bytes bytes() const;
  /// A tensor with a copy of the elements, strings too. Throws as read_into does.
  [[nodiscard]] NAMESAKE_API Tensor to_tensor() const;
};

/// A group of the weights file.
struct GroupEntry {
  std::string path;      // "layers/dense/vars"; "" is the root
  std::string alias_of;  // as in WeightEntry
  JsonValue attributes = JsonValue::object();

  /// The attribute `name`: on a `vars` group the layer's own name (Keras 3.6 and later); nothing if it is not stored.
  [[nodiscard]] NAMESAKE_API std::optional<std::string> stored_name() const;
};

/// A link that leads elsewhere by name; Keras does not follow these.
struct LinkEntry {
  std::string path;
  std::string target;
  bool external = false;  // into another file
};

/// An entry of the archive.
struct ArchiveEntry {
  std::string name;
  std::uint64_t size = 0;               // of the content
  std::uint64_t stored_size = 0;        // less if it is compressed
  std::optional<std::uint64_t> offset;  // of the content in the file, if it is not compressed
  std::string unsafe;                   // "" or why no such path may be written to a disk: `leaves its folder`
  std::shared_ptr<const ByteSource> source;

  /// The content. Throws FormatError if it is damaged, Unsupported if it is stored in a way that is not read.
  [[nodiscard]] NAMESAKE_API Bytes bytes() const;
};

struct ModelFile {
  std::string format;  // "keras", "checkpoint"
  std::string file;    // as it was given
  std::uint64_t size = 0;
  JsonValue metadata;                // null if the file has none
  JsonValue config;                  // null if the file has none
  std::vector<WeightEntry> weights;  // in the order in which people count: vars/2 before vars/10
  std::vector<GroupEntry> groups;    // the same; the root first
  std::vector<LinkEntry> links;
  std::vector<ArchiveEntry> entries;  // of an archive: all of them, in file order

  /// The first entry of that name; nullptr if there is none.
  [[nodiscard]] NAMESAKE_API const WeightEntry* find_weight(std::string_view path) const noexcept;
  [[nodiscard]] NAMESAKE_API const GroupEntry* find_group(std::string_view path) const noexcept;
  [[nodiscard]] NAMESAKE_API const ArchiveEntry* find_entry(std::string_view name) const noexcept;
};

}  // namespace namesake::formats
