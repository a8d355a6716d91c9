#include "namesake/train/data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "namesake/base/error.h"
#include "namesake/formats/csv.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace {

enum class Kind { kNpy, kNpz, kCsv };

Kind kind_of(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".npy") return Kind::kNpy;
  if (extension == ".npz") return Kind::kNpz;
  if (extension == ".csv") return Kind::kCsv;
  throw Unsupported({.subject = file.string(),
                     .what = fmt::format("{}: data cannot be read from this kind of file.", file.string()),
                     .expected = "a file that ends in .npz, .npy or .csv",
                     .received = extension.empty() ? "no extension" : extension});
}

/// An array and how messages call it: `digits.npz: array "x"`.
struct Named {
  Tensor tensor;
  std::string text;
};

std::string shape_text(const Named& array) {
  return fmt::format("{} {}", to_string(array.tensor.shape()), to_string(array.tensor.dtype()));
}

void check_numbers(const Named& array) {
  const DType dtype = array.tensor.dtype();
  if (!is_floating(dtype) && !is_integer(dtype) && dtype != DType::kBool) {
    throw ShapeMismatch({.subject = array.text,
                         .what = fmt::format("{} does not hold plain numbers.", array.text),
                         .expected = "integers, floating-point numbers or bools",
                         .received = shape_text(array)});
  }
  if (array.tensor.rank() < 1 || array.tensor.shape()[0] == 0) {
    throw ShapeMismatch({.subject = array.text,
                         .what = fmt::format("{} has no rows.", array.text),
                         .expected = "at least one row along the first axis",
                         .received = shape_text(array)});
  }
}

Tensor as_inputs(const Named& array) {
  check_numbers(array);
  return cast(array.tensor, DType::kFloat32);
}

Tensor as_labels(const Named& array) {
  check_numbers(array);
  return is_integer(array.tensor.dtype()) ? array.tensor : cast(array.tensor, DType::kFloat32);
}

Dataset make_dataset(const Named& x, const Named& y) {
  Dataset data{as_inputs(x), as_labels(y)};
  if (data.x.shape()[0] != data.y.shape()[0]) {
    throw ShapeMismatch({.subject = x.text,
                         .what = fmt::format("{} and {} have different numbers of rows.", x.text, y.text),
                         .expected = "a label for each row",
                         .received = fmt::format("{} and {}", shape_text(x), shape_text(y))});
  }
  return data;
}

// ---- NPZ

/// The name of the array to read: `wanted` if it was said, else the first of `usual` that the file has.
std::optional<std::string> array_name(const formats::NpzFile& npz, const std::string& wanted, std::span<const char* const> usual) {
  if (!wanted.empty()) return npz.has(wanted) ? std::optional(wanted) : std::nullopt;
  for (const char* name : usual) {
    if (npz.has(name)) return name;
  }
  return std::nullopt;
}

[[noreturn]] void refuse_npz(const std::string& file, const formats::NpzFile& npz, const std::string& missing, const std::string& expected,
                             std::string_view option) {
  throw InvalidArgument({.subject = file,
                         .what = fmt::format("{}: the file has no array {}.", file, missing),
                         .expected = expected,
                         .received = npz.names().empty() ? "a file without arrays" : fmt::format("arrays \"{}\"", fmt::join(npz.names(), "\", \"")),
                         .fix = fmt::format("say which of its arrays to take ({})", option)});
}

constexpr const char* kUsualX[] = {"x", "x_train"};
constexpr const char* kUsualY[] = {"y", "y_train"};

Named read_array(const std::string& file, const formats::NpzFile& npz, const std::string& name) {
  return {npz.read(name), fmt::format("{}: array \"{}\"", file, name)};
}

Named npz_inputs(const std::string& file, const formats::NpzFile& npz, const std::string& key) {
  const auto name = array_name(npz, key, kUsualX);
  if (name) return read_array(file, npz, *name);
  refuse_npz(file, npz, key.empty() ? "\"x\"" : "\"" + key + "\"", "the inputs, called \"x\" or \"x_train\"", "x_key, --x-key");
}

Dataset load_npz(const std::string& file, const DataOptions& options) {
  const formats::NpzFile npz(file);
  const Named x = npz_inputs(file, npz, options.x_key);
  const auto y = array_name(npz, options.y_key, kUsualY);
  if (!y) {
    refuse_npz(file, npz, options.y_key.empty() ? "\"y\"" : "\"" + options.y_key + "\"", "the labels, called \"y\" or \"y_train\"",
               "y_key, --y-key");
  }
  return make_dataset(x, read_array(file, npz, *y));
}

