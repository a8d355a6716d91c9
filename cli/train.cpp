// namesake train MODEL --data FILE -o OUT: goes on training a saved model.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>

#include "cli/checks.h"
#include "cli/output.h"

namespace namesake::cli {
namespace {

/// While it lives, Ctrl-C ends the program with status 2; nothing was written by then.
class StopOnInterrupt {
 public:
  StopOnInterrupt() : before_(std::signal(SIGINT, &stop)) {}
  ~StopOnInterrupt() { std::signal(SIGINT, before_); }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

 private:
  static void stop(int) {
    constexpr std::string_view kText = "\nnamesake train: interrupted; nothing was saved\n";
    (void)!::write(STDERR_FILENO, kText.data(), kText.size());
    ::_exit(2);
  }
  void (*before_)(int);
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
void check_split(const TrainOptions& options, const Dataset& data) {
  const auto training = static_cast<std::int64_t>(static_cast<double>(data.rows()) * (1 - options.validation_split));
  if (options.validation_split == 0 || (training >= 1 && training < data.rows())) return;
  throw InvalidArgument({.subject = "--validation-split",
                         .what = fmt::format("{} has too few rows for --validation-split {}.", data_text(options.data), options.validation_split),
                         .expected = "at least one row to train on, and one to validate on",
                         .received = fmt::format("{} rows", data.rows())});
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

void report(const TrainOptions& options, const History& history, const SaveReport& saved) {
  if (options.json) {
    print_json(JsonValue::object({{"model", options.model},
                                  {"output", options.output},
                                  {"epochs", options.epochs},
                                  {"history", history_json(history)}}));
    return;
  }
  std::string text = fmt::format("{} epoch{}: {}\n", options.epochs, options.epochs == 1 ? "" : "s", logs_text(history.epochs.back()));
  text += fmt::format("saved {} ({})\n", options.output, size_text(std::filesystem::file_size(options.output)));
  for (const std::string& note : saved.notes) text += fmt::format("note: {}\n", note);
  print(text);
}

}  // namespace

void train(const TrainOptions& options) {
  check_arguments(options);
  check_target(options.output, ".keras", "a model");
  if (options.seed) set_random_seed(*options.seed);
  const Model model = load_model(options.model);
  compile_model(model, options.compile, options.model, true);
  const Dataset data = open_data(options.data);
  check_inputs(model, data.x, data_text(options.data));
  check_labels(model, data, data_text(options.data));
  check_split(options, data);

  History history;
  {
    const StopOnInterrupt interrupt;
    history = model.fit(data.x, data.y,
                        {.batch_size = options.batch_size,
                         .epochs = options.epochs,
                         .verbose = options.json ? Verbose::kSilent : Verbose::kAuto,
                         .validation_split = options.validation_split,
                         .shuffle = !options.no_shuffle});
  }
  report(options, history, model.save(options.output));
}

}  // namespace namesake::cli
