#include "namesake/saving/config_words.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/shared_layers.h"
#include "namesake/saving/keras2/keras2_dialect.h"
#include "namesake/saving/keras_config.h"

namespace namesake::saving {
namespace {

[[noreturn]] void refuse(const Model& model, const std::vector<std::string>& obstacles, std::string fix) {
  throw Unsupported({.subject = model.name(),
                     .what = fmt::format("The model \"{}\" cannot be written for Keras 2: {}.", model.name(), fmt::join(obstacles, "; ")),
                     .places = {{"model", model.ptr()->site(), model.ptr()->describe(), {}}},
                     .fix = std::move(fix)});
}

}  // namespace

WordedConfig config_in_words(const Model& model, const SaveOptions& options, Words words, SaveReport& report) {
  WordedConfig result{keras_config(model, options), false, false};
  const LayerBase* shared = nn::SharedLayers::first_in(*model.ptr());
  if (shared == nullptr) report.opened_by.emplace_back("Keras 3");
  if (words == Words::kKeras3) return result;
  DialectObstacles obstacles;
  std::vector<std::string> compile_obstacles;
  if (shared != nullptr) obstacles.keras2.push_back(fmt::format("the layer \"{}\" stands in an inner model and outside it", shared->name()));
  JsonValue common = common_dialect_config(result.config, obstacles, model.ptr().get());
  const JsonValue* compiled = result.config.find("compile_config");
  JsonValue settings = compiled == nullptr ? JsonValue() : common_compile_config(*compiled, compile_obstacles);
  if (words == Words::kCommon) {
    if (!obstacles.keras2.empty()) refuse(model, obstacles.keras2, "save it for Keras 3, without keras2");
    if (!compile_obstacles.empty()) refuse(model, compile_obstacles, "save it with include_optimizer = false, or compile it with what both know");
  }
  for (const std::string& obstacle : obstacles.keras2) report.notes.push_back("Keras 2 cannot open the file: " + obstacle);
  if (!obstacles.keras2.empty()) return result;
  if (!obstacles.keras3.empty() && words != Words::kKeras2OrKeras3) {
    if (words != Words::kCommon) {
      report.notes.push_back(fmt::format("Keras 2 cannot open the file: {}; with the option keras2 it can, and Keras 3 cannot", fmt::join(obstacles.keras3, "; ")));
      return result;
    }
    report.opened_by.clear();
    for (const std::string& obstacle : obstacles.keras3) report.notes.push_back("Keras 3 cannot open the file: " + obstacle);
  }
  report.opened_by.emplace_back("Keras 2");
  for (const std::string& obstacle : compile_obstacles) report.notes.push_back(fmt::format("Keras 2 opens the file with compile=False only: {}", obstacle));
  result.config = std::move(common);
  result.common = true;
  result.common_compile = compile_obstacles.empty();
  if (compiled != nullptr && result.common_compile) result.config.set("compile_config", std::move(settings));
  return result;
}

}  // namespace namesake::saving
