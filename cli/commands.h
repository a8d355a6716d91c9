// The commands: what each is told, and the function that does it. main.cpp fills the options from the command line. A
// function that returns has done its work (exit status 0); what went wrong is thrown as namesake::Error (exit status 2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace namesake::cli {

struct InspectOptions {
  std::string file;
  bool json = false;
  bool ascii = false;
  bool attributes = false;
  bool all = false;
  std::optional<int> width;
};
void inspect(const InspectOptions& options);

struct ConvertOptions {
  std::string input;
  std::string model;  // the file whose model takes the weights of a checkpoint, or of a .weights.h5; "" for a whole model
  std::string output;
  std::string signature;  // of a SavedModel: what the model is
  bool keras2 = false;
  bool json = false;
};
void convert(const ConvertOptions& options);

struct SummaryCommandOptions {
  std::string model;
  std::string signature;
  std::optional<int> width;
  bool expand_nested = false;
  bool show_trainable = false;
  bool ascii = false;
};
void summary(const SummaryCommandOptions& options);

/// What names the data of train and evaluate.
struct DataArguments {
  std::vector<std::string> files;
  std::string x_key;
  std::string y_key;
  std::string label_column;
};

/// What overrides the compile settings of the file.
struct CompileArguments {
  std::string optimizer;
  std::optional<double> learning_rate;
  std::string loss;
  std::vector<std::string> metrics;
};

struct TrainOptions {
  std::string model;
  std::string signature;
  DataArguments data;
  CompileArguments compile;
  std::string output;
  std::int64_t epochs = 1;
  std::int64_t batch_size = 32;
  double validation_split = 0;
  bool no_shuffle = false;
  std::optional<std::uint64_t> seed;
  std::optional<std::int64_t> early_stopping;  // epochs of patience
  std::string checkpoint;
  std::string csv_log;
  std::vector<std::string> class_weight;
  bool keras2 = false;
  bool json = false;
};
/// The exit status of a train that Ctrl-C ended, after it saved what was learnt: that of programs ended by SIGINT.
inline constexpr int kStatusStopped = 130;
/// Gives the exit status: 0, or kStatusStopped.
[[nodiscard]] int train(const TrainOptions& options);

struct EvaluateCommandOptions {
  std::string model;
  std::string signature;
  DataArguments data;
  CompileArguments compile;
  std::int64_t batch_size = 32;
  bool json = false;
};
void evaluate(const EvaluateCommandOptions& options);

struct PredictCommandOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::string x_key;
  std::string output;
  std::string signature;  // of a SavedModel; "": serving_default
  std::int64_t batch_size = 32;
};
void predict(const PredictCommandOptions& options);

}  // namespace namesake::cli
