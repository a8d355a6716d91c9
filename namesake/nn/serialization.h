// Layers as Keras's config objects, and back:
//   {"module": "keras.layers", "class_name": "Dense", "config": {"name": "dense", ...}, "registered_name": null}
// These are values, no files: see module saving.
#pragma once

#include <string>
#include <string_view>

#include "namesake/nn/layer.h"

namespace namesake::nn {

/// The object of `layer`; `name` is what it is called there (its path below its owner, as one name).
[[nodiscard]] NAMESAKE_API JsonValue serialize_layer(const LayerBase& layer, std::string_view name);
/// Makes the layer of such an object. Throws Unsupported for a class that is not known, FormatError for what is no such object.
[[nodiscard]] NAMESAKE_API Layer deserialize_layer(const JsonView& object);
/// Makes a Sequential of its config, built if the config knows an input shape.
[[nodiscard]] NAMESAKE_API Layer sequential_from_config(const JsonView& config);

/// What a layer of `owner` is called in a config, where names have no levels: `encoder>dense` for `encoder/dense`.
[[nodiscard]] NAMESAKE_API std::string name_in_config(const LayerBase& owner, const LayerBase& child);

}  // namespace namesake::nn
