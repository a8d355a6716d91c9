// Trainer: one step on a batch, for fit, evaluate and train_on_batch. It keeps what a step needs from one step to the next,
// so that a steady loop allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "namesake/nn/model.h"
#include "namesake/train/batches.h"

namespace namesake::train {

class Trainer {
 public:
  /// Throws InvalidArgument, naming `caller`, if the model was not compiled.
  Trainer(const Model& model, std::string_view caller);

  /// Loss, gradients, one step of the optimizer.
  void train_step(const Batches::Batch& batch);
  /// Loss and metrics only.
  void test_step(const Batches::Batch& batch);
  /// Forgets the numbers gathered so far.
  void reset_metrics();
  /// The loss (mean over rows) and the metrics since reset_metrics, sorted by name as Keras gives them, each with `prefix`.
  [[nodiscard]] Logs logs(std::string_view prefix = "") const;

 private:
  void gather(const Batches::Batch& batch, const Tensor& loss, const Tensor& prediction);

  const Model& model_;
  const CompileState& state_;
  std::vector<Variable> variables_;  // the trainable ones, once the model is built
  Tensors gradients_;
  double loss_sum_ = 0;
  double rows_ = 0;
};

}  // namespace namesake::train
