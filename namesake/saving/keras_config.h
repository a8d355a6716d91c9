// The config.json of a `.keras` file: the model, how it was compiled, and a mark of ours. Keras ignores the mark, and a file
// can do without it; with it, a model comes back under its own scope:
//   "namesake": {"version": "0.1.0", "scope": "model_0"}
#pragma once

#include <string>
#include <string_view>

#include "namesake/base/json.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// The model's name in the file. Where the model's name was left out and its layers share its scope, that is the scope
/// (`model_0`), so that Keras shows `model_0/dense_1/kernel` too; else it is the model's own name.
[[nodiscard]] std::string model_name_in_config(const Model& model);
/// The whole document.
[[nodiscard]] JsonValue keras_config(const Model& model, const SaveOptions& options);
/// The model of such a document, compiled if wanted and told. Throws Unsupported, FormatError.
[[nodiscard]] Model model_from_config(const JsonView& config, bool compile);

}  // namespace namesake::saving
