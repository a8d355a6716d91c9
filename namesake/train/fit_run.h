// FitRun: the epochs of one fit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "namesake/nn/model.h"
#include "namesake/train/progress.h"
#include "namesake/train/run.h"
#include "namesake/train/step_feeder.h"
#include "namesake/train/trainer.h"

namespace namesake::train {

class FitRun final : public TrainingRun {
 public:
  /// Checks data and options before any work. Throws InvalidArgument, ShapeMismatch.
  FitRun(const Model& model, const TrainingData& data, const FitOptions& options);
  [[nodiscard]] History run();

  [[nodiscard]] const Model& model() const override { return model_; }
  [[nodiscard]] std::int64_t epochs() const override { return options_.epochs; }
  [[nodiscard]] std::optional<std::int64_t> steps() const override { return options_.steps_per_epoch ? options_.steps_per_epoch : feeder_->steps(); }
  void stop() override { stopped_ = true; }
  [[nodiscard]] bool stopped() const override { return stopped_; }
  [[nodiscard]] bool interrupted() const override { return interrupted_; }
  void print(std::string_view line) override;
  [[nodiscard]] bool may_log(std::string_view name) const override;
  [[nodiscard]] JsonValue state() const override;
  void restore(const JsonValue& state) override;

 private:
  // Where the run is. A batch is counted when its step is taken.
  struct Position {
    std::int64_t epoch = 0;
    std::int64_t step = 0;   // in the epoch
    std::int64_t pass = -1;  // -1: none begun
    std::int64_t batch = 0;  // in the pass
  };

  void prepare(const TrainingData& data);
  [[nodiscard]] StepBatch hold_out(StepBatch rows);
  void begin_pass(std::int64_t pass);
  /// False if there is no batch left.
  bool next_batch();
  void train_epoch(const CallbackCalls& calls, ProgressBar& bar);
  [[nodiscard]] bool validates(std::int64_t epoch) const;
  [[nodiscard]] Logs validate(const CallbackCalls& calls);
  void warn_of_end();

  const Model& model_;
  const FitOptions& options_;
  FeedNames names_;
  Trainer trainer_;
  std::unique_ptr<StepFeeder> feeder_, validation_;
  StepBatch batch_;
  History history_;
  Position at_;
  std::uint64_t seed_ = 0;  // of the order of rows
  bool pass_over_ = true;
  bool stopped_ = false, interrupted_ = false;
  bool epoch_done_ = false;  // on_epoch_end is being called
  bool resumed_ = false;     // in the middle of an epoch
};

/// Loss and metrics over the batches of `feeder`, at most `steps` of them.
[[nodiscard]] Logs evaluate_pass(Trainer& trainer, StepFeeder& feeder, std::optional<std::int64_t> steps, const CallbackCalls& calls,
                                 const TrainingRun& run, std::string_view prefix, ProgressBar* bar);

}  // namespace namesake::train
