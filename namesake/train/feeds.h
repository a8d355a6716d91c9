// From what a caller feeds (one tensor, a list, by name) to tensors in the order of a model's inputs and outputs, checked:
// every message names the input or output and the shapes that met.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/nn/compile.h"
#include "namesake/nn/model.h"
#include "namesake/tensor/feed.h"

namespace namesake::train {

/// Tensors of one step, in the model's order. Targets and weights may be undefined; of both there are none, or as many as the
/// model has outputs.
struct StepBatch {
  Tensors x, y, sample_weight;
  std::int64_t rows = 0;
};

/// What a model is fed by and trained on.
struct FeedNames {
  std::string model;
  bool known = true;  // false: the model does not know its inputs and outputs before it is called; any list is taken
  std::vector<std::string> inputs, outputs;
  std::vector<Shape> input_shapes;  // with -1 for the batch axis; of unknown rank where that is not known

  [[nodiscard]] static FeedNames of(const Model& model);
};

/// In the order of the inputs. Throws InvalidArgument for inputs that are missing or unknown; ShapeMismatch for shapes that the
/// model does not take.
[[nodiscard]] Tensors inputs_in_order(const Feed& x, const FeedNames& names);
/// In the order of the outputs; undefined where a named one is left out, none at all if nothing is fed. A list may leave out
/// the outputs that `has_loss` says have no loss. Throws InvalidArgument.
[[nodiscard]] Tensors targets_in_order(const Feed& y, const FeedNames& names, const std::vector<bool>& has_loss = {});
/// In the order of the outputs; one tensor is for all of them. Throws InvalidArgument.
[[nodiscard]] Tensors weights_in_order(const Feed& sample_weight, const FeedNames& names);

/// Everything of a batch, with equal rows. Throws what the above throw.
[[nodiscard]] StepBatch step_batch(const Feed& x, const Feed& y, const Feed& sample_weight, const FeedNames& names,
                                   const std::vector<bool>& has_loss = {});
/// Throws ShapeMismatch unless all have as many rows; gives that number. `rows` of none: InvalidArgument.
[[nodiscard]] std::int64_t check_rows(const StepBatch& data, const FeedNames& names);

/// A weight for each row, by its class: y is class numbers (rows) or (rows, 1), or one-hot, whose largest number says the
/// class. A class that is not there weighs 1.
[[nodiscard]] Tensor class_weights(const Tensor& y, const std::map<std::int64_t, double>& weights);
/// Puts class weights into sample_weight. Throws InvalidArgument if there are sample weights already, or several outputs.
void apply_class_weights(StepBatch& batch, const std::map<std::int64_t, double>& weights, const FeedNames& names);

}  // namespace namesake::train
