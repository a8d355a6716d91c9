// What fit, evaluate and predict are told, and what fit gives back.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/nn/callback.h"
#include "namesake/nn/training_data.h"
#include "namesake/tensor/feed.h"

namespace namesake {

/// An epoch that a StopSource ended before it was whole.
struct PartialEpoch {
  std::int64_t epoch = 0;  // from 0
  std::int64_t steps = 0;  // that were taken
  Logs logs;
};

/// What fit() gives: the logs of each epoch.
struct History {
  std::vector<Logs> epochs;
  std::vector<std::int64_t> epoch;  // the number of each, from 0: a run may begin at another one
  std::optional<PartialEpoch> interrupted = std::nullopt;
  std::vector<std::string> warnings = {};  // what went otherwise than a caller may think, such as data that ran out
  /// The number called `name` of each epoch; empty if there is none.
  [[nodiscard]] NAMESAKE_API std::vector<double> operator[](std::string_view name) const;
};

enum class Verbose {
  kAuto,    // a progress bar on a terminal, nothing elsewhere
  kSilent,
  kBar,
  kLines,   // one line an epoch
};

/// The epochs after which there is validation: each n-th, or those listed (counted from 1).
class ValidationFreq {
 public:
  ValidationFreq(std::int64_t each = 1) : each_(each) {}                          // NOLINT(google-explicit-constructor)
  ValidationFreq(std::initializer_list<std::int64_t> epochs) : epochs_(epochs) {}
  [[nodiscard]] std::int64_t each() const noexcept { return each_; }
  [[nodiscard]] const std::vector<std::int64_t>& epochs() const noexcept { return epochs_; }

 private:
  std::int64_t each_ = 0;
  std::vector<std::int64_t> epochs_;
};

struct FitOptions {
  std::optional<std::int64_t> batch_size = std::nullopt;  // 32, or what makes steps_per_epoch batches of all rows
  std::int64_t epochs = 1;                                // the number of the last epoch: fewer are run after initial_epoch
  Verbose verbose = Verbose::kAuto;
  std::vector<Callback> callbacks = {};
  double validation_split = 0.0;  // the last rows, before shuffling
  std::optional<TrainingData> validation_data = std::nullopt;
  bool shuffle = true;            // of rows in memory
  std::map<std::int64_t, double> class_weight = {};  // by class number; a class that is not there weighs 1
  Feed sample_weight = {};        // of all outputs, or of each
  std::int64_t initial_epoch = 0;
  std::optional<std::int64_t> steps_per_epoch = std::nullopt;
  std::optional<std::int64_t> validation_steps = std::nullopt;
  std::optional<std::int64_t> validation_batch_size = std::nullopt;  // left out: batch_size
  ValidationFreq validation_freq = 1;
  std::optional<StopSource> stop = std::nullopt;  // ends the run after its batch
  std::function<void(std::string_view)> print = nullptr;  // for lines of verbose callbacks; left out: standard output
};

struct EvaluateOptions {
  std::optional<std::int64_t> batch_size = std::nullopt;  // 32, or what makes `steps` batches of all rows
  Verbose verbose = Verbose::kAuto;
  Feed sample_weight = {};
  std::optional<std::int64_t> steps = std::nullopt;
  std::vector<Callback> callbacks = {};
};

struct PredictOptions {
  std::optional<std::int64_t> batch_size = std::nullopt;
  Verbose verbose = Verbose::kAuto;
  std::optional<std::int64_t> steps = std::nullopt;
  std::vector<Callback> callbacks = {};
};

struct TrainOnBatchOptions {
  Feed sample_weight = {};
  std::map<std::int64_t, double> class_weight = {};
};

}  // namespace namesake
