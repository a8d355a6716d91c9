// Loading: the config makes the model, then each weight is found at its place (saving/keras_loader, legacy_loader), checked and
// copied. Everything is checked before a value is set.
#include "namesake/saving/load_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/legacy_h5.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/formats/weights_h5.h"
#include "namesake/nn/weights_to_come.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/checkpoint/checkpoint_loader.h"
#include "namesake/saving/keras2/keras2_dialect.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/keras_loader.h"
#include "namesake/saving/legacy/legacy_config.h"
#include "namesake/saving/legacy/legacy_loader.h"
#include "namesake/saving/checkpoint/named_checkpoint.h"
#include "namesake/saving/object_rules.h"
#include "namesake/saving/save_parts.h"
#include "namesake/saving/saved_model/saved_model_load.h"

namespace namesake {
namespace {

using formats::ModelFile;

ModelFile read_archive(const std::filesystem::path& path) {
  ModelFile file = formats::read_keras_archive(path.string());
  for (const char* name : {"config.json", "model.weights.h5"}) {
    const auto count = std::count_if(file.entries.begin(), file.entries.end(), [&](const formats::ArchiveEntry& e) { return e.name == name; });
    if (count > 1) {
      throw FormatError(file.file, name, {.what = fmt::format("The archive has {} entries of this name: it cannot be said which one is meant.", count),
                                          .expected = "one"});
    }
  }
  return file;
}

bool is_archive(const std::filesystem::path& path) { return path.extension() == ".keras"; }

[[noreturn]] void refuse_folder(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path above = std::filesystem::absolute(path, error).lexically_normal().parent_path();
  std::string fix;
  if (formats::is_saved_model(above.string())) {
    fix = fmt::format("take the folder above it: {}", path.has_parent_path() ? path.parent_path().string() : "..");
  }
  for (auto entry = std::filesystem::directory_iterator(path, error); fix.empty() && !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".index") fix = fmt::format("a checkpoint is named by its prefix: {}", std::filesystem::path(entry->path()).replace_extension().string());
  }
  throw Unsupported({.subject = path.string(),
                     .what = fmt::format("{}: the folder is no SavedModel.", path.string()),
                     .expected = "a folder with saved_model.pb and variables/",
                     .received = "a folder without saved_model.pb",
                     .fix = std::move(fix)});
}

// The file, if it is one of those that hold weights; `what` is said of others. `weights`: weights alone will do.
ModelFile read_file(const std::filesystem::path& path, std::string_view what, bool weights = false) {
  if (is_archive(path)) return read_archive(path);
  if (formats::is_h5_name(path.string())) return formats::read_h5(path.string());
  if (formats::is_bundle(path.string())) return formats::read_tensor_bundle(path.string());
  if (formats::is_saved_model(path.string())) return saving::read_saved_model_weights(path);
  std::error_code error;
  if (weights && !saving::is_other_format(path) && !std::filesystem::exists(path, error)) throw IoError(path.string() + ".index", "opening the checkpoint", ENOENT);
  if (std::filesystem::is_directory(path, error)) refuse_folder(path);
  if (path.extension().empty() && !std::filesystem::exists(path, error)) throw IoError(path.string(), "opening it", ENOENT);
  throw Unsupported({.subject = path.string(),
                     .what = fmt::format("{}: {} a file of this name.", path.string(), what),
                     .expected = "a file that ends in .keras or .h5, a SavedModel directory, or the prefix of a checkpoint",
                     .received = path.extension().empty() ? "no extension" : path.extension().string(),
                     .fix = path.extension() == ".json" ? "of layers without weights: load_architecture(file), then model.load_weights(...)" : ""});
}

ModelFile read_model(const std::filesystem::path& path) {
  ModelFile file = read_file(path, "No model is read from");
  if (file.config.is_null()) {
    throw FormatError(file.file, "/", {.what = "The file holds weights, but no model.",
                                       .expected = file.format == "h5"           ? "an attribute model_config"
                                                   : file.format == "checkpoint" ? "a file of a whole model, which ends in .keras or .h5"
                                                                                 : "a legacy file, with an attribute model_config",
                                       .fix = fmt::format("use a file of the whole model; or, in a program, make the model, then model.load_weights(\"{}\")", path.string())});
  }
  return file;
}

// The document as a `.keras` file has it.
JsonValue config_of(const ModelFile& file) {
  JsonValue config = file.config;
  const JsonValue* training = file.format != "keras" && file.metadata.is_object() ? file.metadata.find("training_config") : nullptr;
  if (training == nullptr) return config;
  if (saving::is_keras2_config(config)) {
    config.set("training_config", *training);  // put into Keras 3's words with the rest
  } else {
    config.set("compile_config", saving::compile_config_from_training(*training));
  }
  return config;
}

// Where the config stands, for messages.
std::string place_of_config(const ModelFile& file) {
  if (file.find_weight(formats::kModelConfigKey) != nullptr) return fmt::format("{}: {}", file.file, formats::kModelConfigKey);
  return file.file + (file.format == "h5" ? ": model_config" : file.format == "checkpoint" ? ": keras_metadata.pb" : ": config.json");
}

// Elements of all weights. A second name of a weight is no second weight; a few may be tied.
std::uint64_t stored_elements(const ModelFile& file) {
  std::uint64_t own = 0, again = 0;
  for (const formats::WeightEntry& entry : file.weights) {
    if (!entry.unsupported.empty()) continue;
    const auto elements = static_cast<std::uint64_t>(entry.shape.elements().value_or(0));
    (entry.alias_of.empty() ? own : again) += std::min(elements, entry.byte_size);
  }
  return own + std::min(again, own);
}

// What a program may not ask of a layer is damage in a file.
Model make_model(const ModelFile& file, bool compile, bool all_weights_come) {
  const JsonValue config = config_of(file);
  const std::string place = place_of_config(file);
  const nn::WeightsToCome to_come(place, stored_elements(file), all_weights_come);
  try {
    return saving::model_from_config(JsonView(config, place), compile);
  } catch (const InvalidArgument& error) {
    throw FormatError(place, "", error.parts());
  }
}

struct Wishes {
  bool by_name = false;
  bool with_optimizer = false;
  bool optimizer_needed = false;
  std::string object;
};

void match_checkpoint(const ModelFile& file, const Model& model, const Wishes& wishes, const saving::NameMap& names, saving::WeightMatches& matches) {
  const auto graph = formats::read_object_graph(file);
  if (!graph || wishes.by_name) {
    saving::match_by_name(model, graph ? &*graph : nullptr, matches, names, {wishes.object, wishes.with_optimizer});
    return matches.refuse("", wishes.by_name);
  }
  const formats::ObjectGraph objects = saving::with_rules(*graph, names, matches.report().ambiguous);
  saving::CheckpointLoader loader(objects, matches, names);
  const std::size_t node = loader.find_model(model, wishes.object);
  loader.match_model(model, node);
  const auto optimizer = wishes.with_optimizer ? loader.find_optimizer(node) : std::nullopt;
  if (wishes.with_optimizer) {
    saving::build_optimizer(model);
    if (optimizer) loader.match_optimizer(model.optimizer(), model.trainable_variables(), *optimizer, wishes.optimizer_needed);
    else matches.report().notes.push_back("the file keeps no optimizer state: training starts anew");
  }
  loader.find_unused(node);
  loader.note_others();
  matches.refuse("", false);
}

void match(const ModelFile& file, const Model& model, const Wishes& wishes, const saving::NameMap& names, saving::WeightMatches& matches) {
  if (file.format == "checkpoint") return match_checkpoint(file, model, wishes, names, matches);
  if (file.format == "h5") {
    const formats::LegacyWeights stored = formats::legacy_weights(file);
    saving::LegacyLoader loader(stored, matches, names);
    const saving::LegacyLayout layout = saving::legacy_layout(model);
    wishes.by_name ? loader.match_by_name(layout) : loader.match_by_position(layout);
    if (wishes.with_optimizer) loader.match_optimizer(model);
    return matches.refuse("model_weights", wishes.by_name);
  }
  saving::KerasLoader loader(matches, names);
  const saving::KerasLayout layout = saving::keras_layout(model, saving::model_name_in_config(model));
  wishes.by_name ? loader.match_by_name(layout) : loader.match_weights(layout);
  if (wishes.with_optimizer) loader.match_optimizer(model, wishes.optimizer_needed);
  loader.find_unused(wishes.with_optimizer);
  matches.refuse(file.format == "keras" ? "model.weights.h5" : "/", wishes.by_name);
}

}  // namespace

