#include "cli/checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <vector>

#include "namesake/formats/npz.h"
#include "namesake/saving/saved_model/saved_model_save.h"

namespace namesake::cli {
namespace {

std::string rows_text(const Tensor& tensor) { return fmt::format("{} {}", to_string(tensor.shape()), to_string(tensor.dtype())); }

/// The class that a sparse loss does not count, if there is one.
std::optional<std::int64_t> ignored_class(const Loss& loss) {
  const JsonValue config = loss.serialize();
  const JsonValue* inner = config.find("config");
  const JsonValue* ignored = inner != nullptr ? inner->find("ignore_class") : nullptr;
  if (ignored == nullptr || !ignored->is_int()) return std::nullopt;
  return ignored->as_int();
}

/// Class numbers lie in [0, classes).
void check_classes(const Tensor& y, std::int64_t classes, std::optional<std::int64_t> ignored, std::string_view source) {
  const Tensor numbers = cast(y, DType::kFloat64);
  const auto values = numbers.data<double>();
  const std::int64_t per_row = std::max<std::int64_t>(1, y.size() / y.shape()[0]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    if (ignored && value == static_cast<double>(*ignored)) continue;
    if (value >= 0 && value < static_cast<double>(classes) && value == std::floor(value)) continue;
    throw InvalidArgument({.subject = std::string(source),
                           .what = fmt::format("{}: a label is no class of this model.", source),
                           .expected = fmt::format("whole numbers from 0 to {}: the model has {} outputs", classes - 1, classes),
                           .received = fmt::format("{} in row {} (counted from 0)", value, static_cast<std::int64_t>(i) / per_row)});
  }
}

// "" stands for a SavedModel directory.
std::string expected_ending(std::initializer_list<std::string_view> extensions) {
  std::vector<std::string_view> endings;
  bool folder = false;
  for (const std::string_view extension : extensions) extension.empty() ? static_cast<void>(folder = true) : endings.push_back(extension);
  return fmt::format("a path that ends in {}{}", fmt::join(endings, " or "), folder ? ", or has no extension (a SavedModel)" : "");
}

}  // namespace

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string ending_of(const std::string& path) {
  return path.ends_with(".weights.h5") ? ".weights.h5" : std::filesystem::path(without_slash(path)).extension().string();
}

void check_target(const std::string& path, std::initializer_list<std::string_view> extensions, std::string_view what) {
  const std::filesystem::path target(without_slash(path));
  const std::string ending = ending_of(path);
  if (std::find(extensions.begin(), extensions.end(), ending) == extensions.end()) {
    throw Unsupported({.subject = path,
                       .what = fmt::format("{}: {} cannot be written as such a file.", path, what),
                       .expected = expected_ending(extensions),
                       .received = ending.empty() ? "no extension" : ending});
  }
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw InvalidArgument({.subject = path,
                           .what = fmt::format("{}: the folder to write to is not there.", path),
                           .expected = "a folder that exists",
                           .received = folder.string(),
                           .fix = fmt::format("mkdir -p {}", folder.string())});
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw InvalidArgument({.subject = path,
                           .what = fmt::format("{}: the folder may not be written to.", path),
                           .expected = "write permission",
                           .received = folder.string()});
  }
  if (!target.has_extension()) return saving::check_replaceable(target.string());
  if (std::filesystem::is_directory(target, error)) {
    throw InvalidArgument({.subject = path, .what = fmt::format("{}: there is a folder of this name.", path), .expected = "the path of a file"});
  }
}

void check_positive(std::int64_t value, std::string_view option) {
  if (value >= 1) return;
  throw InvalidArgument({.subject = std::string(option),
                         .what = fmt::format("{} is too small.", option),
                         .expected = "1 or more",
                         .received = std::to_string(value)});
}

std::string data_text(const DataArguments& arguments) { return fmt::format("{}", fmt::join(arguments.files, ", ")); }

namespace {

/// One array for each name.
Feed read_named(const formats::NpzFile& npz, const std::string& file, const std::vector<std::string>& names, std::string_view kind) {
  Tensors tensors;
  for (const std::string& name : names) {
    if (!npz.has(name)) {
      throw InvalidArgument({.subject = file,
                             .what = fmt::format("{}: the file has no array for the {} \"{}\" of the model.", file, kind, name),
                             .expected = fmt::format("arrays \"{}\"", fmt::join(names, "\", \"")),
                             .received = fmt::format("arrays \"{}\"", fmt::join(npz.names(), "\", \""))});
    }
    tensors.push_back(npz.read(name));
  }
  return Feed::named(names, std::move(tensors));
}

}  // namespace

