// What can be found wrong before any work starts: every command checks its model, its data and its target first, so that
// nothing is half-done when it stops.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "namesake/namesake.h"
#include "namesake/train/data.h"

namespace namesake::cli {

/// `model_0/` is the folder model_0.
[[nodiscard]] std::string without_slash(std::string path);
/// ".keras", ".h5", ".weights.h5" (which holds weights alone), ...; "" of a SavedModel directory.
[[nodiscard]] std::string ending_of(const std::string& path);

/// Throws Unsupported unless `path` ends in one of `extensions` (`.h5` is not `.weights.h5`; "": it has none, and is a SavedModel directory); InvalidArgument unless its
/// folder is there and may be written to, and the path itself is no folder (or one that a SavedModel may replace).
void check_target(const std::string& path, std::initializer_list<std::string_view> extensions, std::string_view what);
/// Throws InvalidArgument unless `value` is at least 1.
void check_positive(std::int64_t value, std::string_view option);

/// What a model is trained on or evaluated with.
struct DataFeeds {
  Feed x, y;
  std::int64_t rows = 0;
};
/// The rows that the arguments name, checked against the model and, if it is compiled, its losses and metrics. A model with one
/// input and output takes what load_data does; one with several takes one NPZ, with an array for each input and output, called
/// as they are. Throws as load_data, check_inputs and check_labels.
[[nodiscard]] DataFeeds open_data(const Model& model, const DataArguments& arguments);
/// How messages call the data: its files.
[[nodiscard]] std::string data_text(const DataArguments& arguments);

/// Throws ShapeMismatch unless the model takes such rows. `source`: the file of x.
void check_inputs(const Model& model, const Tensor& x, std::string_view source);
/// Compiles the model as its file says, where the arguments do not say otherwise. Throws InvalidArgument if an optimizer or a
/// loss is missing; evaluating needs no optimizer.
void compile_model(const Model& model, const CompileArguments& arguments, const std::string& file, bool needs_optimizer);
/// Throws ShapeMismatch or InvalidArgument unless the labels go with the model's output, its loss and its metrics: tried on
/// a few rows, and class numbers on all.
void check_labels(const Model& model, const Dataset& data, std::string_view source);

}  // namespace namesake::cli