Model load_model(const std::filesystem::path& path, const LoadOptions& options) {
  LoadReport own_report;
  LoadReport& report = options.report != nullptr ? *options.report : own_report;
  report = {};
  const bool has_graph = saving::is_graph_path(path);
  if (has_graph && !options.signature.empty()) return saving::load_graph_model(path, report, fmt::format("the signature \"{}\" was asked for", options.signature), options.signature);
  if (has_graph && path.extension() == ".pb") return saving::load_graph_model(path, report, "it is a frozen graph");
  const ModelFile file = has_graph ? saving::read_saved_model_weights(path) : read_model(path);
  if (has_graph && file.config.is_null()) return saving::load_graph_model(path, report, "it does not say which layers made it");
  if (!options.signature.empty()) {
    throw InvalidArgument({.subject = path.string(), .what = fmt::format("{} has no signatures.", path.string()), .expected = "a SavedModel directory", .fix = "leave the signature out"});
  }
  Model model;
  try {
    model = make_model(file, options.compile, options.strict);
  } catch (const Unsupported& error) {  // a class that only Python knows: the graph still says what it computes
    if (!has_graph) throw;
    return saving::load_graph_model(path, report, error.parts().what);
  }
  saving::WeightMatches matches(file, report, {.strict = options.strict, .cast = options.cast});
  match(file, model, {.with_optimizer = model.is_compiled(), .optimizer_needed = !has_graph}, saving::NameMap({}), matches);
  matches.fill();
  return model;
}

