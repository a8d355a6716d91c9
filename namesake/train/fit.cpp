// Model::fit, evaluate, predict and their forms for one batch.
#include <fmt/format.h>

#include <cstring>

#include "namesake/base/error.h"
#include "namesake/nn/model.h"
#include "namesake/ops/recorder.h"
#include "namesake/train/fit_run.h"

namespace namesake {
namespace {

using train::FeedNames;
using train::StepBatch;

Feed outputs_feed(const Model& model, Tensors outputs) {
  const std::vector<std::string> names = model.model().output_names();
  if (names.size() == outputs.size() && outputs.size() > 1) return Feed::named(names, std::move(outputs));
  if (outputs.size() == 1) return outputs[0];
  return outputs;
}

/// Puts the outputs of each batch below those of the batches before. The room is made at once where the rows are known.
class Collector {
 public:
  Collector(const Model& model, std::optional<std::int64_t> rows) : model_(model), rows_(rows) {}

  void add(Tensors batch) {
    for (const Tensor& output : batch) {
      if (output.rank() >= 1) continue;
      throw ShapeMismatch({.subject = model_.name(), .what = "predict() needs a model whose outputs have rows.", .received = to_string(output.shape())});
    }
    if (rows_) {
      fill(batch);
    } else {
      parts_.push_back(std::move(batch));
    }
  }
  [[nodiscard]] Tensors take() {
    if (!rows_) {
      std::int64_t rows = 0;
      for (const Tensors& part : parts_) rows += part[0].shape()[0];
      rows_ = rows;
      for (const Tensors& part : parts_) fill(part);
    }
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const std::int64_t filled = static_cast<std::int64_t>(filled_[i] / row_bytes(all_[i]));
      if (filled < all_[i].shape()[0]) all_[i] = all_[i].rows(0, filled);  // it was stopped
    }
    return std::move(all_);
  }

 private:
  static std::size_t row_bytes(const Tensor& all) { return std::max<std::size_t>(1, all.bytes().size() / static_cast<std::size_t>(std::max<std::int64_t>(1, all.shape()[0]))); }

  void fill(const Tensors& batch) {
    if (all_.empty()) {
      for (const Tensor& output : batch) {
        Shape shape = output.shape();
        shape.set(0, *rows_);
        all_.push_back(Tensor::empty(output.dtype(), shape));
      }
      filled_.assign(batch.size(), 0);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::size_t bytes = batch[i].bytes().size();
      if (filled_[i] + bytes > all_[i].bytes().size()) {
        throw ShapeMismatch({.subject = model_.name(),
                             .what = "The outputs of the batches differ in shape, or have other rows than the inputs.",
                             .expected = to_string(all_[i].shape()),
                             .received = to_string(batch[i].shape())});
      }
      std::memcpy(all_[i].raw() + filled_[i], batch[i].raw(), bytes);
      filled_[i] += bytes;
    }
  }

  const Model& model_;
  std::optional<std::int64_t> rows_;
  std::vector<Tensors> parts_;
  Tensors all_;
  std::vector<std::size_t> filled_;  // bytes
};

/// The batch that a caller hands over whole.
StepBatch one_batch(const Model& model, const Feed& x, const Feed& y, const Feed& sample_weight) {
  std::vector<bool> has_loss;
  if (model.model().knows_outputs()) {
    for (const CompiledOutput& output : model.model().compiled_outputs().outputs) has_loss.push_back(output.loss.defined());
  }
  return train::step_batch(x, y, sample_weight, FeedNames::of(model), has_loss);
}

}  // namespace

History Model::fit(const TrainingData& data, const FitOptions& options) const { return train::FitRun(*this, data, options).run(); }

History Model::fit(const Feed& x, const Feed& y, const FitOptions& options) const { return fit(TrainingData(x, y), options); }

