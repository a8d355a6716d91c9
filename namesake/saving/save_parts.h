// What the writers of all files of models have in common.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/formats/hdf5_content.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// Whether a file of this name can only be meant as one of another format than a checkpoint, whose prefix may be any other name.
[[nodiscard]] bool is_other_format(const std::filesystem::path& file);
/// A variable's numbers, kept alive until they are written.
[[nodiscard]] formats::ArrayContent array_of(std::string path, const Variable& variable);
/// Throws InvalidArgument if the model was not built.
void check_built(const Model& model);
/// The groups and arrays of Keras 3's layout (keras_layout), with the optimizer's state if the model is compiled and it is wanted. `keras2`:
/// under Keras 2's attributes.
[[nodiscard]] formats::Hdf5Content keras_content(const Model& model, bool with_optimizer, bool keras2 = false);
/// The version that files for Keras 2 are marked with.
inline constexpr std::string_view kKeras2Version = "2.15.0";
/// Whether the optimizer has taken steps that a loaded model would go on from in another way without its state: plain SGD would not.
[[nodiscard]] NAMESAKE_API bool has_state(const Model& model);
/// The optimizer's state in the order that Keras 2.15 keeps it in; built if it is not. What Keras 2 has not is noted; nothing where it keeps the
/// state in another way.
[[nodiscard]] std::vector<Variable> state_for_keras2(const Model& model, SaveReport& report);
/// The same as the groups and arrays of a `.keras` file.
void add_state_for_keras2(const Model& model, formats::Hdf5Content& content, SaveReport& report);
/// The Python lines for classes of one's own.
void note_users_classes(const Model& model, SaveReport& report);
/// Notes what Keras needs to open the file (the Python lines for classes of one's own), and what it cannot open.
void note_for_keras(const Model& model, SaveReport& report);

}  // namespace namesake::saving
