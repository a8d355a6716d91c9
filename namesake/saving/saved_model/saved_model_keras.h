// keras_metadata.pb: what Keras 2's load_model(folder) makes a true model of. Each layer and model that Keras knows has an entry with its
// config in Keras 2's words, the shape that it was built for, and, of the model that is saved, how it was compiled.
#pragma once

#include <vector>

#include "namesake/formats/saved_model.h"
#include "namesake/nn/model.h"
#include "namesake/saving/saved_model/saved_model_objects.h"

namespace namesake::saving {

/// The entries; none if Keras 2 has no words for the model: the report then says why.
[[nodiscard]] std::vector<formats::KerasMetadata> saved_model_keras(const Model& model, const SavedModelContent& content, const SaveOptions& options, SaveReport& report);

}  // namespace namesake::saving
