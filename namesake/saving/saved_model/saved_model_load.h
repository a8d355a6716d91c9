// Models of SavedModel directories: of Keras 2's metadata (Keras 2 writes it, and so do we) a model of layers, else one that runs the graph.
#pragma once

#include <filesystem>
#include <string>

#include "namesake/formats/model_file.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// Whether the path is a SavedModel directory, or a frozen graph (`.pb`).
[[nodiscard]] bool is_graph_path(const std::filesystem::path& path);

/// The variables of a SavedModel as a checkpoint, with the model's config in Keras 2's words if the directory has one; null if not.
[[nodiscard]] formats::ModelFile read_saved_model_weights(const std::filesystem::path& directory);

/// A model whose call runs that signature; "": "serving_default", or the only one. The report says so, with `why`.
[[nodiscard]] Model load_graph_model(const std::filesystem::path& path, LoadReport& report, const std::string& why, const std::string& signature = "");

}  // namespace namesake::saving
