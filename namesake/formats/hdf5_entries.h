// What an HDF5 file of weights holds, as entries of a ModelFile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "namesake/base/mapped_file.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

/// The bytes of an HDF5 file, wherever they lie.
struct Hdf5Bytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keeper;   // of the bytes
  std::string name;                     // for messages: "model.keras: model.weights.h5"
  std::optional<std::uint64_t> offset;  // of the bytes in the file on disk, if they lie there as they are
  std::shared_ptr<const base::MappedFile> file = nullptr;  // that file on disk; needs `offset`
};

/// Appends all groups, datasets and links to `model`, groups before what they hold, names in the order in which people
/// count. The weights stay where they are until they are asked for. Throws as Hdf5File does.
void list_hdf5(Hdf5Bytes source, ModelFile& model);

}  // namespace namesake::formats
