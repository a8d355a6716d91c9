#include "namesake/train/fit_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/nn/random_seed.h"
#include "namesake/ops/recorder.h"

namespace namesake::train {
namespace {

void check_options(const FitOptions& options) {
  const auto at_least = [](std::string_view what, std::int64_t value, std::int64_t least) {
    if (value >= least) return;
    throw InvalidArgument({.subject = std::string(what), .what = fmt::format("{} is too small.", what), .expected = fmt::format("{} or more", least),
                           .received = std::to_string(value)});
  };
  at_least("epochs", options.epochs, 1);
  at_least("initial_epoch", options.initial_epoch, 0);
  at_least("steps_per_epoch", options.steps_per_epoch.value_or(1), 1);
  at_least("validation_steps", options.validation_steps.value_or(1), 1);
  if (options.validation_freq.epochs().empty()) at_least("validation_freq", options.validation_freq.each(), 1);
}

std::vector<bool> has_loss(const Model& model) {
  std::vector<bool> has;
  if (!model.model().knows_outputs()) return has;
  for (const CompiledOutput& output : model.model().compiled_outputs().outputs) has.push_back(output.loss.defined());
  return has;
}

}  // namespace

FitRun::FitRun(const Model& model, const TrainingData& data, const FitOptions& options)
    : model_(model), options_(options), names_(FeedNames::of(model)), trainer_(model, "fit()") {
  check_options(options_);
  prepare(data);
}

// As Keras does, the last rows are held out, before any shuffling.
StepBatch FitRun::hold_out(StepBatch rows) {
  if (options_.validation_split == 0 || options_.validation_data) return rows;
  const auto kept = static_cast<std::int64_t>(static_cast<double>(rows.rows) * (1 - options_.validation_split));
  if (!(options_.validation_split > 0 && options_.validation_split < 1) || kept < 1 || kept >= rows.rows) {
    throw InvalidArgument({.subject = "validation_split",
                           .what = "The validation split leaves no rows to one side.",
                           .expected = fmt::format("a part between 0 and 1 of {} rows", rows.rows),
                           .received = fmt::format("{}", options_.validation_split)});
  }
  SplitRows parts = split_rows(rows, kept);
  const std::int64_t batch_size = options_.validation_batch_size ? *options_.validation_batch_size : options_.batch_size.value_or(32);
  validation_ = std::make_unique<RowFeeder>(std::move(parts.rest), batch_size, false);
  return std::move(parts.first);
}

void FitRun::prepare(const TrainingData& data) {
  FeederOptions feed{options_.batch_size, options_.steps_per_epoch, options_.shuffle, options_.class_weight, has_loss(model_)};
  if (data.source()) {
    if (options_.validation_split != 0) {
      throw InvalidArgument({.subject = "validation_split",
                             .what = "A source of batches cannot be split.",
                             .expected = "rows in memory",
                             .fix = "give validation_data"});
    }
    feeder_ = make_feeder(data, names_, feed);
  } else {
    const Feed& weights = options_.sample_weight.defined() ? options_.sample_weight : data.sample_weight();
    StepBatch rows = hold_out(step_batch(data.x(), data.y(), weights, names_, feed.has_loss));
    apply_class_weights(rows, options_.class_weight, names_);  // as in Keras, validation is not weighed
    constexpr std::int64_t kUsualBatch = 32;
    std::int64_t size = options_.batch_size.value_or(kUsualBatch);
    if (!options_.batch_size && feed.steps) size = (rows.rows + *feed.steps - 1) / *feed.steps;
    feeder_ = std::make_unique<RowFeeder>(std::move(rows), size, options_.shuffle);
  }
  if (!options_.validation_data) return;
  validation_ = make_feeder(*options_.validation_data, names_,
                            {.batch_size = options_.validation_batch_size ? options_.validation_batch_size : options_.batch_size,
                             .steps = options_.validation_steps,
                             .has_loss = feed.has_loss});
}

void FitRun::print(std::string_view line) {
  if (options_.print) return options_.print(line);
  Screen::standard_output().write(std::string(line) + "\n");
}

bool FitRun::may_log(std::string_view name) const {
  if (name == "learning_rate") return true;
  for (const Logs& logs : history_.epochs) {
    if (find_log(logs, name) != nullptr) return true;
  }
  Trainer& trainer = const_cast<Trainer&>(trainer_);
  if (name.starts_with("val_") && validation_ && trainer.may_log(name.substr(4))) return true;
  return trainer.may_log(name);
}

// ---- batches

void FitRun::begin_pass(std::int64_t pass) {
  at_.pass = pass;
  at_.batch = 0;
  pass_over_ = false;
  feeder_->begin_pass(pass, seed_ + static_cast<std::uint64_t>(pass) * 0x9E3779B97F4A7C15ULL);
}

bool FitRun::next_batch() {
  if (pass_over_) begin_pass(at_.pass + 1);
  if (!feeder_->next(batch_)) {
    pass_over_ = true;
    return false;
  }
  ++at_.batch;
  return true;
}

void FitRun::warn_of_end() {
  history_.warnings.push_back(fmt::format(
      "Your input ran out of data in epoch {} after {} batches. Make sure that your source can give at least steps_per_epoch * epochs batches.",
      at_.epoch + 1, at_.step));
}

void FitRun::train_epoch(const CallbackCalls& calls, ProgressBar& bar) {
  const std::int64_t wanted = options_.steps_per_epoch.value_or(-1);
  while (wanted < 0 || at_.step < wanted) {
    // An epoch without steps_per_epoch is a pass, or the rest of one that was resumed.
    if (!next_batch()) {
      if (wanted >= 0 || at_.step == 0) warn_of_end();
      break;
    }
    calls(&CallbackBase::on_train_batch_begin, at_.step);
    trainer_.train_step(batch_);
    ++at_.step;
    if (calls.any()) calls(&CallbackBase::on_train_batch_end, at_.step - 1, trainer_.logs());
    bar.update(at_.step, [&]() -> const Logs& { return trainer_.logs(); });
    if (options_.stop && options_.stop->stop_requested()) interrupted_ = stopped_ = true;
    if (stopped_) break;
  }
  // A pass whose batches were all taken is over: steps_per_epoch may go on with the next one.
  if (interrupted_) return;
  const auto total = feeder_->steps();
  if (wanted < 0 || (total && at_.batch >= *total)) pass_over_ = true;
}

// ---- epochs

bool FitRun::validates(std::int64_t epoch) const {
  if (!validation_) return false;
  const auto& listed = options_.validation_freq.epochs();
  if (listed.empty()) return (epoch + 1) % options_.validation_freq.each() == 0;
  return std::find(listed.begin(), listed.end(), epoch + 1) != listed.end();
}

Logs FitRun::validate(const CallbackCalls& calls) {
  const ops::StopRecording quiet;
  return evaluate_pass(trainer_, *validation_, options_.validation_steps, calls, *this, "val_", nullptr);
}

History FitRun::run() {
  const CallbackCalls calls(options_.callbacks, *this);
  seed_ = next_seed();
  at_.epoch = options_.initial_epoch;
  calls(&CallbackBase::on_train_begin);
  Logs last;
  for (; at_.epoch < options_.epochs && !stopped_; ++at_.epoch) {
    ProgressBar bar(options_.verbose, steps().value_or(0), fmt::format("Epoch {}/{}", at_.epoch + 1, options_.epochs));
    if (!std::exchange(resumed_, false)) {
      at_.step = 0;
      trainer_.reset_metrics();
    }
    calls(&CallbackBase::on_epoch_begin, at_.epoch);
    train_epoch(calls, bar);
    Logs logs = trainer_.logs();
    if (interrupted_) {
      bar.finish(logs, at_.step);
      history_.interrupted = PartialEpoch{at_.epoch, at_.step, logs};
      last = std::move(logs);
      break;
    }
    if (at_.step == 0) break;  // there was no data
    if (validates(at_.epoch)) {
      const Logs validation = validate(calls);
      logs.insert(logs.end(), validation.begin(), validation.end());
      std::sort(logs.begin(), logs.end());
    }
    bar.finish(logs, at_.step);
    const std::int64_t epoch = at_.epoch;
    epoch_done_ = true;
    calls(&CallbackBase::on_epoch_end, epoch, logs);
    epoch_done_ = false;
    history_.epoch.push_back(epoch);
    history_.epochs.push_back(logs);
    last = std::move(logs);
    if (stopped_) break;
  }
  if (!interrupted_) model_.optimizer().finalize_variable_values();
  calls(&CallbackBase::on_train_end, last);
  return std::move(history_);
}

// ---- going on after a restart

JsonValue FitRun::state() const {
  return JsonValue::object({{"epoch", at_.epoch + (epoch_done_ ? 1 : 0)},
                            {"step", epoch_done_ ? 0 : at_.step},
                            {"pass", at_.pass},
                            {"batch", at_.batch},
                            {"pass_over", pass_over_},
                            {"order_seed", seed_},
                            {"seed", random_seed_state()},
                            {"sums", trainer_.sums()}});
}

void FitRun::restore(const JsonValue& state) {
  const JsonView view(state, "backup");
  at_ = {view.at("epoch").as_int(), view.at("step").as_int(), view.at("pass").as_int(), 0};
  seed_ = view.at("order_seed").as_uint();
  set_random_seed_state(view.at("seed").as_uint());
  pass_over_ = view.at("pass_over").as_bool();
  if (!pass_over_) {
    const std::int64_t done = view.at("batch").as_int();
    begin_pass(at_.pass);
    feeder_->skip(done);
    at_.batch = done;
  }
  resumed_ = at_.step > 0;
  if (resumed_) trainer_.set_sums(view.at("sums").value());
}

Logs evaluate_pass(Trainer& trainer, StepFeeder& feeder, std::optional<std::int64_t> steps, const CallbackCalls& calls, const TrainingRun& run,
                   std::string_view prefix, ProgressBar* bar) {
  trainer.reset_metrics();
  calls(&CallbackBase::on_test_begin);
  feeder.begin_pass(0, 0);
  StepBatch batch;
  std::int64_t step = 0;
  for (; (!steps || step < *steps) && feeder.next(batch); ++step) {
    calls(&CallbackBase::on_test_batch_begin, step);
    trainer.test_step(batch);
    if (calls.any()) calls(&CallbackBase::on_test_batch_end, step, trainer.logs());
    if (bar != nullptr) bar->update(step + 1, [&]() -> const Logs& { return trainer.logs(); });
    if (bar != nullptr && run.stopped()) break;
  }
  if (step == 0) {
    throw InvalidArgument({.subject = "data", .what = "There are no batches to evaluate.", .expected = "at least one batch"});
  }
  Logs plain = trainer.logs();
  calls(&CallbackBase::on_test_end, plain);
  if (prefix.empty()) return plain;
  return trainer.logs(prefix);
}

}  // namespace namesake::train
