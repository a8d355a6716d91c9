// The command `namesake`: reads the command line and runs one of the commands. Exit status: 0 done, 2 trouble, with the
// message on standard error. (1 is for commands that find something, such as a name collision.)
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "namesake/base/error.h"
#include "namesake/base/version.h"

namespace namesake::cli {
namespace {

constexpr int kTrouble = 2;

/// Every command's options, and the one that was asked for.
struct CommandLine {
  InspectOptions inspect;
  ConvertOptions convert;
  SummaryCommandOptions summary;
  TrainOptions train;
  EvaluateCommandOptions evaluate;
  PredictCommandOptions predict;
  std::function<void()> chosen;
  int status = 0;  // of a command that ended well
};

void add_data(CLI::App& command, DataArguments& data) {
  command.add_option("--data", data.files, "NPZ with arrays x and y, CSV, or x.npy and y.npy (the option twice)")->required()->allow_extra_args(false)->type_name("FILE");
  command.add_option("--x-key", data.x_key, "the array of inputs in an NPZ (default: x, or x_train)")->type_name("NAME");
  command.add_option("--y-key", data.y_key, "the array of labels in an NPZ (default: y, or y_train)")->type_name("NAME");
  command.add_option("--label-column", data.label_column, "the column of labels in a CSV, by name or number (default: the last)")->type_name("COLUMN");
}

void add_compile(CLI::App& command, CompileArguments& compile, bool optimizer) {
  if (optimizer) {
    command.add_option("--optimizer", compile.optimizer, "a new one: adam, sgd (default: the file's, with its state)")->type_name("WORD");
    command.add_option("--learning-rate", compile.learning_rate, "the size of its steps (default: the file's)")->type_name("RATE");
  }
  command.add_option("--loss", compile.loss, "sparse_categorical_crossentropy, mse, ... (default: the file's)")->type_name("WORD");
  command.add_option("--metrics", compile.metrics, "accuracy, ...; several with commas (default: the file's)")->delimiter(',')->allow_extra_args(false)->type_name("WORD");
}

/// Of a SavedModel.
void add_signature(CLI::App& command, std::string& signature) {
  command.add_option("--signature", signature, "what to run of a SavedModel (default: its layers, if it says them; else serving_default, or the only one)")->type_name("NAME");
}

void add_inspect(CLI::App& app, CommandLine& line) {
  CLI::App& command = *app.add_subcommand("inspect", "Show the names, shapes and sizes in a file.");
  command.add_option("FILE", line.inspect.file, "a file of Keras: .keras, .weights.h5, .h5; a checkpoint: its prefix, or its .index file; a SavedModel: its folder; a graph: .pb, .meta")->required()->type_name(" ");
  command.add_flag("--json", line.inspect.json, "for programs");
  command.add_flag("--ascii", line.inspect.ascii, "plain lines instead of box characters");
  command.add_flag("--all", line.inspect.all, "every line whole: functions with all their arguments, and what TensorFlow added for itself");
  command.add_option("--width", line.inspect.width, "columns that a line of a function may take (default: those of the terminal; any number if there is none)")->type_name("N");
  command.add_flag("--attributes", line.inspect.attributes, "versions, and the attributes of groups and arrays, too");
  command.group("Commands");
  command.footer("Examples:\n  namesake inspect model.keras\n  namesake inspect model_0\n  namesake inspect model.keras --json | python3 -m json.tool");
  command.callback([&line] { line.chosen = [&line] { inspect(line.inspect); }; });
}

void add_summary(CLI::App& app, CommandLine& line) {
  CLI::App& command = *app.add_subcommand("summary", "Print the table of layers that Keras prints.");
  command.add_option("MODEL", line.summary.model, "a model: .keras, .h5, .json (what model.to_json() gave), a SavedModel directory")->required()->type_name(" ");
  add_signature(command, line.summary.signature);
  command.add_option("--width", line.summary.width, "columns, 40 or more (default: as Keras, by those of the terminal)")->type_name("N");
  command.add_flag("--expand-nested", line.summary.expand_nested, "the layers of models inside the model too");
  command.add_flag("--show-trainable", line.summary.show_trainable, "a column that says what is trained: Y or N");
  command.add_flag("--ascii", line.summary.ascii, "plain lines instead of box characters");
  command.group("Commands");
  command.footer("Example:\n  namesake summary model.keras --expand-nested --width 100");
  command.callback([&line] { line.chosen = [&line] { summary(line.summary); }; });
}

void add_train(CLI::App& app, CommandLine& line) {
  TrainOptions& options = line.train;
  CLI::App& command = *app.add_subcommand("train", "Go on training a saved model.");
  command.add_option("MODEL", options.model, "a model: .keras, .h5, a SavedModel directory")->required()->type_name(" ");
  add_data(command, options.data);
  command.add_option("-o,--output", options.output, "where to save the trained model: .keras, .h5; without an extension a SavedModel directory")->required()->type_name("OUT");
  command.add_option("--epochs", options.epochs, "how often to go through the data")->type_name("N")->capture_default_str();
  command.add_option("--batch-size", options.batch_size, "rows a step")->type_name("N")->capture_default_str();
  add_compile(command, options.compile, true);
  add_signature(command, options.signature);
  command.add_option("--validation-split", options.validation_split, "part of the rows, the last ones, kept for validation")->type_name("PART");
  command.add_flag("--no-shuffle", options.no_shuffle, "take the rows in their order in every epoch");
  command.add_option("--seed", options.seed, "makes shuffling and dropout repeatable")->type_name("N");
  command.add_option("--early-stopping", options.early_stopping, "end after N epochs without a better loss (of validation, if there is one); keeps the best")->type_name("N");
  command.add_option("--checkpoint", options.checkpoint, "save after each epoch, to such as m-{epoch:02d}-{loss:.3f}.keras")->type_name("PATTERN");
  command.add_option("--csv-log", options.csv_log, "write the numbers of each epoch to a CSV")->type_name("FILE");
  command.add_option("--class-weight", options.class_weight, "how much a class counts; several with commas (default: 1)")->delimiter(',')->allow_extra_args(false)->type_name("CLASS=W");
  command.add_flag("--keras2", options.keras2, "save it for Keras 2 (2.12 and later), with the optimizer's state as it keeps it");
  command.add_flag("--json", options.json, "print the history as JSON, and nothing else");
  command.group("Commands");
  command.footer(
      "Examples:\n"
      "  namesake train model.keras --data digits.npz --epochs 20 -o trained.keras\n"
      "  namesake train model.keras --data rows.csv --label-column kind --validation-split 0.2 -o trained.keras\n"
      "  namesake train model.keras --data x.npy --data y.npy --optimizer adam --loss mse -o trained.keras\n"
      "  namesake train keras2.h5 --data d.npz -o trained.h5 --keras2\n"
      "  namesake train model.keras --data d.npz --epochs 99 --validation-split 0.2 --early-stopping 5 --csv-log log.csv -o best.keras\n"
      "Several inputs or outputs: one NPZ with an array for each, called as they are.\n"
      "Ctrl-C ends after the batch, saves what was learnt, and exits with status 130; a second one ends at once without saving.");
  command.callback([&line] { line.chosen = [&line] { line.status = train(line.train); }; });
}

void add_evaluate(CLI::App& app, CommandLine& line) {
  EvaluateCommandOptions& options = line.evaluate;
  CLI::App& command = *app.add_subcommand("evaluate", "Compute loss and metrics of a saved model.");
  command.add_option("MODEL", options.model, "a model: .keras, .h5, a SavedModel directory")->required()->type_name(" ");
  add_data(command, options.data);
  command.add_option("--batch-size", options.batch_size, "rows a step")->type_name("N")->capture_default_str();
  add_compile(command, options.compile, false);
  add_signature(command, options.signature);
  command.add_flag("--json", options.json, "print the numbers as JSON, and nothing else");
  command.group("Commands");
  command.footer("Example:\n  namesake evaluate trained.keras --data held_out.npz --json");
  command.callback([&line] { line.chosen = [&line] { evaluate(line.evaluate); }; });
}

void add_predict(CLI::App& app, CommandLine& line) {
  PredictCommandOptions& options = line.predict;
  CLI::App& command = *app.add_subcommand("predict", "Compute a model's output for each row.");
  command.add_option("MODEL", options.model, "a model: .keras, a legacy .h5, a SavedModel directory, a frozen graph .pb")->required()->type_name(" ");
  command.add_option("--input", options.inputs, "NPY, NPZ (array x, or its only one) or CSV (all columns); several inputs: again, in the model's order, or NAME=FILE, or one NPZ with an array for each, called as they are")->required()->allow_extra_args(false)->type_name("FILE");
  command.add_option("--x-key", options.x_key, "the array of inputs in an NPZ")->type_name("NAME");
  command.add_option("-o,--output", options.output, "where to write the predictions (.npy; of several outputs .npz)")->required()->type_name("OUT");
  command.add_option("--signature", options.signature, "what to run of a SavedModel (default: serving_default, or the only one)")->type_name("NAME");
  command.add_option("--batch-size", options.batch_size, "rows a step")->type_name("N")->capture_default_str();
  command.group("Commands");
  command.footer("Examples:\n  namesake predict trained.keras --input x.npy -o y.npy\n  namesake predict two.keras --input image=i.npy --input text=t.npy -o outputs.npz\n  namesake predict model_0 --signature serving_default --input dense_1_input=x.npy -o y.npy");
  command.callback([&line] { line.chosen = [&line] { predict(line.predict); }; });
}

void add_convert(CLI::App& app, CommandLine& line) {
  CLI::App& command = *app.add_subcommand("convert", "Write a saved model as another file: of Keras 2 as one for Keras 3, or the other way.");
  command.add_option("IN", line.convert.input, "a model of Keras 2 or 3: .keras, .h5, a SavedModel directory; the prefix of a checkpoint or an .h5 of weights alone, with --model")->required()->type_name(" ");
  command.add_option("OUT", line.convert.output, "where to write it: .keras, .h5; without an extension a SavedModel directory; the weights alone: .weights.h5, .ckpt (a checkpoint)")->required()->type_name(" ");
  command.add_option("--model", line.convert.model, "the model whose weights IN has, if those are all it has: .keras, .h5, or .json (what model.to_json() gave)")->type_name("FILE");
  add_signature(command, line.convert.signature);
  command.add_flag("--keras2", line.convert.keras2, "write it for Keras 2 (2.12 and later), with the optimizer's state as it keeps it");
  command.add_flag("--json", line.convert.json, "for programs");
  command.group("Commands");
  command.footer(
      "The values are read back and compared bit by bit before OUT takes its place.\n"
      "Examples:\n"
      "  namesake convert old.h5 new.keras\n"
      "  namesake convert keras2.keras keras3.keras\n"
      "  namesake convert new.keras old.keras --keras2\n"
      "  namesake convert model.keras model_0\n"
      "  namesake convert training/cp.ckpt trained.keras --model model.keras\n"
      "  namesake convert weights.h5 model.keras --model model.json\n"
      "  namesake convert keras2.keras keras3.keras --json");
  command.callback([&line] { line.chosen = [&line] { convert(line.convert); }; });
}

/// The command that stands first on the line, "" if there is none yet.
std::string command_in(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? "" : " " + parsed[0]->get_name();
}

/// CLI11 speaks of subcommands and conversions.
std::string message_of(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ConversionError)) return std::string(error.what()) + "\n  expected  a number";
  if (app.get_subcommands().empty() && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) return "a command is required";
  return error.what();
}

