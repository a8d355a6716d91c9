// The directory of a zip archive, read and checked: where each entry lies.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "namesake/formats/container/zip_reader.h"

namespace namesake::formats::zip {

/// Every entry, in the directory's order. Throws as ZipReader's constructor does.
[[nodiscard]] std::vector<ZipEntry> read_directory(std::span<const std::byte> bytes, const std::string& file_name);

}  // namespace namesake::formats::zip
