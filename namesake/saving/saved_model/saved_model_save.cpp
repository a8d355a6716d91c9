#include "namesake/saving/saved_model/saved_model_save.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <system_error>

#include "namesake/base/atomic_file.h"
#include "namesake/base/atomic_folder.h"
#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/fingerprint.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/save_parts.h"
#include "namesake/saving/saved_model/saved_model_functions.h"
#include "namesake/saving/saved_model/saved_model_graph.h"
#include "namesake/saving/saved_model/saved_model_keras.h"
#include "namesake/saving/saved_model/saved_model_objects.h"
#include "namesake/saving/saved_model/trace_model.h"

namespace namesake::saving {
namespace {

namespace fs = std::filesystem;

// What TensorFlow, Keras and TF Serving put into a SavedModel.
bool belongs(const fs::path& entry) {
  constexpr std::string_view kOwn[] = {"saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb", "fingerprint.pb", "variables", "assets", "debug"};
  return std::find(std::begin(kOwn), std::end(kOwn), entry.filename().string()) != std::end(kOwn);
}

void write_text(const std::string& file, const std::string& text) { base::write_file_atomically(file, std::as_bytes(std::span(text))); }

// Of the two files that are finished: hashes by which TensorFlow tells models apart.
void write_fingerprint(const std::string& folder, const std::string& saved_model) {
  const auto index = base::MappedFile::open(formats::variables_prefix(folder) + ".index");
  const auto fingerprint = formats::make_fingerprint(std::as_bytes(std::span(saved_model)), index->bytes());
  if (fingerprint) write_text(folder + "/fingerprint.pb", formats::fingerprint_bytes(*fingerprint));
}

void write_folder(const fs::path& directory, const formats::SavedModelFile& file, std::vector<formats::BundleTensor> tensors) {
  base::AtomicFolder folder(directory.string(), check_replaceable);
  try {
    folder.make_folder("variables");
    folder.make_folder("assets");
    formats::write_tensor_bundle(formats::variables_prefix(folder.path()), std::move(tensors));
    if (!file.keras.empty()) write_text(folder.path() + "/keras_metadata.pb", formats::keras_metadata_bytes(file.keras));
    const std::string saved_model = formats::saved_model_bytes(file);
    write_fingerprint(folder.path(), saved_model);
    write_text(folder.path() + "/saved_model.pb", saved_model);
  } catch (const IoError& error) {
    throw IoError(folder.target_path(), "writing", error.error_number());  // not the place where it is made
  }
  folder.commit();
}

// What load_model makes the model of again. A model that runs a graph has no config.
void add_config(const Model& model, const SaveOptions& options, std::vector<formats::BundleTensor>& tensors) {
  try {
    tensors.push_back({std::string(formats::kModelConfigKey), DType::kString, Shape::scalar(), {}, {to_json(keras_config(model, options))}});
  } catch (const Unsupported&) {
    return;  // the graph is there
  }
}

void note_optimizer(const Model& model, const SaveOptions& options, SaveReport& report) {
  if (!model.is_compiled()) return;
  if (!options.include_optimizer) {
    report.dropped.emplace_back("how the model was compiled: include_optimizer is false");
  } else if (has_state(model)) {
    report.dropped.emplace_back("the optimizer's state for Keras 2 and TensorFlow, which read none from a SavedModel: Namesake does");
  }
}

}  // namespace

void check_replaceable(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return;
  std::string other;
  bool model = false, empty = true;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    empty = false;
    model = model || name.starts_with("saved_model.pb");
    if (!belongs(entry->path()) && (other.empty() || name < other)) other = name;
  }
  if (error) throw IoError(folder, "looking at what is to be replaced", error.value());
  if (empty || (model && other.empty())) return;
  throw InvalidArgument({.subject = folder,
                         .what = fmt::format("{}: there is a folder of this name, which saving would replace as a whole.", folder),
                         .expected = "no folder, an empty one, or one that holds a SavedModel and nothing else",
                         .received = other.empty() ? "no file saved_model.pb in it" : fmt::format("\"{}\" in it", other),
                         .fix = "give the model another name, or empty the folder"});
}

SaveReport save_saved_model(const Model& model, const fs::path& directory, const SaveOptions& options) {
  check_built(model);
  SaveReport report{directory, {"TensorFlow"}, {}, {}, {}};
  const SavedFunctions functions = saved_functions(model, options);
  SavedModelContent content = saved_model_objects(model, functions, options.include_optimizer);
  formats::SavedModelFile file;
  file.directory = directory.string();
  file.keras = saved_model_keras(model, content, options, report);
  file.meta_graphs.push_back(saved_model_graph(functions, content.variables));
  file.meta_graphs[0].objects = std::move(content.objects);
  for (std::string& note : signature_notes(model, functions.functions[0].outputs.size())) report.notes.push_back(std::move(note));
  add_config(model, options, content.tensors);
  note_optimizer(model, options, report);
  if (!file.keras.empty()) note_users_classes(model, report);
  report.notes.push_back(fmt::format("Keras 3 opens it as a layer: keras.layers.TFSMLayer(\"{}\", call_endpoint=\"serve\")", directory.string()));
  write_folder(directory, file, std::move(content.tensors));
  return report;
}

}  // namespace namesake::saving
