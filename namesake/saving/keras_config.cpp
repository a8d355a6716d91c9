#include "namesake/saving/keras_config.h"

#include <fmt/format.h>

#include <optional>

#include "namesake/base/error.h"
#include "namesake/base/version.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/config_fields.h"
#include "namesake/nn/foreign_names.h"
#include "namesake/nn/serialization.h"

namespace namesake::saving {
namespace {

JsonValue compile_config(const CompileState& state) {
  JsonValue metrics;
  for (const Metric& metric : state.metrics) metrics.push_back(metric.serialize());
  return JsonValue::object({{"optimizer", state.optimizer.serialize()},
                            {"loss", state.loss.serialize()},
                            {"loss_weights", nullptr},
                            {"metrics", std::move(metrics)},
                            {"weighted_metrics", nullptr},
                            {"run_eagerly", false},
                            {"steps_per_execution", 1},
                            {"jit_compile", false}});
}

JsonValue mark(const Model& model) {
  return JsonValue::object({{"version", kVersion},
                            {"scope", model.ptr()->scope()->path()},
                            {"name", model.name()},
                            {"automatic_name", model.ptr()->automatic_name()}});
}

// What our mark says of the model's scope and name.
struct Mark {
  std::string scope;
  std::string name;
  bool automatic_name = false;
};

std::optional<Mark> read_mark(const JsonView& config) {
  const JsonValue* found = config.value().find("namesake");
  if (found == nullptr) return std::nullopt;
  const JsonView view = config.at("namesake");
  Mark mark{view.at("scope").as_string(), view.at("name").as_string(), view.at("automatic_name").as_bool()};
  for (const std::string& name : naming::split_path(mark.scope)) {
    if (!naming::is_legal(name, naming::NameKind::kScope)) view.at("scope").fail("A scope has an illegal name.", "names joined with /", name);
  }
  if (!naming::readable(mark.name)) view.at("name").fail("A model has an unreadable name.");
  return mark;
}

// The single metric entries of a compile config: Keras nests them by output.
void read_metrics(const JsonView& metrics, std::vector<Metric>& out) {
  if (metrics.value().is_array()) {
    for (const JsonView& item : metrics.items()) read_metrics(item, out);
  } else if (!metrics.value().is_null()) {
    out.push_back(Metric::deserialize(metrics.value()));
  }
}

void compile_as(const JsonView& config, const Model& model) {
  const JsonValue* settings = config.value().find("compile_config");
  if (settings == nullptr || !settings->is_object()) return;
  const JsonView view = config.at("compile_config");
  const JsonValue* optimizer = settings->find("optimizer");
  const JsonValue* loss = settings->find("loss");
  if (optimizer == nullptr || optimizer->is_null() || loss == nullptr || loss->is_null()) return;
  CompileOptions options{.optimizer = Optimizer::deserialize(*optimizer), .loss = Loss::deserialize(*loss)};
  if (settings->has("metrics")) read_metrics(view.at("metrics"), options.metrics);
  for (const char* key : {"loss_weights", "weighted_metrics"}) {
    const JsonValue* value = settings->find(key);
    if (value != nullptr && !value->is_null()) view.at(key).fail("This compile setting is not done here.", "null");
  }
  model.compile(std::move(options), Site{});
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
  if (input.known_rank()) config.set("build_config", JsonValue::object({{"input_shape", shape_to_json(input)}}));
  const CompileState* compiled = model.model().compiled();
  if (compiled != nullptr && options.include_optimizer) config.add("compile_config", compile_config(*compiled));
  config.add("namesake", mark(model));
  return config;
}

Model model_from_config(const JsonView& config, bool compile) {
  std::optional<naming::ScopeEntry> scope;
  JsonValue changed;
  JsonView source = config;
  if (const auto found = read_mark(config)) {
    naming::ScopePtr node = naming::current_scope();
    for (const std::string& name : naming::split_path(found->scope)) node = node->make_child(name);
    scope.emplace(std::move(node));
    changed = config.value();
    static_cast<void>(config.at("config").as_object());
    JsonValue& own = *changed.find("config");
    own.erase("name");
    if (!found->automatic_name) own.set("name", found->name);
    source = JsonView(changed, config.file());
  }
  const Layer layer = nn::deserialize_layer(source);
  const auto body = std::dynamic_pointer_cast<ModelBase>(layer.ptr());
  if (!body) config.at("class_name").fail("The file holds no model.", "a model, such as Sequential");
  Model model(body);
  if (compile) compile_as(config, model);
  return model;
}

}  // namespace namesake::saving
