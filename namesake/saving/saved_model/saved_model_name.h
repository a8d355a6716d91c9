// What the model in a SavedModel is called, where its variables' names do not say it.
#pragma once

#include <string>
#include <vector>

#include "namesake/formats/saved_model.h"
#include "namesake/saving/saved_model/saved_model_variables.h"

namespace namesake::saving {

/// The name in Keras 2's metadata; else the scope that the functions put around the layers whose variables they read (`small_1/hidden_1/...`:
/// "small"), as Keras opens it for a model. "" if neither says one.
[[nodiscard]] std::string model_name_of(const formats::SavedModelFile& file, const formats::MetaGraph& graph, const std::vector<FileVariable>& variables);

}  // namespace namesake::saving