DataFeeds open_data(const Model& model, const DataArguments& arguments) {
  const std::vector<std::string> inputs = model.model().input_names(), outputs = model.model().output_names();
  if (inputs.size() == 1 && outputs.size() == 1) {
    const std::vector<std::filesystem::path> files(arguments.files.begin(), arguments.files.end());
    const Dataset data = load_data(files, {.x_key = arguments.x_key, .y_key = arguments.y_key, .label_column = arguments.label_column});
    check_inputs(model, data.x, std::filesystem::path(arguments.files[0]).extension() == ".npy" ? arguments.files[0] : data_text(arguments));  // a pair: x first
    check_labels(model, data, data_text(arguments));
    return {data.x, data.y, data.rows()};
  }
  const std::string& file = arguments.files[0];
  if (arguments.files.size() != 1 || std::filesystem::path(file).extension() != ".npz") {
    throw InvalidArgument({.subject = data_text(arguments),
                           .what = fmt::format("The model \"{}\" has {} inputs and {} outputs: its data are one NPZ.", model.name(), inputs.size(), outputs.size()),
                           .expected = fmt::format("--data FILE.npz with arrays \"{}\", \"{}\"", fmt::join(inputs, "\", \""), fmt::join(outputs, "\", \"")),
                           .received = data_text(arguments)});
  }
  const formats::NpzFile npz(file);
  Feed x = read_named(npz, file, inputs, "input");
  const std::int64_t rows = x[0].rank() > 0 ? x[0].shape()[0] : 0;
  return {std::move(x), read_named(npz, file, outputs, "output"), rows};
}

void check_inputs(const Model& model, const Tensor& x, std::string_view source) {
  const Shape expected = model.model().input_shape();
  if (!expected.known_rank() || expected.compatible_with(x.shape())) return;
  std::string fix;
  if (expected.rank() > 0) {
    const Shape row(expected.sizes().subspan(1));
    if (row.elements() && *row.elements() * x.shape()[0] == x.size()) fix = fmt::format("reshape each row to {}: it has as many numbers", to_string(row));
  }
  throw ShapeMismatch({.subject = std::string(source),
                       .what = fmt::format("{} does not fit the model \"{}\".", source, model.name()),
                       .expected = fmt::format("inputs of shape {}", to_string(expected)),
                       .received = rows_text(x),
                       .fix = fix});
}

void compile_model(const Model& model, const CompileArguments& arguments, const std::string& file, bool needs_optimizer) {
  const CompileState* stored = model.model().compiled();
  CompileOptions options;
  if (stored != nullptr) options = *stored;
  if (!arguments.optimizer.empty()) options.optimizer = Optimizer(std::string_view(arguments.optimizer));
  if (!arguments.loss.empty()) options.loss = Loss(std::string_view(arguments.loss));
  if (!arguments.metrics.empty()) options.metrics = std::vector<Metric>(arguments.metrics.begin(), arguments.metrics.end());

  const bool no_optimizer = needs_optimizer && !options.optimizer.defined();
  if (no_optimizer || options.loss.empty()) {
    const std::string missing = no_optimizer && options.loss.empty() ? "no optimizer and no loss" : no_optimizer ? "no optimizer" : "no loss";
    throw InvalidArgument({.subject = file,
                           .what = fmt::format("{}: the file does not say how the model is compiled.", file),
                           .expected = needs_optimizer ? "a compiled model, or the options --optimizer and --loss" : "a compiled model, or the option --loss",
                           .received = missing,
                           .fix = needs_optimizer ? "add --optimizer adam --loss sparse_categorical_crossentropy, or what fits the model"
                                                  : "add --loss sparse_categorical_crossentropy, or what fits the model"});
  }
  if (!options.optimizer.defined()) options.optimizer = Optimizer("sgd");  // evaluating takes no step
  if (arguments.learning_rate) options.optimizer.set_learning_rate(*arguments.learning_rate);
  model.compile(std::move(options));
}

void check_labels(const Model& model, const Dataset& data, std::string_view source) {
  const CompiledOutput& compiled = model.model().compiled_outputs().outputs.at(0);
  // One row would broadcast against anything, and so would as many rows as the model has outputs.
  const std::int64_t rows = std::min<std::int64_t>(data.rows(), model(data.x.rows(0, 1)).shape().back() == 2 ? 3 : 2);
  const Tensor predicted = model(data.x.rows(0, rows));
  Tensor labels = data.y.rows(0, rows);
  const bool sparse = compiled.loss.class_name() == "SparseCategoricalCrossentropy";
  if (sparse) labels = zeros_like(labels);  // shapes first; which classes there are comes below
  try {
    (void)compiled.loss(labels, predicted);
    for (const Metric& metric : compiled.metrics) Metric::deserialize(metric.serialize()).update_state(labels, predicted);
  } catch (const ShapeMismatch& error) {
    ErrorParts parts = error.parts();
    parts.subject = source;
    parts.what = fmt::format("The labels of {} do not fit the model \"{}\": {}", source, model.name(), parts.what);
    Shape given = predicted.shape();
    given.set(0, Shape::kOpen);
    parts.received = fmt::format("labels {}; the model gives {}", rows_text(data.y), to_string(given));
    const bool class_numbers = is_integer(data.y.dtype()) && compiled.loss.class_name() == "CategoricalCrossentropy";
    if (class_numbers) parts.fix = "add --loss sparse_categorical_crossentropy, which takes class numbers";
    if (parts.fix.empty()) parts.expected = fmt::format("labels of a shape that goes with the loss {} and the metrics", compiled.loss.name());
    throw ShapeMismatch(std::move(parts));
  }
  if (sparse) check_classes(data.y, predicted.shape().back(), ignored_class(compiled.loss), source);
}

}  // namespace namesake::cli
