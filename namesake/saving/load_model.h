// Loading models from files.
//   nk::Model model = nk::load_model("model_0.keras");
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "namesake/nn/model.h"

namespace namesake {

/// What a load did, by the paths of weights (`dense_1/kernel`; of the optimizer: `optimizer/...`).
struct LoadReport {
  std::vector<std::string> loaded;
  std::vector<std::string> missing;    // in the model, not in the file
  std::vector<std::string> unused;     // in the file, not in the model
  std::vector<std::string> ambiguous;  // names that say another order than the positions do
  std::vector<std::string> notes;      // what is allowed, and worth knowing
};

struct LoadOptions {
  bool compile = true;           // restore optimizer, loss, metrics and the optimizer's state
  bool strict = true;            // anything missing, unused or ambiguous is an error
  LoadReport* report = nullptr;  // filled if given, also when the load fails in matching
};

/// Makes the model of a file (`.keras`). Throws IoError, FormatError (with file and inner place), Unsupported, ShapeMismatch.
[[nodiscard]] NAMESAKE_API Model load_model(const std::filesystem::path& file, const LoadOptions& options = {});

/// Gives a model the weights of a file (`.keras`), and the optimizer's state if the model is compiled. Throws as load_model does; the
/// model has not changed then.
NAMESAKE_API void load_weights(const Model& model, const std::filesystem::path& file, const LoadOptions& options = {});

/// Makes a model of its config alone, compiled if the file says how; its weights are initial. For looking at big files.
[[nodiscard]] NAMESAKE_API Model load_architecture(const std::filesystem::path& file);

}  // namespace namesake
