#include "namesake/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/reduce.h"

namespace namesake::train {
namespace {

/// A loss as a number: of one that was not reduced, the mean.
double number(const Tensor& loss) {
  if (loss.size() == 1) return loss.item<double>();
  const ops::StopRecording quiet;
  return mean(loss).item<double>();
}

}  // namespace

Trainer::Trainer(const Model& model, std::string_view caller) : model_(model), state_(model.compiled(caller)) {
  const ModelBase& body = model.model();
  single_ = body.knows_outputs() && body.output_names().size() == 1 && body.input_names().size() == 1;
  if (body.knows_outputs()) settle(body.output_names().size());
}

void Trainer::settle(std::size_t outputs) {
  compiled_ = &model_.model().compiled_outputs(outputs);
  if (compiled_->outputs.size() != outputs) {
    throw InvalidArgument({.subject = model_.name(),
                           .what = fmt::format("The model \"{}\" gives another number of outputs than it was compiled for.", model_.name()),
                           .expected = fmt::format("{} outputs", compiled_->outputs.size()),
                           .received = fmt::format("{}", outputs)});
  }
  trackers_.assign(outputs, {});
  losses_.resize(outputs);
  std::vector<std::string> names{"loss"};
  names.insert(names.end(), compiled_->loss_names.begin(), compiled_->loss_names.end());
  names.insert(names.end(), compiled_->metric_names.begin(), compiled_->metric_names.end());
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  log_places_.resize(names.size());
  logs_.clear();
  for (std::size_t place = 0; place < order.size(); ++place) {
    log_places_[order[place]] = place;
    logs_.emplace_back(names[order[place]], 0.0);
  }
}

void Trainer::predict(const StepBatch& batch, bool training) {
  if (single_) {
    predictions_.resize(1);
    predictions_[0] = model_(batch.x[0], {.training = training});
  } else {
    predictions_ = model_(batch.x, {.training = training});
  }
  if (compiled_ == nullptr) settle(predictions_.size());
  if (!batch.y.empty() && batch.y.size() != predictions_.size()) {
    throw InvalidArgument({.subject = "y",
                           .what = fmt::format("There are other than one target for each output of \"{}\".", model_.name()),
                           .expected = fmt::format("{}", predictions_.size()),
                           .received = fmt::format("{}", batch.y.size())});
  }
}

Tensor Trainer::output_loss(const StepBatch& batch, std::size_t i) const {
  const CompiledOutput& output = compiled_->outputs[i];
  if (batch.y.empty() || !batch.y[i].defined()) {
    throw InvalidArgument({.subject = "y",
                           .what = fmt::format("There are no targets for the output \"{}\" of \"{}\", which has a loss.", output.name, model_.name()),
                           .expected = fmt::format("y for \"{}\"", output.name)});
  }
  const Tensor weight = batch.sample_weight.empty() ? Tensor() : batch.sample_weight[i];
  if (compiled_->outputs.size() == 1) return output.loss(batch.y[i], predictions_[i], weight);
  try {
    return output.loss(batch.y[i], predictions_[i], weight);
  } catch (const ShapeMismatch& error) {
    ErrorParts parts = error.parts();
    parts.subject = output.name;
    parts.what = fmt::format("The targets of the output \"{}\" do not go with what \"{}\" gives: {}", output.name, model_.name(), parts.what);
    parts.received = fmt::format("y {}; output \"{}\" {}", to_string(batch.y[i].shape()), output.name, to_string(predictions_[i].shape()));
    throw ShapeMismatch(std::move(parts));
  }
}

Tensor Trainer::loss_of(const StepBatch& batch) {
  Tensor total;
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    const CompiledOutput& output = compiled_->outputs[i];
    if (!output.loss.defined()) continue;
    losses_[i] = output_loss(batch, i);
    const Tensor weighted = output.weight == 1 ? losses_[i] : multiply(losses_[i], Tensor(output.weight));
    total = total.defined() ? add(total, weighted) : weighted;
  }
  for (const Tensor& more : model_.losses()) total = total.defined() ? add(total, more) : more;
  if (total.defined()) return total;
  throw InvalidArgument({.subject = model_.name(),
                         .what = fmt::format("There is no loss to compute for \"{}\".", model_.name()),
                         .fix = "give compile() a loss, or add one in a layer (add_loss)"});
}

void Trainer::find_variables() {
  if (!variables_.empty()) return;
  variables_ = model_.trainable_variables();
  gradients_.resize(variables_.size());
  if (!variables_.empty()) return;
  throw InvalidArgument({.subject = model_.name(),
                         .what = fmt::format("The model \"{}\" has nothing to train.", model_.name()),
                         .fix = "make a layer trainable: layer.set_trainable(true)"});
}

void Trainer::train_step(const StepBatch& batch) {
  GradientTape tape;
  predict(batch, true);
  const Tensor loss = loss_of(batch);
  find_variables();
  tape.gradient_into(state_.optimizer.scale_loss(loss), variables_, gradients_);
  gather(batch, loss);
  state_.optimizer.apply_gradients(gradients_, variables_);
  for (Tensor& gradient : gradients_) gradient = Tensor();
}

