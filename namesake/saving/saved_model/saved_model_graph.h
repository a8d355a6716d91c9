// The main graph of a SavedModel: what TensorFlow 1's loader, the C API and TF Serving run. It holds the variables' handles, a placeholder
// for each input of a signature, the calls of the signatures' functions, and what saves and restores the variables.
#pragma once

#include <vector>

#include "namesake/formats/saved_model.h"
#include "namesake/saving/saved_model/saved_model_functions.h"
#include "namesake/saving/saved_model/saved_model_objects.h"

namespace namesake::saving {

/// Graph with functions, signatures and saver; no two nodes, functions or variables of it have one name.
[[nodiscard]] formats::MetaGraph saved_model_graph(const SavedFunctions& functions, const std::vector<SavedVariable>& variables);

}  // namespace namesake::saving
