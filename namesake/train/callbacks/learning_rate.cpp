// Callbacks that set the learning rate.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/base/json.h"
#include "namesake/nn/model.h"
#include "namesake/train/callbacks.h"
#include "namesake/train/callbacks/monitor.h"

namespace namesake {

class ReduceLROnPlateau::Body final : public CallbackBase {
 public:
  explicit Body(ReduceLROnPlateauOptions options)
      : options_(std::move(options)), monitor_("ReduceLROnPlateau", options_.monitor, options_.mode, options_.min_delta) {
    if (options_.factor < 1) return;
    throw InvalidArgument({.subject = "factor",
                           .what = "ReduceLROnPlateau does not support a factor of 1 or more.",
                           .expected = "less than 1",
                           .received = fmt::format("{}", options_.factor)});
  }

  void on_train_begin() override {
    best_.reset();
    cooldown_ = wait_ = 0;
  }

  void on_epoch_end(std::int64_t epoch, Logs& logs) override {
    monitor_.settle(model());
    set_log(logs, "learning_rate", model().optimizer().learning_rate());
    const auto current = monitor_.value_in(logs, run());
    if (!current) return;
    if (cooldown_ > 0) {
      --cooldown_;
      wait_ = 0;
    }
    if (monitor_.improves(*current, best_)) {
      best_ = current;
      wait_ = 0;
    } else if (cooldown_ <= 0 && ++wait_ >= options_.patience && reduce(epoch)) {
      cooldown_ = options_.cooldown;
      wait_ = 0;
    }
  }

 private:
  bool reduce(std::int64_t epoch) {
    const Optimizer& optimizer = model().optimizer();
    const double old_rate = optimizer.learning_rate();
    if (old_rate <= static_cast<double>(static_cast<float>(options_.min_lr))) return false;
    const double rate = std::max(old_rate * options_.factor, options_.min_lr);
    optimizer.set_learning_rate(rate);
    if (options_.verbose) run().print(fmt::format("\nEpoch {}: ReduceLROnPlateau reducing learning rate to {}.", epoch + 1, to_json(JsonValue(rate))));
    return true;
  }

  ReduceLROnPlateauOptions options_;
  train::Monitor monitor_;
  std::optional<double> best_;
  std::int64_t cooldown_ = 0, wait_ = 0;
};

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options) : Callback(std::make_shared<Body>(std::move(options))) {}

namespace {

class SchedulerBody final : public CallbackBase {
 public:
  SchedulerBody(std::function<double(std::int64_t, double)> schedule, bool verbose) : schedule_(std::move(schedule)), verbose_(verbose) {}

  void on_epoch_begin(std::int64_t epoch) override {
    const Optimizer& optimizer = model().optimizer();
    const double rate = schedule_(epoch, optimizer.learning_rate());
    optimizer.set_learning_rate(rate);
    if (verbose_) run().print(fmt::format("\nEpoch {}: LearningRateScheduler setting learning rate to {}.", epoch + 1, to_json(JsonValue(rate))));
  }
  void on_epoch_end(std::int64_t, Logs& logs) override { set_log(logs, "learning_rate", model().optimizer().learning_rate()); }

 private:
  std::function<double(std::int64_t, double)> schedule_;
  bool verbose_;
};

}  // namespace

LearningRateScheduler::LearningRateScheduler(std::function<double(std::int64_t epoch, double learning_rate)> schedule, bool verbose)
    : Callback(std::make_shared<SchedulerBody>(std::move(schedule), verbose)) {}

}  // namespace namesake
