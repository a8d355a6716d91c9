// Where Keras 3 keeps each weight of a model inside model.weights.h5: by class and position, `layers/dense_1/vars/0`. Writing
// and reading both follow this one walk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "namesake/formats/name_match.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// A weight of the model and its dataset in the file.
struct StoredWeight {
  std::string path;   // in the file: "layers/dense/vars/0"
  std::string owner;  // its path in the model: "dense_1/kernel"
  Variable variable;
};

/// A layer's `vars` group.
struct StoredLayer {
  std::string path;      // of the layer's group: "layers/dense"; "" for the model
  std::string parent;    // path of the container that it is one of: layers of one parent can be taken for each other
  std::string class_name;  // in snake case
  std::string name;      // the layer's name in the config, kept as attribute `name` of the group `vars`
  std::vector<Shape> shapes;
};

struct KerasLayout {
  std::vector<StoredLayer> layers;    // every layer, those without weights too, in Keras's order
  std::vector<StoredWeight> weights;  // in Keras's order
};

/// Throws NameCollision if two weights have one path in the file or in the model, or two layers of one model one name in its
/// config; Unsupported for a layer that stands twice in a Sequential (Keras has no such config). `keras2`: under Keras 2's attributes.
[[nodiscard]] KerasLayout keras_layout(const Model& model, std::string_view name_in_config, bool keras2 = false);

/// Makes the optimizer's state, named by the paths of the trainable weights, unless it is there. The model must be compiled.
void build_optimizer(const Model& model);

}  // namespace namesake::saving
