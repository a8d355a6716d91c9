// Loading models from files.
//   nk::Model model = nk::load_model("model_0.keras");
#pragma once

#include <filesystem>
#include <string>

#include "namesake/nn/model.h"

namespace namesake {

struct LoadOptions {
  bool compile = true;           // restore optimizer, loss, metrics and the optimizer's state
  bool strict = true;            // anything missing, unused or ambiguous is an error
  bool cast = false;             // numbers of another dtype are converted
  LoadReport* report = nullptr;  // filled if given, also when the load fails in matching
  std::string signature = "";    // of a SavedModel: the model runs this one, whatever layers the file says
};

/// Makes the model of a file (`.keras`, `.h5`) or of a SavedModel directory. A SavedModel that does not say its layers, or has some that are
/// not known here, and a frozen graph (`.pb`), become a model that runs the graph (SavedModel::model). Throws IoError, FormatError (with file
/// and inner place), Unsupported, ShapeMismatch; InvalidArgument for a signature that the file does not have.
[[nodiscard]] NAMESAKE_API Model load_model(const std::filesystem::path& file, const LoadOptions& options = {});

/// Makes a model of its config alone, compiled if the file says how; its weights are initial. For looking at big files, and for a `.json`
/// file that holds what Keras's model.to_json() gives.
[[nodiscard]] NAMESAKE_API Model load_architecture(const std::filesystem::path& file);

/// Makes a model of what Model::to_json(), or that of Keras 2 or 3, gives; its weights are initial. Throws FormatError, Unsupported.
///   Model model = model_from_json(text);   model.load_weights("weights.h5");
[[nodiscard]] NAMESAKE_API Model model_from_json(std::string_view text);

}  // namespace namesake
