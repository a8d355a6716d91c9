// The functions of a SavedModel: the model's own and those that a user asks for, traced, and the wrappers by which they are called through
// the map of signatures, whose arguments and results go by name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "namesake/formats/graph_def.h"
#include "namesake/formats/saved_model.h"
#include "namesake/naming/unique_names.h"
#include "namesake/nn/model.h"
#include "namesake/saving/saved_model/function_def.h"

namespace namesake::saving {

/// An argument or result of a function under the name that Python has for it.
struct SavedTensor {
  std::string key;
  DType dtype = DType::kInvalid;
  Shape shape;
};

/// A traced function. Inputs and outputs are in the order of its arguments and results.
struct SavedFunction {
  TracedFunction traced;
  std::vector<SavedTensor> inputs, outputs;
  Feed::Form inputs_form = Feed::Form::kOne, outputs_form = Feed::Form::kOne;
};

/// A signature: arguments and results sorted by key, as TensorFlow flattens a dict.
struct SavedSignature {
  std::string key;            // "serving_default"
  formats::FunctionDef wrapper;
  std::vector<SavedTensor> inputs, outputs;
  std::vector<Variable> captured;
};

struct SavedFunctions {
  std::vector<SavedFunction> functions;  // the model's own first
  std::vector<SavedSignature> signatures;
};

/// Traces the model and the functions of `options`. Throws InvalidName and NameCollision for names of signatures, their inputs and outputs;
/// what tracing throws.
[[nodiscard]] SavedFunctions saved_functions(const Model& model, const SaveOptions& options);

/// Gives each function that `traced` calls a name that `names` has not: those of two traces may have one. Its callers follow.
void settle_called(TracedFunction& traced, naming::UniqueNames& names);

}  // namespace namesake::saving
