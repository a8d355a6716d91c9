#include "namesake/saving/legacy_save.h"

#include <fmt/format.h>

#include <utility>

#include "namesake/formats/legacy_h5.h"
#include "namesake/naming/path.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/keras_config.h"
#include "namesake/saving/keras_layout.h"
#include "namesake/saving/legacy_config.h"
#include "namesake/saving/legacy_layout.h"
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

// As Keras 2 keeps it: without the learning rate, which its config has.
std::vector<formats::LegacyArray> state_for_keras_2(const Model& model) {
  build_optimizer(model);
  const Optimizer& optimizer = model.optimizer();
  std::vector<Variable> variables = optimizer.variables(model.trainable_variables());
  if (!optimizer.learning_rate_schedule().defined()) variables.erase(variables.begin() + 1);
  std::vector<formats::LegacyArray> arrays;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const std::string name = i == 0 ? "iteration:0" : fmt::format("{}/{}/{}:0", optimizer.class_name(), i, variables[i].name());
    arrays.push_back({name, array_of("", variables[i])});
  }
  return arrays;
}

}  // namespace

SaveReport save_legacy(const Model& model, const std::filesystem::path& file, const SaveOptions& options, bool whole) {
  check_built(model);
  SaveReport report{file, {}};
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
    const JsonValue config = keras_config(model, options);
    content.model_config = model_config_for_h5(config);
    if (const JsonValue* compiled = config.find("compile_config")) {
      content.training_config = training_config_for_h5(*compiled);
      if (options.dialect == KerasDialect::kKeras2) {
        content.keras_version = "2.15.0";
        content.optimizer = state_for_keras_2(model);
        report.notes.emplace_back("the optimizer's state is stored as Keras 2 keeps it: Keras 3 opens the file, and cannot train the loaded model");
      } else {
        report.notes.emplace_back("the optimizer's state is not stored: Keras 3 could not train the loaded model; a .keras file keeps it");
      }
    }
  }
  note_for_keras(model, report);
  formats::write_hdf5_file(file.string(), formats::legacy_content(content));
  return report;
}

}  // namespace namesake::saving
