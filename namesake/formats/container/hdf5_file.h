// Hdf5File: our own reader of HDF5 files. It works on bytes that lie in memory (a mapped file, or a stored entry of a
// mapped zip archive) and copies none of them. Every offset, size and count of the file is checked before it is used,
// since the files are strangers' until proved sound: a damaged one gives FormatError in bounded time and memory.
//   Hdf5File file(bytes, "model.weights.h5");
//   for (const Hdf5Object& object : file.objects())
//     if (object.is_dataset()) file.read(object, buffer);
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
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"

namespace namesake::formats {
namespace hdf5 {
struct Dataset;
}

/// An attribute with its values. One of the three vectors is filled, in row-major order; all are empty for an attribute
/// without elements. An attribute whose type is not understood says so in `unsupported`, and has no values.
struct Hdf5Attribute {
  std::string name;
  DType dtype = DType::kInvalid;  // kString for strings of fixed or variable length
  Shape shape = Shape::scalar();
  std::vector<std::string> strings;
  std::vector<std::int64_t> integers;  // integers and bools; a uint64 above 2^63 - 1 is not supported
  std::vector<double> reals;
  std::string unsupported;  // "" if the values are here
  bool is_scalar = true;    // false for an array, and for the empty one of h5py.Empty
  bool is_null = false;     // h5py.Empty: a type and no shape
};

/// One link of the file and what stands behind it.
struct Hdf5Object {
  enum class Kind : std::uint8_t { kGroup, kDataset, kNamedType, kSoftLink, kExternalLink, kOtherLink };
  static constexpr std::size_t kNone = ~std::size_t{0};

  std::string path;  // "/", "/layers/dense/vars/0"
  std::string name;  // the link's own name; "" for the root
  Kind kind = Kind::kGroup;
  std::size_t parent = kNone;             // index in Hdf5File::objects()
  std::size_t alias_of = kNone;           // a hard link to an object that stands earlier in objects(): its index
  std::vector<std::size_t> children;      // of a group, as stored (by name); empty for an alias
  std::vector<Hdf5Attribute> attributes;  // as stored; empty for an alias
  std::uint64_t address = 0;              // byte offset of the object header in the span
  std::string target;                     // of a soft link: its path; of an external one: `file:path`

  // Datasets only; an alias has them too.
  DType dtype = DType::kInvalid;  // kInvalid if `unsupported` says why
  Shape shape;
  std::uint64_t byte_size = 0;    // of the elements as `read` gives them; 0 for strings
  std::string layout;             // "contiguous", "compact", "chunked", "unallocated", "null"
  std::uint64_t stored_size = 0;  // contiguous and compact: bytes in the file
  std::string unsupported;        // "" if `read` can read it, else what stands in the way

  [[nodiscard]] bool is_group() const noexcept { return kind == Kind::kGroup; }
  [[nodiscard]] bool is_dataset() const noexcept { return kind == Kind::kDataset; }
  [[nodiscard]] bool is_link() const noexcept { return kind >= Kind::kSoftLink; }
  /// The attribute called `name`, or nullptr.
  [[nodiscard]] NAMESAKE_API const Hdf5Attribute* attribute(std::string_view name) const noexcept;
};

class NAMESAKE_API Hdf5File {
 public:
  /// Reads the structure of the whole file: groups, links, attributes, and where each dataset lies, but no dataset's
  /// data. `bytes` must outlive this object; `file_name` is for messages. Throws FormatError for a damaged file,
  /// Unsupported for a feature without which the structure cannot be read.
  Hdf5File(std::span<const std::byte> bytes, std::string file_name);
  ~Hdf5File();
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;

  /// True if `bytes` begin as an HDF5 file does (at 0, or behind a user block).
  [[nodiscard]] static bool looks_like_hdf5(std::span<const std::byte> bytes) noexcept;

  /// Every link, depth first: a group stands before what it holds. The first is the root.
  [[nodiscard]] const std::vector<Hdf5Object>& objects() const noexcept;
  [[nodiscard]] const Hdf5Object& root() const noexcept { return objects().front(); }
  /// The object at `path` (with or without the leading slash), through aliases; nullptr if there is none. Soft and
  /// external links are found, not followed.
  [[nodiscard]] const Hdf5Object* find(std::string_view path) const;
  /// The object called `name` in `group` (through an alias); nullptr if there is none.
  [[nodiscard]] const Hdf5Object* child(const Hdf5Object& group, std::string_view name) const;
  /// The children of `group` (through an alias) in the order in which people count: "2" before "10".
  [[nodiscard]] std::vector<const Hdf5Object*> children_in_natural_order(const Hdf5Object& group) const;

  /// The elements where they lie in the file, if they can be used as they are (one piece, little-endian, no filter).
  [[nodiscard]] std::optional<std::span<const std::byte>> data(const Hdf5Object& dataset) const;
  /// Offset of data(dataset) in the span that the file was opened with.
  [[nodiscard]] std::optional<std::uint64_t> data_offset(const Hdf5Object& dataset) const;
  /// Fills `out`, which must have dataset.byte_size bytes, with the elements: row-major, little-endian, bools as 0
  /// and 1. Several threads may read at once. Throws Unsupported as `dataset.unsupported` says, and for strings and
  /// links; FormatError if the data are damaged; InvalidArgument if `out` has another size.
  void read(const Hdf5Object& dataset, std::span<std::byte> out) const;
  /// The elements of a dataset of strings. Throws as `read` does.
  [[nodiscard]] std::vector<std::string> read_strings(const Hdf5Object& dataset) const;

  [[nodiscard]] const std::string& file_name() const noexcept;

 private:
  struct Contents;
  [[nodiscard]] const Hdf5Object& original(const Hdf5Object& object) const;
  [[nodiscard]] const hdf5::Dataset& readable(const Hdf5Object& object) const;
  std::unique_ptr<Contents> contents_;
};

}  // namespace namesake::formats
