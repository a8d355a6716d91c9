#include "namesake/nn/graph_model.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/unique_names.h"
#include "namesake/nn/layer_of.h"
#include "namesake/ops/create.h"
#include "namesake/ops/recorder.h"

namespace namesake::nn {

// Weights and groups below it; it is never called.
class GraphModelBody::Group final : public LayerBase {
 public:
  Group() { set_autocasts(false); }
  Tensor call(const Tensor& x, CallContext&) override { return x; }
  using LayerBase::add_weight;
  using LayerBase::adopt;
};

GraphModelBody::GraphModelBody() { set_autocasts(false); }
GraphModelBody::~GraphModelBody() = default;

namespace {

using naming::NameKind;

// Groups by their paths in the file, and what is taken in each.
struct Place {
  LayerBase* layer = nullptr;
  naming::UniqueNames names, attributes;
};

WeightOptions options_of(const GraphWeight& weight, std::string name) {
  return {.name = std::move(name), .shape = weight.shape, .initializer = "zeros", .trainable = weight.trainable, .dtype = std::string(to_string(weight.dtype))};
}

}  // namespace

std::vector<Variable> GraphModelBody::add_weights(std::span<const GraphWeight> weights) {
  std::map<std::string, Place, std::less<>> places;
  places[""].layer = this;
  const auto adopt_by = [this](LayerBase& owner, const std::shared_ptr<Group>& group, const std::string& attribute) {
    if (&owner == this) adopt(group, attribute, site());
    else static_cast<Group&>(owner).adopt(group, attribute, site());
  };
  for (const GraphWeight& weight : weights) {  // groups first: a weight beside one takes another name
    std::string path;
    for (const std::string& part : naming::split_path(naming::parent_path(weight.path))) {
      const std::string owner_path = path;
      path = naming::join_path(path, part);
      if (places.contains(path)) continue;
      Place& owner = places[owner_path];
      const std::string name = owner.names.take(naming::suggest_name(part, NameKind::kLayer));
      const std::string attribute = owner.attributes.take(naming::suggest_name(name, NameKind::kAttribute));
      const BeingBorn birth({name, "Group", site(), {}, true, {}, {}});
      const auto group = std::make_shared<Group>();
      adopt_by(*owner.layer, group, attribute);
      group->ensure_built({});
      places[path].layer = group.get();
    }
  }
  std::vector<Variable> made;
  for (const GraphWeight& weight : weights) {
    Place& place = places.find(naming::parent_path(weight.path))->second;
    WeightOptions options = options_of(weight, place.names.take(naming::suggest_name(naming::leaf_name(weight.path), NameKind::kWeight)));
    made.push_back(place.layer == this ? add_weight(options, site()) : static_cast<Group*>(place.layer)->add_weight(options, site()));
  }
  return made;
}

void GraphModelBody::set_graph(std::shared_ptr<const graph::Graph> graph) {
  runner_ = graph::Runner(std::move(graph));
  std::vector<Shape> shapes;
  for (const std::size_t input : runner_.graph().inputs) shapes.push_back(runner_.graph().nodes[input].outputs[0].shape);
  ensure_built(shapes);
}

Tensors GraphModelBody::call_many(const Tensors& inputs, CallContext&) {
  Tensors taken = inputs;  // as a model of layers takes them: data are read as float32, whatever they mean
  for (std::size_t i = 0; i < taken.size() && i < runner_.graph().inputs.size(); ++i) {
    const DType wanted = runner_.graph().nodes[runner_.graph().inputs[i]].outputs[0].dtype;
    const auto is_number = [](DType dtype) { return is_floating(dtype) || is_integer(dtype); };
    if (taken[i].defined() && taken[i].dtype() != wanted && is_number(taken[i].dtype()) && is_number(wanted)) taken[i] = cast(taken[i], wanted);
  }
  Tensors outputs = runner_(taken);
  if (ops::tracing()) return outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {  // the file may know more of a symbol than its ops say
    const graph::Value result = runner_.graph().results[i];
    const Shape& known = runner_.graph().nodes[result.node].outputs[static_cast<std::size_t>(result.output)].shape;
    if (outputs[i].is_symbolic() && !outputs[i].shape().known_rank() && known.known_rank()) outputs[i] = Tensor::symbolic(outputs[i].dtype(), known, nullptr);
  }
  return outputs;
}

Tensors GraphModelBody::inputs() const {
  Tensors symbols;
  for (const std::size_t input : runner_.graph().inputs) {
    const ops::OutputSpec& spec = runner_.graph().nodes[input].outputs[0];
    symbols.push_back(Tensor::symbolic(spec.dtype, spec.shape, nullptr));
  }
  return symbols;
}

JsonValue GraphModelBody::options() const {
  throw Unsupported({.subject = name(),
                     .what = fmt::format("The model \"{}\" runs a graph that was read from a file: there are no layers that a config could name.", name()),
                     .places = site().known() ? std::vector<namesake::Place>{{"model", site(), {}, {}}} : std::vector<namesake::Place>{},
                     .fix = "save it without an extension, as a SavedModel; or its weights alone: save_weights(\"....weights.h5\")"});
}

Shape GraphModelBody::input_shape() const { return runner_.graph().inputs.empty() ? Shape() : runner_.graph().nodes[runner_.graph().inputs[0]].outputs[0].shape; }

std::vector<std::string> GraphModelBody::input_names() const {
  std::vector<std::string> names;
  for (const std::size_t input : runner_.graph().inputs) names.push_back(runner_.graph().nodes[input].name);
  return names;
}

std::shared_ptr<GraphModelBody> make_graph_model(std::string name, Site site) {
  const BeingBorn birth({std::move(name), GraphModelBody::kClassName, site, {}, true, {}, {}});
  return std::make_shared<GraphModelBody>();
}

}  // namespace namesake::nn
