// Callbacks: what a caller wants to see of a running fit, evaluate or predict, or to change in it. `CallbackBase` is the body
// that one's own derive from, `Callback` the handle; Keras's callbacks are in train/callbacks.h.
//   class Report : public nk::CallbackBase {
//     void on_epoch_end(std::int64_t epoch, nk::Logs& logs) override { ... if (good_enough) stop_training(); }
//   };
//   model.fit(x, y, {.epochs = 50, .callbacks = {nk::EarlyStopping({.patience = 3}), std::make_shared<Report>()}});
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"

namespace namesake {

class Model;

/// Numbers by name, in order: ("accuracy", 0.91), ("loss", 0.31).
using Logs = std::vector<std::pair<std::string, double>>;

/// The number called `name`; null if there is none.
[[nodiscard]] NAMESAKE_API const double* find_log(const Logs& logs, std::string_view name);
/// Gives the number called `name` this value, or appends it.
NAMESAKE_API void set_log(Logs& logs, std::string_view name, double value);

/// Asks a running fit to end after its batch. Copies ask for the same. request_stop may be called by another thread, and by
/// a signal handler through a source that outlives it.
class StopSource {
 public:
  StopSource() : requested_(std::make_shared<std::atomic<bool>>(false)) {}
  void request_stop() const noexcept { requested_->store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool stop_requested() const noexcept { return requested_->load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<bool>::is_always_lock_free);
  std::shared_ptr<std::atomic<bool>> requested_;
};

/// A running fit, evaluate or predict, as its callbacks see it.
class NAMESAKE_API TrainingRun {
 public:
  virtual ~TrainingRun();
  [[nodiscard]] virtual const Model& model() const = 0;
  /// How many epochs and batches an epoch there will be; batches only if that is known.
  [[nodiscard]] virtual std::int64_t epochs() const = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> steps() const = 0;
  /// Ends the run after this batch; the epoch is still completed (validation, on_epoch_end).
  virtual void stop() = 0;
  [[nodiscard]] virtual bool stopped() const = 0;
  /// True if a StopSource ended it: the last epoch is not whole.
  [[nodiscard]] virtual bool interrupted() const = 0;
  /// Shows a line that a callback was told to show (its `verbose`).
  virtual void print(std::string_view line) = 0;
  /// True if the numbers of this run may have one called `name`, in this epoch or another.
  [[nodiscard]] virtual bool may_log(std::string_view name) const = 0;
  /// Where the run is, beside weights and optimizer: epoch, batch, order of rows, seeds, sums so far. restore() goes on from
  /// there, and may be called in on_train_begin.
  [[nodiscard]] virtual JsonValue state() const = 0;
  virtual void restore(const JsonValue& state) = 0;
};

/// The body of a callback. Epochs and batches count from 0. Logs are sorted by name; what on_epoch_end adds is seen by the
/// callbacks after it and kept in the history.
class NAMESAKE_API CallbackBase {
 public:
  CallbackBase() = default;
  CallbackBase(const CallbackBase&) = delete;
  CallbackBase& operator=(const CallbackBase&) = delete;
  virtual ~CallbackBase();

  virtual void on_train_begin() {}
  virtual void on_train_end(const Logs&) {}
  virtual void on_epoch_begin(std::int64_t /*epoch*/) {}
  virtual void on_epoch_end(std::int64_t /*epoch*/, Logs&) {}
  virtual void on_train_batch_begin(std::int64_t /*batch*/) {}
  virtual void on_train_batch_end(std::int64_t /*batch*/, const Logs&) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(const Logs&) {}
  virtual void on_test_batch_begin(std::int64_t /*batch*/) {}
  virtual void on_test_batch_end(std::int64_t /*batch*/, const Logs&) {}
  virtual void on_predict_begin() {}
  virtual void on_predict_end() {}
  virtual void on_predict_batch_begin(std::int64_t /*batch*/) {}
  virtual void on_predict_batch_end(std::int64_t /*batch*/) {}

  /// For fit, evaluate and predict: the run that calls from now on; gives the one before.
  TrainingRun* exchange_run(TrainingRun* run) noexcept { return std::exchange(run_, run); }

 protected:
  /// The run that is calling.
  [[nodiscard]] TrainingRun& run() const noexcept { return *run_; }
  [[nodiscard]] const Model& model() const { return run_->model(); }
  void stop_training() const { run_->stop(); }

 private:
  TrainingRun* run_ = nullptr;
};

/// A callback: a cheap shared handle.
class NAMESAKE_API Callback {
 public:
  template <std::derived_from<CallbackBase> Body>
  Callback(std::shared_ptr<Body> body) : body_(std::move(body)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] CallbackBase& body() const noexcept { return *body_; }

 private:
  std::shared_ptr<CallbackBase> body_;
};

}  // namespace namesake