void Trainer::test_step(const StepBatch& batch) {
  predict(batch, false);
  gather(batch, loss_of(batch));
}

void Trainer::gather(const StepBatch& batch, const Tensor& loss) {
  total_.add(number(loss), batch.rows);
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    const CompiledOutput& output = compiled_->outputs[i];
    // In Keras each batch counts alike here, whatever its rows (in a graph their number is not known), unlike in "loss".
    if (output.loss.defined() && !compiled_->loss_names.empty()) trackers_[i].add(number(losses_[i]), 1);
    if (!batch.y.empty() && batch.y[i].defined()) {
      // As Keras does, metrics of compile(metrics=...) take no sample weights.
      for (const Metric& metric : output.metrics) metric.update_state(batch.y[i], predictions_[i]);
      const Tensor weight = batch.sample_weight.empty() ? Tensor() : batch.sample_weight[i];
      for (const Metric& metric : output.weighted_metrics) metric.update_state(batch.y[i], predictions_[i], weight);
    }
    losses_[i] = Tensor();
    predictions_[i] = Tensor();
  }
}

std::vector<Metric> Trainer::all_metrics() const {
  std::vector<Metric> all;
  for (const CompiledOutput& output : compiled_->outputs) all.insert(all.end(), output.metrics.begin(), output.metrics.end());
  for (const CompiledOutput& output : compiled_->outputs) all.insert(all.end(), output.weighted_metrics.begin(), output.weighted_metrics.end());
  return all;
}

void Trainer::reset_metrics() {
  total_ = {};
  for (Tracker& tracker : trackers_) tracker = {};
  if (compiled_ == nullptr) return;
  for (const CompiledOutput& output : compiled_->outputs) {
    for (const Metric& metric : output.metrics) metric.reset_state();
    for (const Metric& metric : output.weighted_metrics) metric.reset_state();
  }
}

const Logs& Trainer::logs() {
  if (compiled_ == nullptr) return logs_;
  std::size_t next = 0;
  const auto put = [&](double value) { logs_[log_places_[next++]].second = value; };
  put(total_.value());
  for (std::size_t i = 0; i < trackers_.size(); ++i) {
    if (!compiled_->loss_names.empty() && compiled_->outputs[i].loss.defined()) put(trackers_[i].value());
  }
  for (const CompiledOutput& output : compiled_->outputs) {
    for (const Metric& metric : output.metrics) put(metric.value());
  }
  for (const CompiledOutput& output : compiled_->outputs) {
    for (const Metric& metric : output.weighted_metrics) put(metric.value());
  }
  return logs_;
}

Logs Trainer::logs(std::string_view prefix) {
  Logs out = logs();
  for (auto& [name, value] : out) name = fmt::format("{}{}", prefix, name);
  return out;
}

bool Trainer::may_log(std::string_view name) { return compiled_ == nullptr || find_log(logs_, name) != nullptr; }

JsonValue Trainer::sums() const {
  JsonValue losses = JsonValue::array({total_.sum, total_.weight});
  for (const Tracker& tracker : trackers_) {
    losses.push_back(tracker.sum);
    losses.push_back(tracker.weight);
  }
  JsonValue metrics = JsonValue::array();
  if (compiled_ != nullptr) {
    for (const Metric& metric : all_metrics()) {
      for (const Variable& variable : metric.variables()) {
        JsonValue values = JsonValue::array();
        const Tensor numbers = cast(variable.value(), DType::kFloat64);
        for (const double value : numbers.data<double>()) values.push_back(value);
        metrics.push_back(std::move(values));
      }
    }
  }
  return JsonValue::object({{"losses", std::move(losses)}, {"metrics", std::move(metrics)}});
}

void Trainer::set_sums(const JsonValue& sums) {
  const JsonView view(sums, "sums");
  const auto losses = view.at("losses").items();
  if (compiled_ == nullptr && losses.size() >= 4) settle(losses.size() / 2 - 1);
  if (compiled_ == nullptr || losses.size() != 2 * (trackers_.size() + 1)) view.fail("The sums are of another model.");
  total_ = {losses[0].as_double(), losses[1].as_double()};
  for (std::size_t i = 0; i < trackers_.size(); ++i) trackers_[i] = {losses[2 * i + 2].as_double(), losses[2 * i + 3].as_double()};
  const auto metrics = view.at("metrics").items();
  std::size_t next = 0;
  for (const Metric& metric : all_metrics()) {
    for (const Variable& variable : metric.variables()) {
      if (next >= metrics.size()) view.fail("The sums are of other metrics.");
      std::vector<double> values;
      for (const JsonView& value : metrics[next++].items()) values.push_back(value.as_double());
      if (static_cast<std::int64_t>(values.size()) != variable.shape().count()) view.fail("The sums are of other metrics.");
      variable.assign(cast(Tensor::of<double>(values, variable.shape()), variable.dtype()));
    }
  }
}

bool has_one_output(const Model& model) { return model.model().knows_outputs() && model.model().output_names().size() == 1; }

Tensors predict_step(const Model& model, const Tensors& x, bool one_output) {
  if (x.size() == 1 && one_output) return {model(x[0], {.training = false})};
  return model(x, {.training = false});
}

}  // namespace namesake::train
