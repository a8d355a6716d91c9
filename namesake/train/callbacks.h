// Keras's callbacks for fit, with its options and decisions:
//   model.fit(x, y, {.epochs = 100, .callbacks = {EarlyStopping({.patience = 5, .restore_best_weights = true}),
//                                                 ModelCheckpoint({.filepath = "best-{epoch:02d}-{val_loss:.2f}.keras", .save_best_only = true}),
//                                                 CSVLogger({.filename = "log.csv"})},
//                    .validation_split = 0.2});
// Values are compared as float32, as Keras does. A `monitor` that this run can never have is an InvalidArgument after the first
// epoch; Keras warns, and then never stops, or keeps the last model for the best. Lines that `verbose` asks for go where
// FitOptions::print says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "namesake/base/export.h"
#include "namesake/nn/callback.h"

namespace namesake {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;        // less is no improvement
  std::int64_t patience = 0;   // epochs without one
  bool verbose = false;
  std::string mode = "auto";   // "min", "max"; "auto" goes by the metric
  std::optional<double> baseline = {};
  bool restore_best_weights = false;
  std::int64_t start_from_epoch = 0;
};
/// Ends training when the monitored number improves no longer.
class NAMESAKE_API EarlyStopping : public Callback {
 public:
  class Body;
  /// Throws InvalidArgument for an unknown mode.
  explicit EarlyStopping(EarlyStoppingOptions options = {});
  /// The epoch that ended training; 0 if none did.
  [[nodiscard]] std::int64_t stopped_epoch() const;
  [[nodiscard]] std::int64_t best_epoch() const;
  [[nodiscard]] std::optional<double> best() const;
  [[nodiscard]] std::int64_t wait() const;
};

/// When a file is written: after each epoch, or after a number of batches.
class SaveFreq {
 public:
  SaveFreq() = default;
  /// Throws InvalidArgument for another word than "epoch".
  NAMESAKE_API SaveFreq(const char* word);                                  // NOLINT(google-explicit-constructor)
  SaveFreq(std::int64_t batches) : batches_(batches) {}                     // NOLINT(google-explicit-constructor)
  SaveFreq(int batches) : SaveFreq(static_cast<std::int64_t>(batches)) {}   // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool each_epoch() const noexcept { return batches_ == 0; }
  /// Counts a batch that was done; true if it is time.
  [[nodiscard]] NAMESAKE_API bool due(std::int64_t batch);

 private:
  std::int64_t batches_ = 0;  // 0: each epoch
  std::int64_t seen_ = 0, last_ = -1;
};

struct ModelCheckpointOptions {
  std::filesystem::path filepath;  // with {epoch:02d}, {batch} and {val_loss:.2f}, or any other number of the logs
  std::string monitor = "val_loss";
  bool verbose = false;
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
  SaveFreq save_freq = {};
  std::optional<double> initial_value_threshold = {};
};
/// Saves the model as training goes on. Makes the folder if it is not there.
class NAMESAKE_API ModelCheckpoint : public Callback {
 public:
  class Body;
  /// Throws InvalidArgument for an unknown mode; Unsupported for a file that does not end in .keras or .h5, for
  /// weights alone in .weights.h5.
  explicit ModelCheckpoint(ModelCheckpointOptions options);
  [[nodiscard]] std::optional<double> best() const;
};
/// `pattern` with the numbers put in, by Python's rules of formatting. Throws InvalidArgument for one that is not there.
[[nodiscard]] NAMESAKE_API std::string format_checkpoint_path(std::string_view pattern, std::int64_t epoch, std::optional<std::int64_t> batch,
                                                              const Logs& logs);

struct CSVLoggerOptions {
  std::filesystem::path filename;
  std::string separator = ",";
  bool append = false;
};
/// Writes a line of numbers an epoch, as Python's csv module does. Throws IoError.
class NAMESAKE_API CSVLogger : public Callback {
 public:
  explicit CSVLogger(CSVLoggerOptions options);
};

struct LambdaCallbackOptions {
  std::function<void(std::int64_t epoch)> on_epoch_begin = nullptr;
  std::function<void(std::int64_t epoch, const Logs& logs)> on_epoch_end = nullptr;
  std::function<void()> on_train_begin = nullptr;
  std::function<void(const Logs& logs)> on_train_end = nullptr;
  std::function<void(std::int64_t batch)> on_train_batch_begin = nullptr;
  std::function<void(std::int64_t batch, const Logs& logs)> on_train_batch_end = nullptr;
};
/// Calls functions.
class NAMESAKE_API LambdaCallback : public Callback {
 public:
  explicit LambdaCallback(LambdaCallbackOptions options);
};

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  std::int64_t patience = 10;
  bool verbose = false;
  std::string mode = "auto";
  double min_delta = 1e-4;
  std::int64_t cooldown = 0;
  double min_lr = 0.0;
};
/// Multiplies the learning rate by a factor when the monitored number improves no longer. Adds `learning_rate` to the logs.
class NAMESAKE_API ReduceLROnPlateau : public Callback {
 public:
  class Body;
  /// Throws InvalidArgument for an unknown mode, and for a factor of 1 or more.
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {});
};

/// Sets the learning rate of each epoch: `schedule(epoch, rate so far)`. Adds `learning_rate` to the logs.
class NAMESAKE_API LearningRateScheduler : public Callback {
 public:
  explicit LearningRateScheduler(std::function<double(std::int64_t epoch, double learning_rate)> schedule, bool verbose = false);
};

struct TerminateOnNaNOptions {
  bool raise_error = false;
};
/// Ends training when the loss is no number, or infinite; with raise_error, throws InvalidArgument then.
class NAMESAKE_API TerminateOnNaN : public Callback {
 public:
  explicit TerminateOnNaN(TerminateOnNaNOptions options = {});
};

struct BackupAndRestoreOptions {
  std::filesystem::path backup_dir;
  SaveFreq save_freq = {};
  bool delete_checkpoint = true;  // when training came to its end
};
/// A run that was killed, started again with the same data and options, goes on where the last backup was, and gives the same
/// numbers as one that was not killed: weights, optimizer, epoch, batch in the epoch (Keras begins the epoch anew), order of
/// rows, seeds and the sums behind the logs are kept. A run that a StopSource ended is backed up there. The folder has
/// training_metadata.json, which names the file of weights beside it; at every moment one whole pair is there, as if Keras's
/// double_checkpoint were always on. The model must
/// be built. Throws IoError, FormatError; what saving and loading throw.
class NAMESAKE_API BackupAndRestore : public Callback {
 public:
  explicit BackupAndRestore(BackupAndRestoreOptions options);
};

}  // namespace namesake
