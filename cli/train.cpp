// namesake train MODEL --data FILE -o OUT: goes on training a saved model.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>

#include "cli/checks.h"
#include "cli/output.h"

namespace namesake::cli {
namespace {

/// While it lives, Ctrl-C asks the run to end after its batch; a second time it ends the program at once, with status 2, and
/// nothing is written.
class StopOnInterrupt {
 public:
  explicit StopOnInterrupt(const StopSource& stop) {
    source = &stop;
    before_ = std::signal(SIGINT, &ask);
  }
  ~StopOnInterrupt() {
    std::signal(SIGINT, before_);
    source = nullptr;
  }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

 private:
  static void say(std::string_view text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }
  static void ask(int) {
    if (source->stop_requested()) {
      say("\nnamesake train: interrupted; nothing was saved\n");
      ::_exit(2);
    }
    source->request_stop();
    say("\nnamesake train: stopping after this batch, then saving (Ctrl-C again: at once, without saving)\n");
  }
  static inline const StopSource* source = nullptr;
  void (*before_)(int) = nullptr;
};

void check_arguments(const TrainOptions& options) {
  check_positive(options.epochs, "--epochs");
  check_positive(options.batch_size, "--batch-size");
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    throw InvalidArgument({.subject = "--validation-split",
                           .what = "--validation-split is no part of the rows.",
                           .expected = "0 or more, and less than 1",
                           .received = fmt::format("{}", options.validation_split)});
  }
  const double rate = options.compile.learning_rate.value_or(1);
  if (!std::isfinite(rate) || rate <= 0) {
    throw InvalidArgument({.subject = "--learning-rate",
                           .what = "--learning-rate is no rate to learn by.",
                           .expected = "a number above 0",
                           .received = fmt::format("{}", rate)});
  }
}

/// The last rows are for validation; some must be left to train on.
void check_split(const TrainOptions& options, const DataFeeds& data) {
  const auto training = static_cast<std::int64_t>(static_cast<double>(data.rows) * (1 - options.validation_split));
  if (options.validation_split == 0 || (training >= 1 && training < data.rows)) return;
  throw InvalidArgument({.subject = "--validation-split",
                         .what = fmt::format("{} has too few rows for --validation-split {}.", data_text(options.data), options.validation_split),
                         .expected = "at least one row to train on, and one to validate on",
                         .received = fmt::format("{} rows", data.rows)});
}

/// `{"loss": [0.5, 0.4], "accuracy": [0.8, 0.9]}`.
JsonValue history_json(const History& history) {
  JsonValue object = JsonValue::object();
  for (const Logs& logs : history.epochs) {
    for (const auto& [name, value] : logs) {
      JsonValue* values = object.find(name);
      (values != nullptr ? *values : object.add(name, JsonValue::array())).push_back(value);
    }
  }
  return object;
}

/// A note if the numbers of the model are worth nothing; "" if not.
std::string note_of_loss(const History& history) {
  const Logs* last = history.interrupted ? &history.interrupted->logs : history.epochs.empty() ? nullptr : &history.epochs.back();
  if (last == nullptr) return {};
  for (const auto& [name, value] : *last) {
    if (name == "loss" && !std::isfinite(value)) return "note: the loss is no number any more, and so are the weights: look for nan in the data, or take a smaller --learning-rate\n";
  }
  return {};
}

void report(const TrainOptions& options, const History& history, const SaveReport& saved) {
  const auto epochs = static_cast<std::int64_t>(history.epochs.size());
  if (options.json) {
    JsonValue object = JsonValue::object({{"model", options.model}, {"output", options.output}, {"epochs", epochs}, {"history", history_json(history)}});
    if (history.interrupted) object.add("interrupted", JsonValue::object({{"epoch", history.interrupted->epoch + 1}, {"steps", history.interrupted->steps}}));
    print_json(object);
    return;
  }
  std::string text;
  if (epochs > 0) text += fmt::format("{} epoch{}: {}\n", epochs, epochs == 1 ? "" : "s", logs_text(history.epochs.back()));
  if (history.interrupted) {
    text += fmt::format("stopped in epoch {} after {} steps: {}\n", history.interrupted->epoch + 1, history.interrupted->steps, logs_text(history.interrupted->logs));
  }
  text += note_of_loss(history);
  for (const std::string& warning : history.warnings) text += fmt::format("note: {}\n", warning);
  text += fmt::format("saved {} ({})\n", options.output, size_text(size_on_disk(options.output)));
  for (const std::string& note : saved.lines()) text += fmt::format("note: {}\n", note);
  print(text);
}

/// `0=1,3=2.5`.
std::map<std::int64_t, double> class_weights(const std::vector<std::string>& words) {
  std::map<std::int64_t, double> weights;
  for (const std::string& word : words) {
    std::int64_t number = 0;
    double weight = 0;
    const char* end = word.data() + word.size();
    const auto [middle, bad_number] = std::from_chars(word.data(), end, number);
    const bool fits = bad_number == std::errc() && middle != end && *middle == '=';
    const auto last = fits ? std::from_chars(middle + 1, end, weight) : std::from_chars_result{middle, std::errc::invalid_argument};
    if (last.ec != std::errc() || last.ptr != end || !(weight >= 0)) {
      throw InvalidArgument({.subject = "--class-weight", .what = "--class-weight is no weight of a class.", .expected = "CLASS=WEIGHT, such as 3=2.5", .received = word});
    }
    weights[number] = weight;
  }
  return weights;
}

std::vector<Callback> callbacks_of(const TrainOptions& options) {
  const std::string monitor = options.validation_split > 0 ? "val_loss" : "loss";
  std::vector<Callback> callbacks;
  if (options.early_stopping) callbacks.push_back(EarlyStopping({.monitor = monitor, .patience = *options.early_stopping, .restore_best_weights = true}));
  if (!options.checkpoint.empty()) callbacks.push_back(ModelCheckpoint({.filepath = options.checkpoint}));
  if (!options.csv_log.empty()) callbacks.push_back(CSVLogger({.filename = options.csv_log}));
  return callbacks;
}

/// Throws Unsupported for a model without layers and a file that would name them: now, not after the training.
void check_savable(const Model& model, const std::string& file) {
  const std::string ending = ending_of(file);
  if (ending == ".keras" || ending == ".h5") static_cast<void>(model.get_config());
}

}  // namespace

int train(const TrainOptions& options) {
  check_arguments(options);
  check_target(options.output, {".keras", ".h5", ""}, "a model");
  if (options.seed) set_random_seed(*options.seed);
  const Model model = load_model(options.model, {.signature = options.signature});
  check_savable(model, options.output);
  check_savable(model, options.checkpoint);
  compile_model(model, options.compile, options.model, true);
  const DataFeeds data = open_data(model, options.data);
  check_split(options, data);

  const StopSource stop;
  History history;
  {
    const StopOnInterrupt interrupt(stop);
    history = model.fit(data.x, data.y,
                        {.batch_size = options.batch_size,
                         .epochs = options.epochs,
                         .verbose = options.json ? Verbose::kSilent : Verbose::kAuto,
                         .callbacks = callbacks_of(options),
                         .validation_split = options.validation_split,
                         .shuffle = !options.no_shuffle,
                         .class_weight = class_weights(options.class_weight),
                         .stop = stop});
  }
  report(options, history, model.save(options.output, {.keras2 = options.keras2}));
  return history.interrupted ? kStatusStopped : 0;
}

}  // namespace namesake::cli
