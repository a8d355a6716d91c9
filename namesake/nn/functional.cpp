#include "namesake/nn/functional.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "namesake/base/error.h"
#include "namesake/naming/unique_names.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/create.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace nn {
namespace {

// Tensors and names in the order in which Keras flattens them: those that go by name sorted.
struct Flat {
  Tensors tensors;
  std::vector<std::string> names;
};

Flat flatten(const Feed& feed) {
  Flat flat;
  std::vector<std::size_t> order(feed.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<std::string>& names = feed.names();
  if (!names.empty()) std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  for (const std::size_t i : order) {
    flat.tensors.push_back(feed[i]);
    if (!names.empty()) flat.names.push_back(names[i]);
  }
  return flat;
}

bool fits(const Shape& given, const Shape& wanted) {
  for (int axis = 0; axis < wanted.rank(); ++axis) {
    if (given[axis] >= 0 && wanted[axis] >= 0 && given[axis] != wanted[axis]) return false;
  }
  return true;
}

}  // namespace

FunctionalBody::FunctionalBody(const Feed& inputs, const Feed& outputs, Site site) : inputs_form_(inputs.form()), outputs_form_(outputs.form()) {
  Flat in = flatten(inputs), out = flatten(outputs);
  named_inputs_ = std::move(in.names);
  named_outputs_ = std::move(out.names);
  set_autocasts(false);  // each input has its own dtype
  graph_ = map_graph(in.tensors, out.tensors, site);
  for (const std::shared_ptr<LayerBase>& layer : graph_.layers) adopt(layer, "", site);
  plan();
}

void FunctionalBody::finish(const ModelOptions& options) {
  settle_children();
  Layer(shared_from_this()).check_paths();
  std::vector<Shape> shapes;
  for (const Tensor& input : inputs()) shapes.push_back(input.shape());
  mark_built(shapes);
  if (!options.trainable) set_trainable(false);
}

// Numbers the values, and notes after which step each is needed no longer.
void FunctionalBody::plan() {
  std::vector<std::size_t> first_slot(graph_.nodes.size());
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    first_slot[i] = slots_;
    slots_ += static_cast<std::size_t>(graph_.nodes[i].outputs);
  }
  const auto slot_of = [&](const NodeOutput& output) { return first_slot[output.node] + static_cast<std::size_t>(output.output); };
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const GraphNode& node = graph_.nodes[i];
    if (node.is_input) continue;
    const bool one_input = node.form == LayerCall::Form::kOne && node.inputs.size() == 1 && node.outputs == 1;
    Step step{node.layer.get(), one_input, {}, {}, first_slot[i], {}, node.options, node.site};
    const auto slot_of_input = [&](const GraphNode::Input& input) {
      if (!input.constant.defined()) return slot_of(input.source);
      constants_.resize(slots_ + 1);
      constants_[slots_] = input.constant;
      return slots_++;
    };
    for (const GraphNode::Input& input : node.inputs) step.inputs.push_back(slot_of_input(input));
    for (const auto& mask : node.masks) step.masks.push_back(mask ? std::optional(slot_of_input(*mask)) : std::nullopt);
    steps_.push_back(std::move(step));
  }
  constants_.resize(slots_);
  for (const std::size_t node : graph_.inputs) input_slots_.push_back(first_slot[node]);
  for (const NodeOutput& output : graph_.outputs) output_slots_.push_back(slot_of(output));
  std::vector<bool> needed(slots_, false);
  for (const std::size_t slot : output_slots_) needed[slot] = true;
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const auto use = [&](std::size_t slot) {
      if (!needed[slot]) steps_[i].finished.push_back(slot);
      needed[slot] = true;
    };
    for (const std::size_t slot : steps_[i].inputs) use(slot);
    for (const auto& mask : steps_[i].masks) {
      if (mask) use(*mask);
    }
  }
}

std::vector<std::string> FunctionalBody::input_names() const {
  if (!named_inputs_.empty()) return named_inputs_;
  std::vector<std::string> names;
  for (const std::size_t node : graph_.inputs) names.push_back(graph_.nodes[node].layer->name());
  return names;
}

// Keras names an output by its layer; of a layer that gives several outputs the later ones get a number, as in Keras 2 (Keras 3
// leaves two outputs of one name, and loses one of their losses). Layers' own names go first.
std::vector<std::string> FunctionalBody::output_names() const {
  if (!named_outputs_.empty()) return named_outputs_;
  naming::UniqueNames taken(naming::NameKind::kLayer);
  std::vector<std::string> names(graph_.outputs.size());
  for (const bool again : {false, true}) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& layer = graph_.nodes[graph_.outputs[i].node].layer->name();
      if (names[i].empty() && (again || !taken.known(layer))) names[i] = taken.take(layer);
    }
  }
  return names;
}

Tensors FunctionalBody::inputs() const {
  Tensors tensors;
  for (const std::size_t node : graph_.inputs) tensors.push_back(graph_.nodes[node].symbols[0]);
  return tensors;
}

Tensors FunctionalBody::outputs() const {
  Tensors tensors;
  for (const NodeOutput& output : graph_.outputs) {
    tensors.push_back(graph_.nodes[output.node].symbols[static_cast<std::size_t>(output.output)]);
  }
  return tensors;
}

