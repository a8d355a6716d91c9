// namesake predict MODEL --input X.npy -o Y.npy: the model's output for each row; of a SavedModel what a signature computes.
#include <fmt/format.h>

#include <filesystem>

#include "cli/checks.h"
#include "cli/output.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "namesake/formats/saved_model.h"
#include "namesake/saving/saved_model.h"

namespace namesake::cli {
namespace {

/// NAME and FILE of `NAME=FILE`; no name if there is a file of the whole word.
std::pair<std::string, std::string> name_and_file(const std::string& word) {
  const std::size_t equals = word.find('=');
  std::error_code error;
  if (equals == std::string::npos || std::filesystem::exists(word, error)) return {"", word};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

Tensor read_input(const std::string& file, const std::string& key) {
  if (std::filesystem::path(file).extension() == ".npy") return formats::read_npy(file);
  return load_inputs(file, {.x_key = key});
}

Feed read_inputs(const Model& model, const PredictCommandOptions& options) {
  const std::vector<std::string> names = model.model().input_names();
  std::vector<std::string> given;
  Tensors tensors;
  for (const std::string& word : options.inputs) {
    const auto [name, file] = name_and_file(word);
    if (!given.empty() && given.back().empty() != name.empty()) {
      throw InvalidArgument({.subject = "--input", .what = "Some inputs are given by name and some are not.", .expected = "all, or none", .received = word});
    }
    given.push_back(name);
    tensors.push_back(names.size() == 1 ? load_inputs(file, {.x_key = options.x_key}) : read_input(file, options.x_key));
    if (names.size() == 1) check_inputs(model, tensors.back(), file);
  }
  if (!given[0].empty()) return Feed::named(given, std::move(tensors));
  if (tensors.size() == 1) return tensors[0];
  return tensors;
}

bool is_graph(const std::string& path) { return formats::is_saved_model(path) || std::filesystem::path(path).extension() == ".pb"; }

void write_outputs(const PredictCommandOptions& options, const Feed& outputs, bool several) {
  std::string text;
  if (!several) {
    formats::write_npy(options.output, outputs[0]);
    text = fmt::format("{}: {} {}\n", options.output, to_string(outputs[0].shape()), to_string(outputs[0].dtype()));
  } else {
    std::vector<formats::NamedTensor> entries;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      entries.push_back({outputs.names()[i], outputs[i]});
      text += fmt::format("{}: {} {} {}\n", options.output, outputs.names()[i], to_string(outputs[i].shape()), to_string(outputs[i].dtype()));
    }
    formats::write_npz(options.output, entries);
  }
  print(text);
}

/// Runs a signature on all rows at once: a graph says itself how many it takes.
void predict_by_signature(const PredictCommandOptions& options) {
  const SavedModel loaded(options.model);
  const std::string name = options.signature.empty() ? "serving_default" : options.signature;
  const SignatureInfo& signature = loaded.signature(name);
  const bool several = signature.outputs.size() > 1;
  check_target(options.output, {several ? ".npz" : ".npy"}, several ? "predictions of several outputs" : "predictions");
  std::vector<std::string> given;
  Tensors tensors;
  for (const std::string& word : options.inputs) {
    auto [input, file] = name_and_file(word);
    if (input.empty() && signature.inputs.size() == 1) input = signature.inputs[0].name;
    Tensor tensor = read_input(file, options.x_key);
    for (const SignatureSpec& spec : signature.inputs) {  // NumPy's float64 is meant as the float32 that the graph takes
      if ((spec.name == input || input.empty()) && is_floating(tensor.dtype()) && is_floating(spec.dtype)) tensor = cast(tensor, spec.dtype);
    }
    if (!input.empty()) given.push_back(input);
    tensors.push_back(std::move(tensor));
  }
  if (!given.empty() && given.size() != tensors.size()) {
    throw InvalidArgument({.subject = "--input", .what = "Some inputs are given by name and some are not.", .expected = "all, or none"});
  }
  write_outputs(options, loaded.run(given.empty() ? Feed(std::move(tensors)) : Feed::named(given, std::move(tensors)), name), several);
}

}  // namespace

void predict(const PredictCommandOptions& options) {
  check_positive(options.batch_size, "--batch-size");
  if (is_graph(options.model)) return predict_by_signature(options);
  if (!options.signature.empty()) {
    throw InvalidArgument({.subject = options.model, .what = fmt::format("{} has no signatures.", options.model), .expected = "a SavedModel directory", .fix = "leave --signature out"});
  }
  const Model model = load_model(options.model, {.compile = false});
  const bool several = model.model().output_names().size() > 1;
  check_target(options.output, {several ? ".npz" : ".npy"}, several ? "predictions of several outputs" : "predictions");
  const Feed outputs = model.predict_many(read_inputs(model, options), {.batch_size = options.batch_size});
  write_outputs(options, outputs, several);
}

}  // namespace namesake::cli
