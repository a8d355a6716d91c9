// namesake predict MODEL --input X.npy -o Y.npy: the model's output for each row.
#include <fmt/format.h>

#include <filesystem>

#include "cli/checks.h"
#include "cli/output.h"
#include "namesake/formats/npy.h"

namespace namesake::cli {
namespace {

/// The one file of inputs. `name=FILE` and several files are the form for models with several inputs, which there are not yet.
std::string only_input(const std::vector<std::string>& inputs) {
  std::error_code error;
  const bool named = inputs[0].find('=') != std::string::npos && !std::filesystem::exists(inputs[0], error);
  if (inputs.size() == 1 && !named) return inputs[0];
  throw Unsupported({.subject = "--input",
                     .what = named ? fmt::format("--input {}: inputs by name are not done here.", inputs[0]) : "Models with several inputs are not done here.",
                     .expected = "one --input, the path of a file",
                     .received = named ? inputs[0] : fmt::format("{} inputs", inputs.size())});
}

}  // namespace

void predict(const PredictCommandOptions& options) {
  check_positive(options.batch_size, "--batch-size");
  const std::string input = only_input(options.inputs);
  check_target(options.output, ".npy", "predictions");
  const Model model = load_model(options.model, {.compile = false});
  const Tensor x = load_inputs(input, {.x_key = options.x_key});
  check_inputs(model, x, input);

  const Tensor y = model.predict(x, {.batch_size = options.batch_size});
  formats::write_npy(options.output, y);
  print(fmt::format("{}: {} {}\n", options.output, to_string(y.shape()), to_string(y.dtype())));
}

}  // namespace namesake::cli