// As Keras: the input's dtype, and a last axis of size 1 added or taken away.
Tensor FunctionalBody::standardize(const Tensor& given, std::size_t input) const {
  const Tensor& wanted = graph_.nodes[graph_.inputs[input]].symbols[0];
  Tensor x = given;
  const int rank = wanted.rank();
  if (x.rank() == rank + 1 && x.shape().back() == 1) x = squeeze(x, {-1});
  else if (x.rank() == rank - 1 && wanted.shape().back() == 1) x = expand_dims(x, -1);
  if (x.rank() != rank || !fits(x.shape(), wanted.shape())) {
    throw ShapeMismatch({.subject = name(),
                         .what = fmt::format("The model \"{}\" cannot take this as its input \"{}\".", name(), input_names()[input]),
                         .expected = to_string(wanted.shape()),
                         .received = to_string(given.shape()),
                         .places = {{"model", site(), {}, scope()->path()}}});
  }
  if (x.dtype() != wanted.dtype()) x = cast(x, wanted.dtype());
  if (x.id() != given.id() && given.has_mask()) x.set_mask(given.mask());
  return x;
}

void FunctionalBody::run(Tensors& slots, const CallContext& context) const {
  for (const Step& step : steps_) {
    // What the whole model is told goes before what a call inside it was told, as in Keras.
    CallOptions options = step.options;
    if (context.training_given()) options.training.reset();
    for (std::size_t i = 0; i < step.masks.size(); ++i) {
      Tensor& x = slots[step.inputs[i]];
      if (!step.masks[i] || x.has_mask()) continue;  // it came along
      x = identity(x);
      x.set_mask(slots[*step.masks[i]]);
    }
    if (step.one_input) {
      slots[step.first_output] = step.layer->invoke(slots[step.inputs[0]], options, step.site);
    } else {
      Tensors inputs;
      inputs.reserve(step.inputs.size());
      for (const std::size_t slot : step.inputs) inputs.push_back(slots[slot]);
      Tensors outputs = step.layer->invoke_many(inputs, options, step.site);
      for (std::size_t i = 0; i < outputs.size(); ++i) slots[step.first_output + i] = std::move(outputs[i]);
    }
    for (const std::size_t slot : step.finished) slots[slot] = Tensor();
  }
}

// Of symbolic inputs of the shapes it was made for: nothing needs to run.
std::optional<Tensors> FunctionalBody::known_outputs(const Tensors& inputs) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_symbolic() || !(inputs[i].shape() == graph_.nodes[graph_.inputs[i]].symbols[0].shape())) return std::nullopt;
  }
  Tensors known;
  for (const Tensor& output : outputs()) known.push_back(Tensor::symbolic(output.dtype(), output.shape(), nullptr));
  return known;
}

Tensors FunctionalBody::call_many(const Tensors& inputs, CallContext& context) {
  if (inputs.size() != input_slots_.size()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("The model \"{}\" has {} inputs.", name(), input_slots_.size()),
                           .expected = fmt::format("{}", fmt::join(input_names(), ", ")),
                           .received = fmt::format("{} tensors", inputs.size()),
                           .places = {{"model", site(), {}, scope()->path()}}});
  }
  if (inputs[0].is_symbolic() && !ops::tracing()) {
    if (auto known = known_outputs(inputs)) return *std::move(known);
  }
  Tensors slots = constants_;
  for (std::size_t i = 0; i < inputs.size(); ++i) slots[input_slots_[i]] = standardize(inputs[i], i);
  run(slots, context);
  Tensors outputs;
  outputs.reserve(output_slots_.size());
  for (const std::size_t slot : output_slots_) outputs.push_back(slots[slot]);
  return outputs;
}

Tensor FunctionalBody::call(const Tensor& x, CallContext& context) {
  Tensors outputs = call_many({x}, context);
  if (outputs.size() == 1) return std::move(outputs[0]);
  throw InvalidArgument({.subject = name(),
                         .what = fmt::format("The model \"{}\" has {} outputs.", name(), outputs.size()),
                         .expected = "a call with a list: Tensors y = model(Tensors{x})",
                         .places = {{"model", site(), {}, scope()->path()}}});
}

}  // namespace nn

namespace {

std::shared_ptr<ModelBase> make_functional(const Feed& inputs, const Feed& outputs, const ModelOptions& options, Site site) {
  const nn::BeingBorn birth({options.name, nn::FunctionalBody::kClassName, site, {}, true, {}});
  auto body = std::make_shared<nn::FunctionalBody>(inputs, outputs, site);
  body->finish(options);
  return body;
}

}  // namespace

Tensor Model::output_of(std::string_view layer, std::size_t call) const {
  const auto* body = dynamic_cast<const nn::FunctionalBody*>(body_.get());
  if (body == nullptr) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("output_of(): the model \"{}\" is no functional model.", name()),
                           .fix = "of a Sequential take the layers themselves: Sequential({model.get_layer(\"features\"), Dense({.units = 3})})"});
  }
  const Layer wanted = get_layer(layer);
  std::vector<const nn::GraphNode*> calls;
  for (const nn::GraphNode& node : body->graph().nodes) {
    if (node.layer == wanted.ptr()) calls.push_back(&node);
  }
  std::sort(calls.begin(), calls.end(), [](const nn::GraphNode* a, const nn::GraphNode* b) { return a->serial < b->serial; });
  if (call < calls.size() && calls[call]->symbols.at(0).defined()) return calls[call]->symbols[0];
  throw InvalidArgument({.subject = std::string(layer),
                         .what = fmt::format("output_of(): the layer \"{}\" has no call {} with an output in this model.", layer, call),
                         .expected = fmt::format("a number below {}", calls.size())});
}

Model::Model(const Feed& inputs, const Feed& outputs, const ModelOptions& options, Site site)
    : Layer(make_functional(inputs, outputs, options, site)) {}

}  // namespace namesake
