// NPY: one array as NumPy saves it. Versions 1.0 to 3.0, both element orders, both byte orders; numbers and bools.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake::formats {

/// What an NPY header says.
struct NpyHeader {
  DType dtype = DType::kInvalid;
  Shape shape;
  bool fortran_order = false;
  bool big_endian = false;
  std::size_t data_offset = 0;
};

/// Reads the array of the file `path`. Throws IoError; FormatError if it is no whole NPY file; Unsupported for text,
/// objects, records and dates.
[[nodiscard]] NAMESAKE_API Tensor read_npy(const std::string& path);
/// The same for bytes in memory; `file` and `inner` are for messages.
[[nodiscard]] NAMESAKE_API Tensor parse_npy(std::span<const std::byte> bytes, const std::string& file,
                                            const std::string& inner = "");
/// Reads only the header, and checks that the data behind it have the size that it says.
[[nodiscard]] NAMESAKE_API NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& file,
                                                      const std::string& inner = "");

/// Writes `tensor` to `path`, all or nothing. Throws IoError; Unsupported for a dtype that NumPy has not (bfloat16) or
/// that is no number.
NAMESAKE_API void write_npy(const std::string& path, const Tensor& tensor);
/// The header of an NPY file (version 1.0) for this dtype and shape; the elements follow, row-major. Throws as
/// write_npy.
[[nodiscard]] NAMESAKE_API std::string npy_header(DType dtype, const Shape& shape);

}  // namespace namesake::formats
