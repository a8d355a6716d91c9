#include <fmt/format.h>

#include "namesake/nn/model.h"
#include "namesake/train/callbacks.h"
#include "namesake/train/callbacks/monitor.h"

namespace namesake {

class EarlyStopping::Body final : public CallbackBase {
 public:
  explicit Body(EarlyStoppingOptions options)
      : options_(std::move(options)), monitor_("EarlyStopping", options_.monitor, options_.mode, options_.min_delta) {}

  void on_train_begin() override {
    wait = stopped_epoch = best_epoch = 0;
    best.reset();
    best_weights_.reset();
  }

  void on_epoch_end(std::int64_t epoch, Logs& logs) override {
    monitor_.settle(model());
    const auto current = monitor_.value_in(logs, run());
    if (!current || epoch < options_.start_from_epoch) return;
    if (options_.restore_best_weights && !best_weights_) keep(epoch);  // never set: these are the best so far
    ++wait;
    if (monitor_.improves(*current, best)) {
      best = current;
      best_epoch = epoch;
      if (options_.restore_best_weights) keep(epoch);
      // The baseline must be beaten too.
      if (!options_.baseline || monitor_.improves(*current, options_.baseline)) wait = 0;
      return;
    }
    if (wait < options_.patience || epoch == 0) return;
    stopped_epoch = epoch;
    stop_training();
  }

  void on_train_end(const Logs&) override {
    if (stopped_epoch > 0 && options_.verbose) run().print(fmt::format("Epoch {}: early stopping", stopped_epoch + 1));
    if (!best_weights_) return;
    if (options_.verbose) run().print(fmt::format("Restoring model weights from the end of the best epoch: {}.", best_epoch + 1));
    model().set_weights(*best_weights_);
  }

  std::int64_t wait = 0, stopped_epoch = 0, best_epoch = 0;
  std::optional<double> best;

 private:
  void keep(std::int64_t epoch) {
    best_weights_ = model().get_weights();
    for (Tensor& weight : *best_weights_) weight = weight.copy();
    best_epoch = epoch;
  }

  EarlyStoppingOptions options_;
  train::Monitor monitor_;
  std::optional<Tensors> best_weights_;
};

EarlyStopping::EarlyStopping(EarlyStoppingOptions options) : Callback(std::make_shared<Body>(std::move(options))) {}
std::int64_t EarlyStopping::stopped_epoch() const { return static_cast<Body&>(body()).stopped_epoch; }
std::int64_t EarlyStopping::best_epoch() const { return static_cast<Body&>(body()).best_epoch; }
std::optional<double> EarlyStopping::best() const { return static_cast<Body&>(body()).best; }
std::int64_t EarlyStopping::wait() const { return static_cast<Body&>(body()).wait; }

}  // namespace namesake
