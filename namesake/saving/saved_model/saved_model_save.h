// Model::save for a name without an extension: a SavedModel directory.
#pragma once

#include <filesystem>
#include <string>

#include "namesake/base/export.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// Replaces the directory as a whole, or leaves it as it is. Throws InvalidArgument for a directory that holds anything else than a
/// SavedModel, a model that is not built, and a signature that cannot be traced; NameCollision, InvalidName, Unsupported, IoError.
SaveReport save_saved_model(const Model& model, const std::filesystem::path& directory, const SaveOptions& options);

/// Throws InvalidArgument if there is a folder that saving must not replace: one that holds anything but a SavedModel.
NAMESAKE_API void check_replaceable(const std::string& folder);

}  // namespace namesake::saving
