// The handle: weights and their paths, look-up of sub-layers; and the texts of options.
#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/nn/layer.h"
#include "namesake/nn/layer_call.h"
#include "namesake/nn/layer_of.h"
#include "namesake/nn/op_layer.h"
#include "namesake/nn/serialization.h"
#include "namesake/ops/recorder.h"
#include "namesake/optim/keras_object.h"

namespace namesake {
namespace {

void collect(const LayerBase& layer, const std::string& path, std::unordered_set<const void*>& seen, std::vector<NamedWeight>& out) {
  for (const Variable& weight : layer.own_weights()) {
    if (seen.insert(weight.id()).second) out.push_back({naming::join_path(path, weight.name()), weight});
  }
  for (const ChildLayer& child : layer.children()) {
    if (!seen.insert(child.layer.get()).second) continue;
    collect(*child.layer, naming::join_path(path, layer.child_path(*child.layer)), seen, out);
  }
}

std::vector<Variable> variables_where(const Layer& layer, bool trainable) {
  std::vector<Variable> chosen;
  for (const NamedWeight& weight : layer.named_weights()) {
    if (weight.variable.trainable() == trainable) chosen.push_back(weight.variable);
  }
  return chosen;
}

// A config value as it would be written in a program.
std::string cpp_text(const JsonValue& value) {
  if (value.is_array()) {
    std::string text = "{";
    for (const JsonValue& item : value.items()) text += (text.size() > 1 ? ", " : "") + (item.is_null() ? "-1" : cpp_text(item));
    return text + "}";
  }
  if (value.is_object()) {
    const JsonValue* class_name = value.find("class_name");
    return class_name != nullptr && class_name->is_string() ? class_name->as_string() + "(...)" : "{...}";
  }
  return to_json(value);
}

}  // namespace

std::string nn::options_text(const JsonValue& config, const JsonValue& defaults) {
  std::string text;
  for (const JsonMember& member : config.members()) {
    const JsonValue* usual = defaults.find(member.key);
    if (usual != nullptr && *usual == member.value) continue;
    text += fmt::format("{}.{} = {}", text.empty() ? "" : ", ", member.key, cpp_text(member.value));
  }
  return text;
}

Layer::Layer(const Tensor& input) {
  const nn::LayerCall* call = nn::LayerCall::of(input);
  if (call == nullptr || call->layer()->class_name() != "InputLayer") {
    throw InvalidArgument({.what = "A tensor stands where a layer is wanted.", .expected = "a layer, or the tensor of Input()"});
  }
  body_ = call->layer();
}

std::vector<NamedWeight> Layer::named_weights() const {
  std::vector<NamedWeight> found;
  std::unordered_set<const void*> seen = {body_.get()};
  const std::string scope = body_->scope()->path();
  collect(*body_, body_->is_model() ? scope : naming::join_path(scope, body_->name()), seen, found);
  return found;
}

void Layer::check_paths() const {
  const auto weights = named_weights();
  std::unordered_map<std::string_view, const NamedWeight*> by_path;
  for (const NamedWeight& weight : weights) {
    const auto [other, fresh] = by_path.emplace(weight.path, &weight);
    if (fresh) continue;
    throw NameCollision({.subject = weight.path,
                         .what = fmt::format("two weights of \"{}\" have the path \"{}\".", name(), weight.path),
                         .places = {{"first", other->second->variable.site(), {}, {}}, {"again", weight.variable.site(), {}, {}}},
                         .fix = "rename one of the layers or scopes on the way to them: layer.set_name(\"...\")"});
  }
}

std::vector<Variable> Layer::weights() const {
  std::vector<Variable> all;
  for (NamedWeight& weight : named_weights()) all.push_back(std::move(weight.variable));
  return all;
}

std::vector<Variable> Layer::trainable_variables() const { return variables_where(*this, true); }
std::vector<Variable> Layer::non_trainable_variables() const { return variables_where(*this, false); }

std::string Layer::path_of(const Variable& variable) const {
  for (NamedWeight& weight : named_weights()) {
    if (weight.variable == variable) return std::move(weight.path);
  }
  throw InvalidArgument({.subject = variable.name(),
                         .what = fmt::format("The variable \"{}\" is no weight of \"{}\".", variable.name(), name()),
                         .places = {{"variable", variable.site(), {}, {}}, {"layer", body_->site(), body_->describe(), {}}}});
}

std::int64_t Layer::count_params() const {
  std::int64_t count = 0;
  for (const Variable& weight : weights()) count += weight.shape().count();
  return count;
}

Tensors Layer::get_weights() const {
  const ops::StopRecording quiet;
  Tensors values;
  for (const Variable& weight : weights()) values.push_back(weight.value().copy());
  return values;
}

void Layer::set_weights(std::span<const Tensor> values) const {
  const auto targets = named_weights();
  if (values.size() != targets.size()) {
    throw ShapeMismatch({.subject = name(),
                         .what = fmt::format("set_weights: \"{}\" has {} weights.", name(), targets.size()),
                         .expected = fmt::format("{} tensors", targets.size()),
                         .received = std::to_string(values.size())});
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Variable& variable = targets[i].variable;
    if (values[i].shape() == variable.shape() && values[i].dtype() == variable.dtype()) continue;
    throw ShapeMismatch({.subject = targets[i].path,
                         .what = fmt::format("set_weights: value {} does not fit the weight {}.", i, targets[i].path),
                         .expected = fmt::format("{} {}", to_string(variable.dtype()), to_string(variable.shape())),
                         .received = fmt::format("{} {}", to_string(values[i].dtype()), to_string(values[i].shape()))});
  }
  for (std::size_t i = 0; i < values.size(); ++i) targets[i].variable.assign(values[i].copy());
}

std::vector<Layer> Layer::layers() const {
  std::vector<Layer> below;
  for (const ChildLayer& child : body_->children()) {
    if (dynamic_cast<const nn::OpLayerBody*>(child.layer.get()) == nullptr) below.emplace_back(child.layer);  // as Keras: an op is no layer
  }
  return below;
}

Layer Layer::get_layer(std::string_view wanted) const {
  std::vector<std::string> paths;
  for (const ChildLayer& child : body_->children()) {
    paths.push_back(body_->child_path(*child.layer));
    if (paths.back() == wanted) return Layer(child.layer);
  }
  const std::vector<std::string_view> known(paths.begin(), paths.end());
  const std::string_view nearest = optim::nearest_word(wanted, known);
  throw InvalidArgument({.subject = std::string(wanted),
                         .what = fmt::format("\"{}\" has no layer \"{}\".", name(), wanted),
                         .fix = nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest)});
}

JsonValue Layer::get_config() const { return *nn::serialize_layer(*body_, name()).find("config"); }

}  // namespace namesake
