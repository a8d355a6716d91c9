// What the writers of all files of models have in common.
#pragma once

#include <string>

#include "namesake/formats/hdf5_content.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// A variable's numbers, kept alive until they are written.
[[nodiscard]] formats::ArrayContent array_of(std::string path, const Variable& variable);
/// Throws InvalidArgument if the model was not built.
void check_built(const Model& model);
/// The groups and arrays of Keras 3's layout (keras_layout), with the optimizer's state if the model is compiled and it is wanted.
[[nodiscard]] formats::Hdf5Content keras_content(const Model& model, bool with_optimizer);
/// Notes what Keras needs to open the file (the Python lines for classes of one's own), and what it cannot open.
void note_for_keras(const Model& model, SaveReport& report);

}  // namespace namesake::saving
