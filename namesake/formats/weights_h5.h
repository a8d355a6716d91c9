// `.weights.h5`: the weights of a model in a file of their own, laid out as in the `model.weights.h5` of a `.keras` archive
// (keras_archive.h). Keras 3 writes it, and Keras 2.12 and later.
//   layers/<snake class>[_n]/vars/<i>     attribute `name` on `vars`: the layer's own name (Keras 3.6 and later)
//   optimizer/vars/<i>                    if the model was compiled
//   metrics/..., _layer_checkpoint_dependencies/...    Keras 2 only
#pragma once

#include <string>

#include "namesake/base/export.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

/// Reads an HDF5 file of any content into a ModelFile of `format`. Throws IoError, FormatError, Unsupported.
[[nodiscard]] NAMESAKE_API ModelFile read_hdf5_entries(const std::string& path, std::string format);

/// Reads a file called .h5 or .hdf5 for what it is: a legacy file (format "h5"; its config and metadata are then those that
/// legacy_h5.h tells of) or a weights file (format "weights.h5"). Throws as read_hdf5_entries does.
[[nodiscard]] NAMESAKE_API ModelFile read_h5(const std::string& path);

/// Whether a file of this name is taken for one of these formats: .h5, .hdf5.
[[nodiscard]] NAMESAKE_API bool is_h5_name(const std::string& path);

}  // namespace namesake::formats
