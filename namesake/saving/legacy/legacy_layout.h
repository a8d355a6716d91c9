// Which weights a legacy `.h5` file has for each layer of a model, in which order. Writing and reading both follow this.
#pragma once

#include <string>
#include <vector>

#include "namesake/nn/model.h"

namespace namesake::saving {

struct LegacyLayerWeight {
  std::string path;   // in the model: "encoder/a/kernel"
  std::string inner;  // below the layer: "a/kernel"
  Variable variable;
};

/// A layer of the outermost model. A nested one has all its weights here: trainable ones first, as Keras has them.
struct LegacyLayer {
  std::string name;        // its path below the model: "encoder", "conv1/conv"
  std::string class_name;  // in snake case
  std::vector<LegacyLayerWeight> weights;
  [[nodiscard]] std::vector<Shape> shapes() const;
};

struct LegacyLayout {
  std::vector<LegacyLayer> layers;           // all, in Keras's order, inputs too
  std::vector<LegacyLayerWeight> top_level;  // the model's own
};

[[nodiscard]] LegacyLayout legacy_layout(const Model& model);

}  // namespace namesake::saving