int usage_error(const std::string& command, const std::string& message) {
  fmt::print(stderr, "namesake{}: {}\n  help      namesake{} --help\n", command, message, command);
  return kTrouble;
}

/// What CLI11 says of a first word that is no command speaks of arguments; this speaks of commands.
bool is_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::none_of(commands.begin(), commands.end(), [&](const CLI::App* c) { return c->check_name(argv[1]); });
}

int run(int argc, char** argv) {
  CLI::App app("Shows, trains, runs and converts Keras models and SavedModels.", "namesake");
  CommandLine line;
  app.set_version_flag("--version", fmt::format("namesake {}", kVersion));
  app.require_subcommand(1);
  app.get_formatter()->column_width(32);
  app.get_formatter()->label("REQUIRED", "(required)");
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.footer("Each command has its own --help, with examples.\nExit status: 0 done, 1 findings, 2 trouble, 130 training stopped by Ctrl-C and saved.");
  for (const auto add : {add_inspect, add_summary, add_train, add_evaluate, add_predict, add_convert}) add(app, line);

  if (is_unknown_command(app, argc, argv)) {
    std::string known;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) known += (known.empty() ? "" : ", ") + command->get_name();
    return usage_error("", fmt::format("there is no command \"{}\"\n  expected  {}", argv[1], known));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);  // --help, --version
    return usage_error(command_in(app), message_of(app, error));
  }
  try {
    line.chosen();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "namesake{}: there is not enough memory\n", command_in(app));
    return kTrouble;
  } catch (const std::exception& error) {
    fmt::print(stderr, "namesake{}: {}\n", command_in(app), error.what());
    return kTrouble;
  }
  return line.status;
}

}  // namespace
}  // namespace namesake::cli

int main(int argc, char** argv) {
  try {
    return namesake::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs("namesake: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return 2;
  }
}