namespace {

Model model_of_document(std::string_view text, const std::string& file) {
  const JsonValue config = formats::parse_json(text, {.file = file});
  try {
    return saving::model_from_config(JsonView(config, file), true);
  } catch (const InvalidArgument& error) {
    throw FormatError(file, "", error.parts());
  } catch (const std::bad_alloc&) {
    throw FormatError(file, "", {.what = "The model's weights take more memory than there is."});
  }
}

}  // namespace

std::string Model::to_json() const { return namesake::to_json(saving::keras_config(*this, {})); }

Model model_from_json(std::string_view text) { return model_of_document(text, "the text"); }

Model load_architecture(const std::filesystem::path& path) {
  if (path.extension() == ".json") {
    const auto file = base::MappedFile::open(path.string());
    const auto bytes = file->bytes();
    return model_of_document({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
  }
  if (saving::is_graph_path(path)) return load_model(path);
  return make_model(read_model(path), true, false);
}

LoadReport Model::load_weights(const std::filesystem::path& path, const LoadWeightsOptions& options) const {
  const ops::StopRecording quiet;
  LoadReport own_report;
  LoadReport& report = options.report != nullptr ? *options.report : own_report;
  report = {};
  if (!built()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The model \"{}\" cannot take weights before it is built: it has none yet.", name()),
                           .places = {{"model", ptr()->site(), ptr()->describe(), {}}},
                           .fix = "give the first layer an input_shape, or call the model on a batch"});
  }
  const saving::NameMap names(options.names);
  const ModelFile file = read_file(path, "No weights are read from", true);
  saving::WeightMatches matches(file, report, {.strict = options.strict, .cast = options.cast, .skip_mismatch = options.skip_mismatch});
  const bool with_optimizer = is_compiled() && file.format != "h5" && !options.by_name;  // as Keras: weights of a legacy file are those of layers
  match(file, *this, {.by_name = options.by_name, .with_optimizer = with_optimizer, .object = options.object}, names, matches);
  matches.fill();
  return report;
}

}  // namespace namesake
