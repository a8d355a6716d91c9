#include "namesake/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"

namespace namesake::train {

Trainer::Trainer(const Model& model, std::string_view caller) : model_(model), state_(model.compiled(caller)) {}

void Trainer::train_step(const Batches::Batch& batch) {
  GradientTape tape;
  const Tensor prediction = model_(batch.x, {.training = true});
  const Tensor loss = state_.loss(batch.y, prediction, batch.sample_weight);
  if (variables_.empty()) {
    variables_ = model_.trainable_variables();
    gradients_.resize(variables_.size());
    if (variables_.empty()) {
      throw InvalidArgument({.subject = model_.name(),
                             .what = fmt::format("The model \"{}\" has nothing to train.", model_.name()),
                             .fix = "make a layer trainable: layer.set_trainable(true)"});
    }
  }
  tape.gradient_into(loss, variables_, gradients_);
  gather(batch, loss, prediction);
  state_.optimizer.apply_gradients(gradients_, variables_);
  for (Tensor& gradient : gradients_) gradient = Tensor();
}

void Trainer::test_step(const Batches::Batch& batch) {
  const Tensor prediction = model_(batch.x, {.training = false});
  gather(batch, state_.loss(batch.y, prediction, batch.sample_weight), prediction);
}

void Trainer::gather(const Batches::Batch& batch, const Tensor& loss, const Tensor& prediction) {
  loss_sum_ += loss.item<double>() * static_cast<double>(batch.rows);
  rows_ += static_cast<double>(batch.rows);
  // As Keras does, metrics of compile(metrics=...) take no sample weights.
  for (const Metric& metric : state_.metrics) metric.update_state(batch.y, prediction);
}

void Trainer::reset_metrics() {
  loss_sum_ = rows_ = 0;
  for (const Metric& metric : state_.metrics) metric.reset_state();
}

Logs Trainer::logs(std::string_view prefix) const {
  Logs logs = {{fmt::format("{}loss", prefix), rows_ > 0 ? loss_sum_ / rows_ : 0.0}};
  for (const Metric& metric : state_.metrics) logs.emplace_back(fmt::format("{}{}", prefix, metric.name()), metric.value());
  std::sort(logs.begin(), logs.end());
  return logs;
}

}  // namespace namesake::train
