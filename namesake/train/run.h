// What fit, evaluate and predict have in common: calling the callbacks, and what those see of the run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "namesake/nn/model.h"
#include "namesake/train/trainer.h"

namespace namesake::train {

/// Hands the run to the callbacks while it lives, and calls them in order.
class CallbackCalls {
 public:
  CallbackCalls(std::span<const Callback> callbacks, TrainingRun& run);
  ~CallbackCalls();
  CallbackCalls(const CallbackCalls&) = delete;
  CallbackCalls& operator=(const CallbackCalls&) = delete;

  [[nodiscard]] bool any() const noexcept { return !callbacks_.empty(); }
  template <class... Parameters, class... Arguments>
  void operator()(void (CallbackBase::*method)(Parameters...), Arguments&&... arguments) const {
    for (const Callback& callback : callbacks_) (callback.body().*method)(std::forward<Arguments>(arguments)...);
  }

 private:
  std::span<const Callback> callbacks_;
  TrainingRun& run_;
  std::vector<TrainingRun*> outer_;  // a callback may run something with itself
};

/// The run of an evaluate or predict: nothing to restore.
class PlainRun final : public TrainingRun {
 public:
  PlainRun(const Model& model, std::optional<std::int64_t> steps, Trainer* trainer = nullptr) : model_(model), steps_(steps), trainer_(trainer) {}
  [[nodiscard]] const Model& model() const override { return model_; }
  [[nodiscard]] std::int64_t epochs() const override { return 1; }
  [[nodiscard]] std::optional<std::int64_t> steps() const override { return steps_; }
  void stop() override { stopped_ = true; }
  [[nodiscard]] bool stopped() const override { return stopped_; }
  [[nodiscard]] bool interrupted() const override { return false; }
  void print(std::string_view line) override;
  [[nodiscard]] bool may_log(std::string_view name) const override { return trainer_ == nullptr || trainer_->may_log(name); }
  [[nodiscard]] JsonValue state() const override { return JsonValue::object(); }
  void restore(const JsonValue&) override {}

 private:
  const Model& model_;
  std::optional<std::int64_t> steps_;
  Trainer* trainer_;
  bool stopped_ = false;
};

}  // namespace namesake::train
