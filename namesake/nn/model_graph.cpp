#include "namesake/nn/model_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "namesake/base/error.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/op_layer.h"
#include "namesake/ops/op.h"

namespace namesake::nn {
namespace {

using TensorKey = std::pair<const Producer*, int>;

TensorKey key_of(const Tensor& tensor) { return {tensor.producer(), tensor.output_index()}; }

[[noreturn]] void refuse(const Tensor& tensor, std::string_view what, std::string_view expected, Site site) {
  throw InvalidArgument({.what = fmt::format("Model(inputs, outputs): {}", what),
                         .expected = std::string(expected),
                         .received = tensor.defined() ? to_string(tensor) : "a tensor without a value",
                         .places = {{"here", site, {}, {}}}});
}

class Mapper {
 public:
  Mapper(const Tensors& inputs, Site site) : site_(site) {
    for (const Tensor& input : inputs) add_input(input);
  }

  void add_output(const Tensor& tensor) {
    if (!tensor.defined() || !tensor.is_symbolic() || tensor.producer() == nullptr) {
      refuse(tensor, "an output is not computed from the inputs.", "a symbolic tensor: a layer called on the tensor of Input()", site_);
    }
    visit(tensor);
    graph_.outputs.push_back(output_of(tensor));
  }

  ModelGraph take() && {
    order_layers();
    return std::move(graph_);
  }

 private:
  static constexpr std::int64_t kUnused = -1;  // Keras's place of an input that nothing uses

  // A node whose inputs are being visited.
  struct Visit {
    const Producer* producer;
    Tensor tensor;  // keeps the producer
    Tensors inputs;
    std::size_t next = 0;
  };

  void add_input(const Tensor& tensor) {
    if (!tensor.defined() || !tensor.is_symbolic() || tensor.producer() == nullptr) {
      refuse(tensor, "an input is not symbolic.", "the tensor of Input(), or one that a layer made of it", site_);
    }
    const LayerCall* call = LayerCall::of(tensor);
    Tensor start = tensor;
    if (call == nullptr || call->layer()->class_name() != InputLayerBody::kClassName) {
      const Shape& shape = tensor.shape();
      if (shape.rank() < 1) refuse(tensor, "an input has no batch axis.", "a tensor of a known rank, 1 at least", site_);
      start = Input({.shape = Shape(shape.sizes().subspan(1)), .batch_size = shape[0], .dtype = std::string(to_string(tensor.dtype()))}, site_);
    }
    const LayerCall* input = LayerCall::of(start);
    GraphNode node{.layer = input->layer(), .inputs = {}, .symbols = {start}, .options = {}, .site = input->site(), .serial = input->serial(), .is_input = true};
    if (!input_nodes_.emplace(key_of(tensor), input_list_.size()).second) {
      refuse(tensor, "an input stands twice.", "each input once", site_);
    }
    input_list_.push_back(std::move(node));
    graph_.inputs.push_back(kNotPlaced);
  }

  // Depth-first, with a stack of its own: a file may nest as deep as it likes.
  void visit(const Tensor& output) {
    std::vector<Visit> stack;
    enter(output, stack);
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next < top.inputs.size()) {
        const Tensor input = top.inputs[top.next++];
        if (input.is_symbolic()) enter(input, stack);
        continue;
      }
      finish(top);
      stack.pop_back();
    }
  }

  void enter(const Tensor& tensor, std::vector<Visit>& stack) {
    if (const auto input = input_nodes_.find(key_of(tensor)); input != input_nodes_.end()) {
      place_input(input->second);
      return;
    }
    const Producer* producer = tensor.producer();
    if (producer == nullptr) refuse(tensor, "a tensor comes from nowhere.", "tensors of Input() and of layers called on them", site_);
    if (nodes_.contains(producer)) return;
    const LayerBase* layer = layer_of(tensor).get();
    first_met_.emplace(layer, static_cast<std::int64_t>(first_met_.size()));
    if (const LayerCall* call = LayerCall::of(tensor)) {
      if (call->layer()->class_name() == InputLayerBody::kClassName) {
        throw InvalidArgument({.subject = call->layer()->name(),
                               .what = fmt::format("Model(inputs, outputs): the outputs also need the input \"{}\", which is not among the inputs.",
                                                   call->layer()->name()),
                               .places = {{"input", call->layer()->site(), call->layer()->describe(), {}}, {"model", site_, {}, {}}},
                               .fix = "name it among the inputs"});
      }
      Tensors inputs = call->inputs();
      for (const Tensor& mask : call->masks()) {
        if (mask.defined()) inputs.push_back(mask);
      }
      stack.push_back({producer, tensor, std::move(inputs)});
    } else {
      stack.push_back({producer, tensor, static_cast<const ops::OpProducer*>(producer)->inputs()});
    }
  }

  void place_input(std::size_t input) {
    if (graph_.inputs[input] != kNotPlaced) return;
    first_met_.emplace(input_list_[input].layer.get(), static_cast<std::int64_t>(first_met_.size()));
    graph_.inputs[input] = graph_.nodes.size();
    graph_.nodes.push_back(input_list_[input]);
  }

