#include "namesake/saving/keras_config.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/base/version.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/scope.h"
#include "namesake/tensor/config_fields.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/foreign_names.h"
#include "namesake/nn/serialization.h"
#include "namesake/saving/keras2/keras2_dialect.h"

namespace namesake::saving {
namespace {

JsonValue mark(const Model& model) {
  return JsonValue::object({{"version", kVersion}, {"scope", model.ptr()->scope()->path()}});
}

// The components of the scope that our mark says the model was made in; nothing if the file is not ours.
std::vector<std::string> marked_scope(const JsonView& config) {
  if (!config.value().has("namesake")) return {};
  const JsonView scope = config.at("namesake").at("scope");
  std::vector<std::string> names = naming::split_path(scope.as_string());
  for (const std::string& name : names) {
    if (!naming::is_legal(name, naming::NameKind::kScope)) scope.fail("A scope has an illegal name.", "names joined with /", name);
  }
  return names;
}

void compile_as(const JsonView& config, const Model& model) {
  const JsonValue* settings = config.value().find("compile_config");
  if (settings == nullptr || !settings->is_object()) return;
  auto options = nn::compile_options(config.at("compile_config"));
  if (options) model.model().set_compiled(std::move(*options), nn::RepeatedNames::kSuffix, Site{});
}

}  // namespace

std::string model_name_in_config(const Model& model) {
  const std::string scope = model.ptr()->scope()->path();
  bool shared = model.ptr()->automatic_name() && !scope.empty();
  for (const ChildLayer& child : model.ptr()->children()) {
    shared = shared && model.ptr()->child_path(*child.layer).find('/') == std::string::npos;
  }
  return shared ? naming::flatten_scoped(scope) : model.name();
}

JsonValue keras_config(const Model& model, const SaveOptions& options) {
  JsonValue config = nn::serialize_layer(*model.ptr(), model_name_in_config(model));
  const Shape input = model.model().input_shape();
  if (dynamic_cast<const nn::FunctionalBody*>(model.ptr().get()) != nullptr) {
    config.set("build_config", JsonValue::object({{"input_shape", nullptr}}));  // its graph says all
  } else if (input.known_rank()) {
    config.set("build_config", JsonValue::object({{"input_shape", shape_to_json(input)}}));
  }
  const CompileState* compiled = model.model().compiled();
  if (compiled != nullptr && options.include_optimizer) config.add("compile_config", nn::compile_config(*compiled));
  config.add("namesake", mark(model));
  return config;
}

namespace {

// A subclassed model says in build_config what it was built for.
void build_as(const JsonView& config, const Model& model) {
  const auto build = config.find("build_config");
  const auto shape = build ? build->find("input_shape") : std::nullopt;
  if (!shape || shape->value().items().empty() || shape->value().items()[0].is_array()) return;
  model.build(shape_from_json(*shape));
}

}  // namespace

Model model_from_config(const JsonView& given, bool compile) {
  std::optional<JsonValue> converted;
  if (is_keras2_config(given.value())) converted = keras3_config(given);
  const JsonView config = converted ? JsonView(*converted, given.file()) : given;
  naming::ScopePtr scope = naming::current_scope();
  for (const std::string& name : marked_scope(config)) scope = scope->make_child(name);
  const naming::ScopeEntry entry(std::move(scope));
  const Layer layer = nn::deserialize_layer(config);
  const auto body = std::dynamic_pointer_cast<ModelBase>(layer.ptr());
  if (!body) config.at("class_name").fail("The file holds no model.", "a model, such as Sequential");
  Model model(body);
  if (!model.built()) build_as(config, model);
  if (compile) compile_as(config, model);
  return model;
}

}  // namespace namesake::saving