// ---- CSV

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::int64_t label_index(const std::string& file, const formats::CsvTable& table, const std::string& wanted) {
  const std::int64_t columns = table.values.shape()[1];
  if (columns < 2) {
    throw ShapeMismatch({.subject = file,
                         .what = fmt::format("{}: the table has no column beside the labels.", file),
                         .expected = "columns of inputs, and one of labels",
                         .received = "1 column"});
  }
  if (wanted.empty()) return columns - 1;
  const auto found = std::find(table.columns.begin(), table.columns.end(), wanted);
  if (found != table.columns.end()) return found - table.columns.begin();
  if (const auto number = number_in(wanted); number && *number >= -columns && *number < columns) return (*number + columns) % columns;
  throw InvalidArgument({.subject = file,
                         .what = fmt::format("{}: there is no column \"{}\".", file, wanted),
                         .expected = table.columns.empty() ? fmt::format("a number from 0 to {} (the file has no line of names)", columns - 1)
                                                           : fmt::format("one of: {}", fmt::join(table.columns, ", ")),
                         .received = wanted});
}

/// Class numbers as int32, other labels as they are.
Tensor csv_labels(const Tensor& values) {
  constexpr float kLargest = 16777216.0F;  // up to here float32 holds every integer
  const auto numbers = values.data<float>();
  const bool whole = std::all_of(numbers.begin(), numbers.end(), [](float v) { return std::abs(v) <= kLargest && v == std::floor(v); });
  return whole ? cast(values, DType::kInt32) : values;
}

Dataset load_csv(const std::string& file, const DataOptions& options) {
  const formats::CsvTable table = formats::read_csv(file);
  const std::int64_t label = label_index(file, table, options.label_column);
  const std::int64_t rows = table.values.shape()[0], columns = table.values.shape()[1];
  Tensor x = Tensor::empty(DType::kFloat32, {rows, columns - 1});
  Tensor y = Tensor::empty(DType::kFloat32, {rows});
  const float* in = table.values.data<float>().data();
  float* out = x.raw_as<float>();
  for (std::int64_t row = 0; row < rows; ++row, in += columns) {
    out = std::copy(in, in + label, out);
    y.raw_as<float>()[row] = in[label];
    out = std::copy(in + label + 1, in + columns, out);
  }
  return make_dataset({x, file}, {csv_labels(y), file});
}

// ---- several files

Dataset load_one(const std::filesystem::path& file, const DataOptions& options) {
  switch (kind_of(file)) {
    case Kind::kNpz: return load_npz(file.string(), options);
    case Kind::kCsv: return load_csv(file.string(), options);
    case Kind::kNpy: break;
  }
  throw InvalidArgument({.subject = file.string(),
                         .what = fmt::format("{}: an NPY file holds one array, so the labels are missing.", file.string()),
                         .expected = "two NPY files, the inputs and the labels, in this order",
                         .received = "one",
                         .fix = "give the second one too (--data x.npy --data y.npy), or put both into an NPZ"});
}

Dataset load_npy_pair(const std::filesystem::path& x, const std::filesystem::path& y) {
  return make_dataset({formats::read_npy(x.string()), x.string()}, {formats::read_npy(y.string()), y.string()});
}

/// The rows of all parts, one after another.
Tensor joined(std::span<const Tensor> parts, std::span<const std::filesystem::path> files) {
  const Shape& first = parts[0].shape();
  Shape whole = first;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Shape same = parts[i].shape();
    rows += same[0];
    if (same.rank() == first.rank()) same.set(0, first[0]);
    if (same == first && parts[i].dtype() == parts[0].dtype()) continue;
    throw ShapeMismatch({.subject = files[i].string(),
                         .what = fmt::format("The rows of {} do not go with those of {}.", files[i].string(), files[0].string()),
                         .expected = shape_text({parts[0], ""}),
                         .received = shape_text({parts[i], ""})});
  }
  whole.set(0, rows);
  Tensor all = Tensor::empty(parts[0].dtype(), whole);
  std::byte* out = all.raw();
  for (const Tensor& part : parts) out = std::copy(part.bytes().begin(), part.bytes().end(), out);
  return all;
}

}  // namespace

Dataset load_data(const std::filesystem::path& file, const DataOptions& options) { return load_one(file, options); }

Dataset load_data(std::span<const std::filesystem::path> files, const DataOptions& options) {
  if (files.empty()) throw InvalidArgument({.what = "No file of data was given.", .expected = "at least one"});
  if (files.size() == 2 && kind_of(files[0]) == Kind::kNpy && kind_of(files[1]) == Kind::kNpy) return load_npy_pair(files[0], files[1]);
  if (files.size() == 1) return load_one(files[0], options);
  Tensors xs, ys;
  for (const std::filesystem::path& file : files) {
    const Dataset part = load_one(file, options);
    xs.push_back(part.x);
    ys.push_back(part.y);
  }
  return {joined(xs, files), joined(ys, files)};
}

Tensor load_inputs(const std::filesystem::path& file, const DataOptions& options) {
  const std::string name = file.string();
  switch (kind_of(file)) {
    case Kind::kNpy: return as_inputs({formats::read_npy(name), name});
    case Kind::kCsv: return as_inputs({formats::read_csv(name).values, name});
    case Kind::kNpz: break;
  }
  const formats::NpzFile npz(name);
  if (options.x_key.empty() && npz.names().size() == 1) return as_inputs(read_array(name, npz, npz.names()[0]));
  return as_inputs(npz_inputs(name, npz, options.x_key));
}

}  // namespace namesake