  std::shared_ptr<LayerBase> layer_of(const Tensor& tensor) {
    if (const LayerCall* call = LayerCall::of(tensor)) return call->layer();
    const auto* op = dynamic_cast<const ops::OpProducer*>(tensor.producer());
    if (op == nullptr) refuse(tensor, "a tensor was made by neither a layer nor an op.", "tensors of Input() and of layers called on them", site_);
    std::shared_ptr<LayerBase>& layer = op_layers_[op];
    if (!layer) layer = make_op_layer(*op, site_);
    return layer;
  }

  void finish(const Visit& visit) {
    GraphNode node;
    node.layer = layer_of(visit.tensor);
    const LayerCall* call = LayerCall::of(visit.tensor);
    if (call != nullptr) {
      node.options = call->options();
      node.form = call->form();
      node.site = call->site();
      node.serial = call->serial();
      node.outputs = call->outputs();
    } else {
      node.form = LayerCall::Form::kList;
      node.site = site_;
      const auto* made = static_cast<const ops::OpProducer*>(visit.producer);
      node.outputs = static_cast<int>(made->op().outputs(made->attrs()));
    }
    for (const Tensor& input : call != nullptr ? call->inputs() : visit.inputs) {
      if (call != nullptr || input.is_symbolic()) node.inputs.push_back(input_of(input));  // an op layer holds its constants
    }
    if (call != nullptr) {
      for (const Tensor& mask : call->masks()) {
        node.masks.push_back(mask.defined() ? std::optional(input_of(mask)) : std::nullopt);
      }
    }
    node.symbols.resize(static_cast<std::size_t>(node.outputs));
    nodes_.emplace(visit.producer, graph_.nodes.size());
    graph_.nodes.push_back(std::move(node));
    static_cast<void>(output_of(visit.tensor));
  }

  GraphNode::Input input_of(const Tensor& tensor) {
    if (!tensor.is_symbolic()) return {{}, tensor};
    return {output_of(tensor), {}};
  }

  NodeOutput output_of(const Tensor& tensor) {
    if (const auto input = input_nodes_.find(key_of(tensor)); input != input_nodes_.end()) {
      place_input(input->second);
      return {graph_.inputs[input->second], 0};
    }
    const std::size_t node = nodes_.at(tensor.producer());
    graph_.nodes[node].symbols.at(static_cast<std::size_t>(tensor.output_index())) = tensor;
    return {node, tensor.output_index()};
  }

  void order_layers() {
    std::vector<std::int64_t> node_depth(graph_.nodes.size(), 0);
    std::unordered_map<const LayerBase*, std::int64_t> layer_depth;
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      const GraphNode& node = graph_.nodes[i];
      std::int64_t& of_layer = layer_depth[node.layer.get()];
      node_depth[i] = of_layer = std::max(node_depth[i], of_layer);
      const auto deepen = [&](const GraphNode::Input& input) {
        if (input.constant.defined()) return;
        std::int64_t& parent = node_depth[input.source.node];
        parent = std::max(parent, node_depth[i] + 1);
      };
      for (const GraphNode::Input& input : node.inputs) deepen(input);
      for (const auto& mask : node.masks) {
        if (mask) deepen(*mask);
      }
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      graph_.nodes[i].depth = node_depth[i];
      add_layer(graph_.nodes[i].layer);
    }
    for (std::size_t i = 0; i < input_list_.size(); ++i) {  // inputs that nothing uses
      if (graph_.inputs[i] != kNotPlaced) continue;
      graph_.inputs[i] = graph_.nodes.size();
      first_met_[input_list_[i].layer.get()] = kUnused;
      layer_depth[input_list_[i].layer.get()] = 0;
      graph_.nodes.push_back(input_list_[i]);
      add_layer(input_list_[i].layer);
    }
    std::stable_sort(graph_.layers.begin(), graph_.layers.end(), [&](const auto& a, const auto& b) {
      const std::int64_t depth_a = layer_depth.at(a.get()), depth_b = layer_depth.at(b.get());
      return depth_a != depth_b ? depth_a > depth_b : first_met_.at(a.get()) < first_met_.at(b.get());
    });
  }

  void add_layer(const std::shared_ptr<LayerBase>& layer) {
    if (listed_.emplace(layer.get(), true).second) graph_.layers.push_back(layer);
  }

  static constexpr std::size_t kNotPlaced = static_cast<std::size_t>(-1);

  Site site_;
  ModelGraph graph_;
  std::vector<GraphNode> input_list_;
  std::map<TensorKey, std::size_t> input_nodes_;
  std::unordered_map<const Producer*, std::size_t> nodes_;
  std::unordered_map<const Producer*, std::shared_ptr<LayerBase>> op_layers_;
  std::unordered_map<const LayerBase*, std::int64_t> first_met_;
  std::unordered_map<const LayerBase*, bool> listed_;
};

}  // namespace

ModelGraph map_graph(const Tensors& inputs, const Tensors& outputs, Site site) {
  if (inputs.empty() || outputs.empty()) {
    throw InvalidArgument({.what = "Model(inputs, outputs): there are no inputs or no outputs.",
                           .expected = "at least one of each",
                           .received = fmt::format("{} inputs, {} outputs", inputs.size(), outputs.size()),
                           .places = {{"here", site, {}, {}}}});
  }
  Mapper mapper(inputs, site);
  for (const Tensor& output : outputs) mapper.add_output(output);
  return std::move(mapper).take();
}

}  // namespace namesake::nn
