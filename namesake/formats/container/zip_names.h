// Names of archive entries: strangers' text, to be shown and never trusted as a path.
#pragma once

#include <string_view>

#include "namesake/formats/container/zip_reader.h"

namespace namesake::formats::zip {

/// Fills entry.name and entry.unsafe from the stored name.
void describe_name(std::string_view stored, ZipEntry& entry);

}  // namespace namesake::formats::zip
