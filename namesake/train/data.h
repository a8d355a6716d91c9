// Data to train on, from files (and back: write_npy, write_npz): NPZ (arrays `x` and `y`), a pair of NPY files, CSV (the last column is the label).
//   nk::Dataset digits = nk::load_data("data/digits.npz");
//   model.fit(digits.x, digits.y);
// What is wrong with a file is found here, before any work starts: missing arrays, unequal rows, text where numbers belong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

// NumPy's files, array by array.
using formats::NamedTensor;
using formats::NpzFile;
using formats::read_npy;
using formats::read_npz;
using formats::write_npy;
using formats::write_npz;

struct DataOptions {
  std::string x_key = "";         // of an NPZ; left out: "x", else "x_train"
  std::string y_key = "";         // of an NPZ; left out: "y", else "y_train"
  std::string label_column = "";  // of a CSV: a column's name, or its number from 0 (-1: the last, which is the default)
};

struct Dataset {
  Tensor x;  // (rows, ...), float32
  Tensor y;  // (rows, ...): integers as the file has them, all else float32
  [[nodiscard]] std::int64_t rows() const { return x.shape()[0]; }
};

/// Rows with their labels. One file; or x.npy and y.npy; or several NPZ or CSV files, whose rows follow each other.
/// Throws IoError; FormatError for a damaged file or letters in a CSV; InvalidArgument if an array or column is not there;
/// ShapeMismatch for unequal rows, text or complex numbers; Unsupported for another kind of file.
[[nodiscard]] NAMESAKE_API Dataset load_data(std::span<const std::filesystem::path> files, const DataOptions& options = {});
[[nodiscard]] NAMESAKE_API Dataset load_data(const std::filesystem::path& file, const DataOptions& options = {});

/// Rows without labels: an NPY file, the array `x` of an NPZ (or its only one), all columns of a CSV. Throws as load_data.
[[nodiscard]] NAMESAKE_API Tensor load_inputs(const std::filesystem::path& file, const DataOptions& options = {});

}  // namespace namesake
