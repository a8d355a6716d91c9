// Opens a file of any supported format, to look at it.
#pragma once

#include <string>

#include "namesake/base/export.h"
#include "namesake/formats/model_file.h"

namespace namesake::view {

/// Throws IoError; FormatError if the file is damaged; Unsupported for a format that is not read.
[[nodiscard]] NAMESAKE_API formats::ModelFile open_model_file(const std::string& path);

}  // namespace namesake::view