Logs Model::evaluate(const TrainingData& data, const EvaluateOptions& options) const {
  const ops::StopRecording quiet;
  train::Trainer trainer(*this, "evaluate()");
  const Feed& weights = options.sample_weight.defined() ? options.sample_weight : data.sample_weight();
  const TrainingData weighed = data.source() ? data : TrainingData(data.x(), data.y(), weights);
  const auto feeder = train::make_feeder(weighed, FeedNames::of(*this), {.batch_size = options.batch_size, .steps = options.steps});
  train::ProgressBar bar(options.verbose, options.steps ? *options.steps : feeder->steps().value_or(0));
  train::PlainRun run(*this, options.steps ? options.steps : feeder->steps(), &trainer);
  const train::CallbackCalls calls(options.callbacks, run);
  Logs logs = train::evaluate_pass(trainer, *feeder, options.steps, calls, run, "", &bar);
  bar.finish(logs);
  return logs;
}

Logs Model::evaluate(const Feed& x, const Feed& y, const EvaluateOptions& options) const { return evaluate(TrainingData(x, y), options); }

Feed Model::predict_batches(const TrainingData& data, const PredictOptions& options) const {
  const ops::StopRecording quiet;
  const TrainingData inputs = data.source() ? data : TrainingData(data.x(), Feed());
  const auto feeder = train::make_feeder(inputs, FeedNames::of(*this), {.batch_size = options.batch_size, .steps = options.steps});
  const auto steps = options.steps ? options.steps : feeder->steps();
  train::ProgressBar bar(options.verbose, steps.value_or(0));
  train::PlainRun run(*this, steps);
  const train::CallbackCalls calls(options.callbacks, run);
  calls(&CallbackBase::on_predict_begin);
  Collector collector(*this, feeder->rows());
  feeder->begin_pass(0, 0);
  StepBatch batch;
  const bool single = train::has_one_output(*this);
  for (std::int64_t step = 0; (!options.steps || step < *options.steps) && feeder->next(batch); ++step) {
    calls(&CallbackBase::on_predict_batch_begin, step);
    collector.add(train::predict_step(*this, batch.x, single));
    calls(&CallbackBase::on_predict_batch_end, step);
    bar.update(step + 1);
    if (run.stopped()) break;
  }
  calls(&CallbackBase::on_predict_end);
  bar.finish();
  Tensors outputs = collector.take();
  if (outputs.empty()) throw InvalidArgument({.subject = "data", .what = "There are no batches to predict.", .expected = "at least one batch"});
  return outputs_feed(*this, std::move(outputs));
}

Feed Model::predict_many(const Feed& x, const PredictOptions& options) const { return predict_batches(TrainingData(x, Feed()), options); }

Tensor Model::predict(const Feed& x, const PredictOptions& options) const {
  const std::vector<std::string> names = model().output_names();
  if (names.size() > 1) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("predict(): the model \"{}\" has {} outputs.", name(), names.size()),
                           .fix = "Feed outputs = model.predict_many(x); then outputs[0], or *outputs.find(\"" + names[0] + "\")"});
  }
  return predict_many(x, options).only();
}

Logs Model::train_on_batch(const Feed& x, const Feed& y, const TrainOnBatchOptions& options) const {
  train::Trainer trainer(*this, "train_on_batch()");
  StepBatch batch = one_batch(*this, x, y, options.sample_weight);
  train::apply_class_weights(batch, options.class_weight, FeedNames::of(*this));
  trainer.reset_metrics();
  trainer.train_step(batch);
  return trainer.logs();
}

Logs Model::test_on_batch(const Feed& x, const Feed& y, const Feed& sample_weight) const {
  const ops::StopRecording quiet;
  train::Trainer trainer(*this, "test_on_batch()");
  const StepBatch batch = one_batch(*this, x, y, sample_weight);
  trainer.reset_metrics();
  trainer.test_step(batch);
  return trainer.logs();
}

Feed Model::predict_on_batch(const Feed& x) const {
  const ops::StopRecording quiet;
  return outputs_feed(*this, train::predict_step(*this, train::inputs_in_order(x, FeedNames::of(*this)), train::has_one_output(*this)));
}

}  // namespace namesake
