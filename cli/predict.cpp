// namesake predict MODEL --input X.npy -o Y.npy: the model's output for each row; of a SavedModel what a signature computes.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/checks.h"
#include "cli/output.h"
#include "namesake/formats/npy.h"
#include "namesake/formats/npz.h"
#include "namesake/formats/saved_model.h"
#include "namesake/saving/saved_model/saved_model.h"

namespace namesake::cli {
namespace {

/// NAME and FILE of `NAME=FILE`; no name if there is a file of the whole word.
std::pair<std::string, std::string> name_and_file(const std::string& word) {
  const std::size_t equals = word.find('=');
  std::error_code error;
  if (equals == std::string::npos || std::filesystem::exists(word, error)) return {"", word};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

struct Given {
  std::string input, file;  // no name: by position
};

/// One NPZ with an array for each input stands for all of them.
std::vector<Given> inputs_of_one_file(const std::string& file, const std::vector<std::string>& names) {
  const formats::NpzFile npz(file);
  std::vector<Given> given;
  for (const std::string& name : names) {
    if (!npz.has(name)) {
      throw InvalidArgument({.subject = file,
                             .what = fmt::format("{}: the file has no array \"{}\".", file, name),
                             .expected = fmt::format("an array for each input: {}", fmt::join(names, ", ")),
                             .received = fmt::format("arrays {}", fmt::join(npz.names(), ", ")),
                             .fix = fmt::format("say where each input is: --input {}=FILE ...", name)});
    }
    given.push_back({name, file});
  }
  return given;
}

/// What --input says of the inputs called `names`: all by name, or all by position.
std::vector<Given> given_inputs(const PredictCommandOptions& options, const std::vector<std::string>& names) {
  std::vector<Given> given;
  for (const std::string& word : options.inputs) {
    auto [name, file] = name_and_file(word);
    if (!given.empty() && given.back().input.empty() != name.empty()) {
      throw InvalidArgument({.subject = "--input", .what = "Some inputs are given by name and some are not.", .expected = "all, or none", .received = word});
    }
    given.push_back({std::move(name), std::move(file)});
  }
  const bool one_file = given.size() == 1 && given[0].input.empty() && names.size() > 1 && options.x_key.empty();
  if (one_file && std::filesystem::path(given[0].file).extension() == ".npz") return inputs_of_one_file(given[0].file, names);
  return given;
}

/// Numbers as the file has them; of an NPZ the array `key`, else the one called as the input.
Tensor read_input(const Given& given, const std::string& key) {
  const std::filesystem::path path(given.file);
  if (path.extension() == ".npy") return formats::read_npy(given.file);
  if (path.extension() != ".npz") return load_inputs(given.file, {.x_key = key});
  const formats::NpzFile npz(given.file);
  std::vector<std::string> names{key};
  if (key.empty()) names = {given.input, npz.names().size() == 1 ? npz.names()[0] : "x"};
  for (const std::string& name : names) {
    if (npz.has(name)) return npz.read(name);
  }
  return load_inputs(given.file, {.x_key = key});  // which says what is missing
}

/// NumPy's float64 is meant as the float32 that a graph takes, whole numbers as its integers; what is neither is left for the graph to refuse.
Tensor as_taken(const Tensor& x, DType dtype) {
  const bool numbers = (is_floating(x.dtype()) || is_integer(x.dtype())) && (is_floating(dtype) || is_integer(dtype));
  if (x.dtype() == dtype || !numbers) return x;
  Tensor made = cast(x, dtype);
  if (is_floating(dtype)) return made;
  const Tensor before = cast(x, DType::kFloat64), after = cast(made, DType::kFloat64);
  const auto a = before.data<double>(), b = after.data<double>();
  return std::equal(a.begin(), a.end(), b.begin(), b.end()) ? made : x;
}

Feed read_inputs(const Model& model, const PredictCommandOptions& options) {
  const std::vector<std::string> names = model.model().input_names();
  std::vector<std::string> given;
  Tensors tensors;
  for (const Given& input : given_inputs(options, names)) {
    given.push_back(input.input);
    tensors.push_back(names.size() == 1 ? load_inputs(input.file, {.x_key = options.x_key}) : read_input(input, options.x_key));
    if (names.size() == 1) check_inputs(model, tensors.back(), input.file);
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

/// Whether the signature takes any number of rows, and as far as it says gives as many.
bool goes_by_rows(const SignatureInfo& signature) {
  const auto is_open = [](const SignatureSpec& spec) { return spec.shape.known_rank() && spec.shape.rank() > 0 && spec.shape[0] == Shape::kOpen; };
  return !signature.inputs.empty() && std::all_of(signature.inputs.begin(), signature.inputs.end(), is_open) &&
         std::all_of(signature.outputs.begin(), signature.outputs.end(), [&](const SignatureSpec& spec) { return !spec.shape.known_rank() || is_open(spec); });
}

/// What the signature gives for the rows, `step` at a time; nothing if the results are not theirs, row by row.
std::optional<Feed> run_by_rows(const SavedModel& loaded, const std::string& name, const Tensors& inputs, std::int64_t step) {
  const std::int64_t rows = inputs[0].shape()[0];
  std::vector<std::string> names;
  std::vector<Tensors> parts;  // of each output
  for (std::int64_t begin = 0; begin < rows; begin += step) {
    const std::int64_t end = std::min(rows, begin + step);
    Tensors batch;
    for (const Tensor& input : inputs) batch.push_back(input.rows(begin, end));
    const Feed outputs = loaded.run(batch, name);
    names = outputs.names();
    parts.resize(outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].rank() == 0 || outputs[i].shape()[0] != end - begin) return std::nullopt;
      parts[i].push_back(outputs[i]);
    }
  }
  Tensors whole;
  for (const Tensors& part : parts) whole.push_back(concatenate(part, 0));
  return Feed::named(names, std::move(whole));
}

/// In batches, as a model predicts; all rows at once if the signature takes a number of its own.
Feed run_signature(const SavedModel& loaded, const SignatureInfo& signature, const Tensors& inputs, std::int64_t step) {
  const bool same_rows = goes_by_rows(signature) && inputs.size() == signature.inputs.size() && std::all_of(inputs.begin(), inputs.end(), [&](const Tensor& input) {
                           return input.rank() > 0 && input.shape()[0] == inputs[0].shape()[0];
                         });
  if (same_rows && inputs[0].shape()[0] > step) {
    if (std::optional<Feed> outputs = run_by_rows(loaded, signature.name, inputs, step)) return *std::move(outputs);
  }
  return loaded.run(inputs, signature.name);
}

void predict_by_signature(const PredictCommandOptions& options) {
  const SavedModel loaded(options.model);
  const std::string name = options.signature.empty() ? "serving_default" : options.signature;
  const SignatureInfo signature = loaded.signature(name);
  const bool several = signature.outputs.size() > 1;
  check_target(options.output, {several ? ".npz" : ".npy"}, several ? "predictions of several outputs" : "predictions");
  std::vector<std::string> names, given;
  for (const SignatureSpec& spec : signature.inputs) names.push_back(spec.name);
  Tensors tensors;
  std::vector<std::size_t> places;
  for (const Given& input : given_inputs(options, names)) {
    const std::size_t place = input.input.empty() ? tensors.size() : static_cast<std::size_t>(std::find(names.begin(), names.end(), input.input) - names.begin());
    const Tensor tensor = read_input({place < names.size() ? names[place] : "", input.file}, options.x_key);
    tensors.push_back(place < names.size() ? as_taken(tensor, signature.inputs[place].dtype) : tensor);
    places.push_back(place);
    if (!input.input.empty()) given.push_back(input.input);
  }
  Tensors ordered(names.size());
  for (std::size_t i = 0; i < places.size() && places[i] < ordered.size(); ++i) ordered[places[i]] = tensors[i];
  const bool each_once = tensors.size() == names.size() && std::all_of(ordered.begin(), ordered.end(), [](const Tensor& tensor) { return tensor.defined(); });
  if (each_once) return write_outputs(options, run_signature(loaded, signature, ordered, options.batch_size), several);
  write_outputs(options, loaded.run(given.empty() ? Feed(std::move(tensors)) : Feed::named(given, std::move(tensors)), name), several);  // which says what is wrong
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
