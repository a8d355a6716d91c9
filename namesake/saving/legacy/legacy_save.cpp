#include "namesake/saving/legacy/legacy_save.h"

#include <fmt/format.h>

#include <utility>

#include "namesake/formats/legacy_h5.h"
#include "namesake/naming/path.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/config_words.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/legacy/legacy_config.h"
#include "namesake/saving/legacy/legacy_layout.h"
#include "namesake/saving/save_parts.h"

namespace namesake::saving {
namespace {

// Names in a config have no levels: `a>d` for the layer d in the scope a.
std::string flat(const std::string& path) { return path.find('/') == std::string::npos ? path : naming::flatten_scoped(path); }

std::vector<formats::LegacyArray> arrays_of(const std::vector<LegacyLayerWeight>& weights, const std::string& layer) {
  std::vector<formats::LegacyArray> arrays;
  for (const LegacyLayerWeight& weight : weights) {
    arrays.push_back({naming::join_path(layer, weight.inner) + ":0", array_of("", weight.variable)});
  }
  return arrays;
}

OptimizerReader optimizer_reader(const JsonValue& compiled, const WordedConfig& worded, const SaveOptions& options, SaveReport& report) {
  if (!worded.common || !worded.common_compile) return OptimizerReader::kKeras3;
  if (options.keras2) return OptimizerReader::kKeras2;
  const std::string unknown = unknown_to_old_optimizers(*compiled.find("optimizer"));
  if (unknown.empty()) return OptimizerReader::kBoth;
  report.notes.push_back(fmt::format("Keras 2 opens the file with compile=False only: in a file for both it looks among its optimizers of before 2.11, which have no {}; "
                                     "saved with keras2 it opens whole", unknown));
  return OptimizerReader::kKeras3;
}

// Keras 3's loader builds the optimizer for no variables at all if it finds a state, and so cannot train.
void add_compiled(const Model& model, const WordedConfig& worded, const SaveOptions& options, formats::LegacyContent& content, SaveReport& report) {
  const JsonValue* compiled = worded.config.find("compile_config");
  if (compiled == nullptr) {
    if (model.is_compiled()) report.dropped.emplace_back("how the model was compiled: include_optimizer is false");
    return;
  }
  content.training_config = training_config_for_h5(*compiled, optimizer_reader(*compiled, worded, options, report));
  if (!options.keras2) {
    if (has_state(model)) report.dropped.emplace_back("the optimizer's state is not stored: Keras 3 could not train the loaded model; a .keras file keeps it, for Keras 2 a .h5 file with keras2");
    return;
  }
  const std::string optimizer = model.optimizer().class_name();
  std::size_t i = 0;
  for (const Variable& variable : state_for_keras2(model, report)) {
    const std::string name = i == 0 ? "iteration:0" : fmt::format("{}/{}/{}:0", optimizer, i, variable.name());
    content.optimizer.push_back({name, array_of("", variable)});
    ++i;
  }
  if (i > 0) report.notes.emplace_back("the optimizer's state is stored as Keras 2 keeps it: Keras 3 opens the file, and cannot train the loaded model");
}

}  // namespace

SaveReport save_legacy(const Model& model, const std::filesystem::path& file, const SaveOptions& options, bool whole) {
  check_built(model);
  SaveReport report{file, {}, {}, {}, {}};
  const KerasLayout checked = keras_layout(model, model_name_in_config(model));  // for the names: it throws for two of one kind
  const LegacyLayout layout = legacy_layout(model);
  formats::LegacyContent content;
  for (const LegacyLayer& layer : layout.layers) {
    if (layer.class_name == "input_layer" && layer.weights.empty()) continue;
    const std::string name = flat(layer.name);
    content.layers.push_back({name, arrays_of(layer.weights, name)});
  }
  content.top_level = arrays_of(layout.top_level, "");
  if (whole) {
    const WordedConfig worded = config_in_words(model, options, options.keras2 ? Words::kCommon : Words::kCommonOrKeras3, report);
    content.model_config = model_config_for_h5(worded.config);
    if (options.keras2) content.keras_version = kKeras2Version;
    add_compiled(model, worded, options, content, report);
  } else {
    report.opened_by = {"Keras 3", "Keras 2"};
  }
  note_for_keras(model, report);
  formats::write_hdf5_file(file.string(), formats::legacy_content(content));
  return report;
}

}  // namespace namesake::saving
