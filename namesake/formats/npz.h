// NPZ: named arrays, as numpy.savez and numpy.savez_compressed write them: a zip archive with an NPY file for each.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake::base {
class MappedFile;
}

namespace namesake::formats {

class ZipReader;

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// An NPZ file, read array by array.
class NAMESAKE_API NpzFile {
 public:
  /// Throws IoError; FormatError if `path` is no whole NPZ archive, or two of its arrays have one name.
  explicit NpzFile(const std::string& path);
  ~NpzFile();
  NpzFile(NpzFile&&) noexcept;
  NpzFile& operator=(NpzFile&&) noexcept;

  /// In the order of the file, without ".npy".
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  /// The array called `name`. Throws InvalidArgument if there is none, else as parse_npy.
  [[nodiscard]] Tensor read(std::string_view name) const;

 private:
  std::shared_ptr<const base::MappedFile> file_;
  std::unique_ptr<ZipReader> zip_;
  std::vector<std::string> names_;
};

/// All arrays of `path`, in the order of the file. Throws as NpzFile.
[[nodiscard]] NAMESAKE_API std::vector<NamedTensor> read_npz(const std::string& path);

/// Writes the arrays to `path`, uncompressed, in this order, all or nothing. Throws IoError, NameCollision if two have
/// one name, Unsupported as write_npy.
NAMESAKE_API void write_npz(const std::string& path, std::span<const NamedTensor> arrays);

}  // namespace namesake::formats
