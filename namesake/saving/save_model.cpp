// Saving: names and layout are checked first, then the file is written, all or nothing.
#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/formats/weights_h5.h"
#include "namesake/nn/graph_model.h"
#include "namesake/nn/model.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/checkpoint/checkpoint_objects.h"
#include "namesake/saving/config_words.h"
#include "namesake/saving/legacy/legacy_save.h"
#include "namesake/saving/checkpoint/named_checkpoint.h"
#include "namesake/saving/save_parts.h"
#include "namesake/saving/saved_model/saved_model_save.h"

namespace namesake {
namespace {

SaveReport save_keras(const Model& model, const std::filesystem::path& file, const SaveOptions& options) {
  saving::check_built(model);
  SaveReport report{file, {}, {}, {}, {}};
  saving::WordedConfig worded = saving::config_in_words(model, options, options.keras2 ? saving::Words::kCommon : saving::Words::kKeras3, report);
  const bool with_state = options.include_optimizer && model.is_compiled();
  formats::Hdf5Content weights = saving::keras_content(model, with_state && !options.keras2, options.keras2);
  if (with_state && options.keras2) saving::add_state_for_keras2(model, weights, report);
  formats::KerasArchiveContent content;
  if (options.keras2) content.metadata = formats::keras_metadata(saving::kKeras2Version);
  content.config = std::move(worded.config);
  content.groups = std::move(weights.groups);
  content.arrays = std::move(weights.arrays);
  saving::note_for_keras(model, report);
  if (!options.include_optimizer && model.is_compiled()) report.dropped.emplace_back("how the model was compiled: include_optimizer is false");
  formats::write_keras_archive(file.string(), content);
  return report;
}

[[noreturn]] void refuse_name(const std::filesystem::path& file, std::string expected, std::string fix) {
  throw Unsupported({.subject = file.string(),
                     .what = fmt::format("No format goes by the name \"{}\".", file.filename().string()),
                     .expected = std::move(expected),
                     .fix = std::move(fix)});
}

// The name of `file` before its first extension of ours, with another one.
std::string with_extension(const std::filesystem::path& file, std::string_view extension) {
  return (file.parent_path() / file.stem()).string() + std::string(extension);
}

// Whose weights stand in groups that follow names, not in Keras's layers.
bool runs_a_graph(const Model& model) { return dynamic_cast<const nn::GraphModelBody*>(&model.model()) != nullptr; }

SaveReport save_checkpoint(const Model& model, const std::filesystem::path& prefix) {
  saving::check_built(model);
  saving::CheckpointObjects objects;
  objects.add("", model, true);
  formats::write_tensor_bundle(prefix.string(), std::move(objects).tensors());
  SaveReport report{prefix, {"Keras 2", "tf.train.Checkpoint"}, {}, {}, {}};
  if (runs_a_graph(model)) report.opened_by = {"tf.train.Checkpoint"};
  return report;
}

bool holds_weights_only(const std::filesystem::path& file) { return file.string().ends_with(".weights.h5"); }

// "model_0/" is the folder model_0.
std::filesystem::path without_slash(const std::filesystem::path& file) { return file.has_filename() ? file : file.parent_path(); }

void refuse_signatures(const std::filesystem::path& file, const SaveOptions& options) {
  if (options.signatures.empty()) return;
  throw InvalidArgument({.subject = file.string(),
                         .what = fmt::format("\"{}\" has no place for signatures: a SavedModel has.", file.filename().string()),
                         .places = {{"here", options.signatures[0].site(), fmt::format("the signature \"{}\"", options.signatures[0].name()), {}}},
                         .fix = fmt::format("model.save(\"{}\", ...), a name without an extension", with_extension(file, ""))});
}

}  // namespace

std::vector<std::string> SaveReport::lines() const {
  std::vector<std::string> all;
  for (const std::string& what : dropped) all.push_back("dropped: " + what);
  for (const std::string& what : python) all.push_back("in Python: " + what);
  all.insert(all.end(), notes.begin(), notes.end());
  return all;
}

SaveReport Model::save(const std::filesystem::path& file, const SaveOptions& options) const {
  const ops::StopRecording quiet;
  const std::filesystem::path folder = without_slash(file);
  const bool legacy = formats::is_h5_name(file.string());
  if (holds_weights_only(file)) {
    refuse_name(file, "a file name that ends in .keras or .h5, or a name without an extension; .weights.h5 is for weights alone", fmt::format("model.save_weights(\"{}\")", file.string()));
  }
  if (file.extension() != ".keras" && !legacy) {
    if (!saving::is_other_format(folder)) return saving::save_saved_model(*this, folder, options);
    const bool nameless = folder.empty() || folder.stem().string().starts_with('.');
    refuse_name(file, "a file name that ends in .keras or .h5, or the name of a folder for a SavedModel",
                nameless ? fmt::format("model.save(\"{0}.keras\") for Keras 3, model.save(\"{0}.h5\") for Keras 2 too, model.save(\"{0}\") for a SavedModel", name())
                         : fmt::format("model.save(\"{}\")", with_extension(file, ".keras")));
  }
  refuse_signatures(file, options);
  return legacy ? saving::save_legacy(*this, file, options, true) : save_keras(*this, file, options);
}

SaveReport Model::save_weights(const std::filesystem::path& file, const SaveWeightsOptions& options) const {
  const ops::StopRecording quiet;
  const bool other_file = holds_weights_only(file) || formats::is_h5_name(file.string()) || saving::is_other_format(file);
  if (options.name_based && other_file) refuse_name(file, "the prefix of a checkpoint: only there variables stand under their names alone", "");
  if (options.name_based) return saving::save_named_checkpoint(*this, file);
  if (!holds_weights_only(file)) {
    if (formats::is_h5_name(file.string())) return saving::save_legacy(*this, file, {}, false);
    if (!saving::is_other_format(file)) return save_checkpoint(*this, file);
    refuse_name(file, "a file name that ends in .weights.h5, in .h5 for a legacy file, or the prefix of a checkpoint", fmt::format("model.save_weights(\"{}\")", with_extension(file, ".weights.h5")));
  }
  saving::check_built(*this);
  formats::write_hdf5_file(file.string(), saving::keras_content(*this, true));
  if (!runs_a_graph(*this)) return {file, {"Keras 3", "Keras 2"}, {}, {}, {}};
  return {file, {}, {}, {}, {"Keras cannot open the file: the weights of a graph stand under their names, not in layers of Keras's"}};
}

}  // namespace namesake
