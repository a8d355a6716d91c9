// Hdf5Writer: writes HDF5 files that h5py, Keras and every libhdf5 since 1.8 open, through libhdf5 (loaded when first
// used). Equal calls give equal bytes. Data are handed on in one piece, unfiltered, and from 256 bytes on they begin at
// a multiple of 64, so that a reader can use them where they lie.
//   Hdf5FileSink sink(file, offset);                 // a plain .h5 file at offset 0, or a part of a zip archive
//   Hdf5Writer writer(sink, "model.weights.h5");
//   writer.dataset("/layers/dense/vars/0", DType::kFloat32, {10, 4}, bytes);
//   const std::uint64_t size = writer.close();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/formats/container/hdf5_sink.h"
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"

namespace namesake::formats {

/// Paths are absolute, with or without the leading slash; missing groups above them are made. After an exception other
/// than NameCollision, InvalidName and InvalidArgument the file is lost, and only the destructor may be called.
class NAMESAKE_API Hdf5Writer {
 public:
  /// `file_name` is for messages. `sink` must outlive the writer. Throws Unsupported if libhdf5 cannot be loaded.
  Hdf5Writer(Hdf5Sink& sink, std::string file_name);
  /// Without close(): gives the file up, half-written as it is.
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  /// Makes a group; one that is there already stays. Throws NameCollision if a dataset of that name is there, and
  /// InvalidName for a component that HDF5 cannot hold ("", ".", or one with a NUL byte).
  void group(std::string_view path);
  /// Writes `bytes`, row-major, little-endian. bool goes as h5py's enumeration, bfloat16 as Keras writes it: two opaque
  /// bytes, and an attribute `dtype` that says so. Throws NameCollision if `path` is taken, InvalidArgument if `bytes`
  /// has not the size of `shape`, Unsupported for strings and quantized types.
  void dataset(std::string_view path, DType dtype, const Shape& shape, std::span<const std::byte> bytes);

  /// Attributes of the group or dataset at `path` ("/" is the root), which must be there. Throw NameCollision if it has
  /// one called `name`, and Unsupported above 64,000 bytes in the object's header (an array of 4,000 strings).
  void attribute(std::string_view path, std::string_view name, std::string_view text);
  void attribute(std::string_view path, std::string_view name, std::span<const std::string> texts);
  void attribute(std::string_view path, std::string_view name, std::int64_t number);
  void attribute(std::string_view path, std::string_view name, std::span<const std::int64_t> numbers);
  void attribute(std::string_view path, std::string_view name, double number);

  /// Finishes the file and returns its size in bytes. Throws what the sink threw (IoError for a full disk).
  std::uint64_t close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace namesake::formats
