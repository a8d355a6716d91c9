// The objects of a SavedModel. They stand in it twice, with the same edges: in saved_model.pb with what each is (a variable, a function, a
// list), and in the bundle of the variables with the key of each value.
//   root         variables, trainable_variables   lists
//                serve, __call__                  the model's function
//                signatures                       the map of functions by name
//                layer-0, kernel, ...             layers and weights, under the attributes that Keras 2 knows them by
// The bundle's graph has a few more edges (checkpoint_objects.h), for those who restore from it. The optimizer's state stands in the bundle, and
// in a second graph there, which only we read.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/saving/saved_model/saved_model_functions.h"

namespace namesake::saving {

/// A variable of a SavedModel.
struct SavedVariable {
  Variable variable;
  std::string name;  // "model_0/dense_1/kernel"
  std::string key;   // in the bundle
};

struct SavedModelContent {
  formats::SavedModelObjects objects;
  std::vector<formats::BundleTensor> tensors;
  std::vector<SavedVariable> variables;
  std::unordered_map<const void*, std::size_t> nodes;  // of layers (by address) and variables (by id)
};

/// Throws NameCollision if an attribute of the model has a name that a SavedModel needs; InvalidName for a weight whose name no node of a
/// graph can have.
[[nodiscard]] SavedModelContent saved_model_objects(const Model& model, const SavedFunctions& functions, bool with_optimizer);

}  // namespace namesake::saving
