// Model::fit, evaluate, predict and train_on_batch.
#include <fmt/format.h>

#include <cstring>

#include "namesake/base/error.h"
#include "namesake/nn/model.h"
#include "namesake/nn/random_seed.h"
#include "namesake/ops/recorder.h"
#include "namesake/train/batches.h"
#include "namesake/train/progress.h"
#include "namesake/train/trainer.h"

namespace namesake {
namespace {

struct Split {
  Tensor x, y, sample_weight;
  Tensor validation_x, validation_y;  // undefined: none
};

// As Keras does, the last rows are held out, before any shuffling.
Split split(const Tensor& x, const Tensor& y, const FitOptions& options) {
  Split parts{x, y, options.sample_weight, {}, {}};
  if (options.validation_data) {
    parts.validation_x = options.validation_data->first;
    parts.validation_y = options.validation_data->second;
    return parts;
  }
  if (options.validation_split == 0) return parts;
  const std::int64_t rows = x.shape()[0];
  const auto kept = static_cast<std::int64_t>(static_cast<double>(rows) * (1 - options.validation_split));
  if (!(options.validation_split > 0 && options.validation_split < 1) || kept < 1 || kept >= rows) {
    throw InvalidArgument({.subject = "validation_split",
                           .what = "The validation split leaves no rows to one side.",
                           .expected = fmt::format("a part between 0 and 1 of {} rows", rows),
                           .received = fmt::format("{}", options.validation_split)});
  }
  parts.validation_x = x.rows(kept, rows);
  parts.validation_y = y.rows(kept, rows);
  parts.x = x.rows(0, kept);
  parts.y = y.rows(0, kept);
  if (parts.sample_weight.defined()) parts.sample_weight = parts.sample_weight.rows(0, kept);
  return parts;
}

Logs evaluate_batches(const Model& model, const train::Batches& batches, std::string_view prefix, train::ProgressBar* bar) {
  const ops::StopRecording quiet;
  train::Trainer trainer(model, "evaluate()");
  trainer.reset_metrics();
  for (std::int64_t step = 0; step < batches.steps(); ++step) {
    trainer.test_step(batches[step]);
    if (bar != nullptr) bar->update(step + 1, [&] { return trainer.logs(); });
  }
  return trainer.logs(prefix);
}

void check_epochs(std::int64_t epochs) {
  if (epochs >= 1) return;
  throw InvalidArgument({.subject = "epochs", .what = "The number of epochs is not positive.", .received = std::to_string(epochs)});
}

}  // namespace

History Model::fit(const Tensor& x, const Tensor& y, const FitOptions& options) const {
  check_epochs(options.epochs);
  train::Trainer trainer(*this, "fit()");
  if (!y.defined()) throw InvalidArgument({.subject = "y", .what = "fit() got no targets."});
  const train::Batches all_rows(x, y, options.sample_weight, options.batch_size);  // checks before anything is split
  const Split data = split(x, y, options);
  train::Batches batches(data.x, data.y, data.sample_weight, options.batch_size);
  History history;
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    train::ProgressBar bar(options.verbose, batches.steps(), fmt::format("Epoch {}/{}", epoch + 1, options.epochs));
    if (options.shuffle) batches.shuffle(next_seed());
    trainer.reset_metrics();
    for (std::int64_t step = 0; step < batches.steps(); ++step) {
      trainer.train_step(batches[step]);
      bar.update(step + 1, [&] { return trainer.logs(); });
    }
    Logs logs = trainer.logs();
    if (data.validation_x.defined()) {
      const train::Batches held_out(data.validation_x, data.validation_y, {}, options.batch_size);
      const Logs validation = evaluate_batches(*this, held_out, "val_", nullptr);
      logs.insert(logs.end(), validation.begin(), validation.end());
    }
    bar.finish(logs);
    history.epochs.push_back(std::move(logs));
    if (options.on_epoch_end) options.on_epoch_end({epoch, options.epochs, &history.epochs.back()});
  }
  return history;
}

Logs Model::evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options) const {
  static_cast<void>(compiled("evaluate()"));
  const train::Batches batches(x, y, options.sample_weight, options.batch_size);
  train::ProgressBar bar(options.verbose, batches.steps(), "");
  Logs logs = evaluate_batches(*this, batches, "", &bar);
  bar.finish(logs);
  return logs;
}

Tensor Model::predict(const Tensor& x, const PredictOptions& options) const {
  const ops::StopRecording quiet;
  const train::Batches batches(x, {}, {}, options.batch_size);
  train::ProgressBar bar(options.verbose, batches.steps(), "");
  Tensor all;
  std::size_t filled = 0;
  for (std::int64_t step = 0; step < batches.steps(); ++step) {
    const Tensor y = (*this)(batches[step].x, {.training = false});
    if (!all.defined()) {
      Shape shape = y.shape();
      if (shape.rank() < 1) throw ShapeMismatch({.subject = name(), .what = "predict() needs a model whose output has rows.", .received = to_string(shape)});
      shape.set(0, batches.rows());
      all = Tensor::empty(y.dtype(), shape);
    }
    std::memcpy(all.raw() + filled, y.raw(), y.bytes().size());
    filled += y.bytes().size();
    bar.update(step + 1, [] { return Logs(); });
  }
  bar.finish({});
  return all;
}

Logs Model::train_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight) const {
  train::Trainer trainer(*this, "train_on_batch()");
  trainer.reset_metrics();
  const train::Batches batch(x, y, sample_weight, x.defined() && x.rank() > 0 ? std::max<std::int64_t>(1, x.shape()[0]) : 1);
  trainer.train_step(batch[0]);
  return trainer.logs();
}

}  // namespace namesake
