// Checkpoints by the names of variables, as TensorFlow 1's Saver keeps them: no objects, each variable under its name.
//   dense_1/kernel, dense_1/bias, dense_1/kernel/Adam, beta1_power, global_step
#pragma once

#include <filesystem>
#include <string>

#include "namesake/formats/object_graph.h"
#include "namesake/nn/model.h"
#include "namesake/saving/name_rules.h"
#include "namesake/saving/weight_matches.h"

namespace namesake::saving {

/// The weights under their paths, with the optimizer's state if the model is compiled. All or nothing. Throws NameCollision if a weight has
/// the name of some state; InvalidArgument for a model that is not built; IoError.
SaveReport save_named_checkpoint(const Model& model, const std::filesystem::path& prefix);

struct ByName {
  std::string object;           // only the variables of this object of the graph, if not ""
  bool with_optimizer = false;  // of a checkpoint without objects
};
/// By the names of variables: the keys of a checkpoint without objects (no `graph`), the full names of one with. Throws FormatError for an object
/// that is not there.
void match_by_name(const Model& model, const formats::ObjectGraph* graph, WeightMatches& matches, const NameMap& names, const ByName& wishes);

}  // namespace namesake::saving
