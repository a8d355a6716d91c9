// Layers among the options of a layer (TimeDistributed's `layer`, RNN's `cell`, StackedRNNCells' `cells`), as fields of its config:
//   static void config(Options& o, ConfigFields& f) { nn::layer_field(f, "layer", o.layer); }
// In a config they are objects with module, class_name and config, or null. The layer that holds them adopts them in its constructor and
// settles their names there, as a config says them:
//   cell_ = add_layer("cell", nn::given_layer(*this, "cell", options.cell), site());
//   settle_children();
#pragma once

#include <string_view>
#include <vector>

#include "namesake/nn/layer.h"
#include "namesake/tensor/config_fields.h"

namespace namesake::nn {

/// A layer, or none (null). Reading throws what deserialize_layer() throws.
NAMESAKE_API void layer_field(ConfigFields& fields, std::string_view key, Layer& layer);
/// A list of layers.
NAMESAKE_API void layers_field(ConfigFields& fields, std::string_view key, std::vector<Layer>& layers);
/// `layer`, an option of the layer `owner`. Throws InvalidArgument if it was left out.
[[nodiscard]] NAMESAKE_API const Layer& given_layer(const LayerBase& owner, std::string_view option, const Layer& layer);

}  // namespace namesake::nn
