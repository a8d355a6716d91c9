// Trainer: one step on a batch, for fit, evaluate, predict and their forms for one batch. It keeps what a step needs from one
// step to the next, so that a steady loop allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "namesake/base/json.h"
#include "namesake/nn/model.h"
#include "namesake/train/feeds.h"

namespace namesake::train {

class Trainer {
 public:
  /// Throws InvalidArgument, naming `caller`, if the model was not compiled.
  Trainer(const Model& model, std::string_view caller);

  /// Loss, gradients, one step of the optimizer.
  void train_step(const StepBatch& batch);
  /// Loss and metrics only.
  void test_step(const StepBatch& batch);
  /// Forgets the numbers gathered so far.
  void reset_metrics();
  /// Losses and metrics since reset_metrics, sorted by name as Keras gives them. The same list each time,
  /// filled anew.
  [[nodiscard]] const Logs& logs();
  /// The same with `prefix` before each name.
  [[nodiscard]] Logs logs(std::string_view prefix);
  /// True if logs() has a number of that name; all names are known once there was a step, or if the model knows its outputs.
  [[nodiscard]] bool may_log(std::string_view name);
  /// The sums that logs() is made of, and setting them.
  [[nodiscard]] JsonValue sums() const;
  void set_sums(const JsonValue& sums);

 private:
  /// A weighted mean.
  struct Tracker {
    double sum = 0;
    double weight = 0;
    void add(double value, std::int64_t count) {
      sum += value * static_cast<double>(count);
      weight += static_cast<double>(count);
    }
    [[nodiscard]] double value() const { return weight > 0 ? sum / weight : 0.0; }
  };

  void predict(const StepBatch& batch, bool training);
  void settle(std::size_t outputs);
  [[nodiscard]] Tensor loss_of(const StepBatch& batch);
  [[nodiscard]] Tensor output_loss(const StepBatch& batch, std::size_t i) const;
  void gather(const StepBatch& batch, const Tensor& loss);
  void find_variables();
  [[nodiscard]] std::vector<Metric> all_metrics() const;

  const Model& model_;
  const CompileState& state_;
  const CompiledOutputs* compiled_ = nullptr;  // once the outputs are known
  bool single_ = false;                        // one input and one output
  Tensors predictions_;                        // of the step
  Tensors losses_;                             // of the step, of each output, unweighted
  std::vector<Variable> variables_;            // the trainable ones, once the model is built
  Tensors gradients_;
  Tracker total_;
  std::vector<Tracker> trackers_;  // of each output
  Logs logs_;                      // sorted
  std::vector<std::size_t> log_places_;  // in logs_: of the whole loss, the losses, the metrics
};

/// The model's outputs for a batch, as inference.
[[nodiscard]] Tensors predict_step(const Model& model, const Tensors& x, bool one_output);
/// Whether it is known before a call that there is one output only.
[[nodiscard]] bool has_one_output(const Model& model);

}  // namespace namesake::train
