// Writing legacy `.h5` files, in words that Keras 2 and 3 both open where there are such.
#pragma once

#include <filesystem>

#include "namesake/nn/model.h"

namespace namesake::saving {

/// Saves a whole model, or (`whole` false) its weights alone. All or nothing. Throws as Model::save does.
[[nodiscard]] SaveReport save_legacy(const Model& model, const std::filesystem::path& file, const SaveOptions& options, bool whole);

}  // namespace namesake::saving
