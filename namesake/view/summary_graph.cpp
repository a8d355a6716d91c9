#include "namesake/view/summary_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "namesake/base/error.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/recorder.h"

namespace namesake::view {

// `(None)` for one axis, as Keras has it here.
std::string shape_text(const Shape& shape) {
  if (!shape.known_rank()) return "?";
  std::string text;
  for (const std::int64_t size : shape.sizes()) text += (text.empty() ? "" : ", ") + (size < 0 ? "None" : std::to_string(size));
  return "(" + text + ")";
}

namespace {

std::string shapes_text(std::span<const Tensor> outputs) {
  std::string text;
  for (const Tensor& output : outputs) text += (text.empty() ? "" : ", ") + shape_text(output.shape());
  return outputs.size() == 1 ? text : "[" + text + "]";
}

/// The outputs of a built layer, by running it on shapes alone; "?" if it will not.
std::string shapes_by_running(const Layer& layer, const Tensors& inputs) {
  const ops::StopRecording quiet;
  try {
    return shapes_text(layer(inputs));
  } catch (const Error&) {  // a user's layer that wants more than shapes
    return "?";
  }
}

Tensor of_shape(DType dtype, const Shape& shape) { return Tensor::symbolic(dtype, shape, nullptr); }

/// Of one call in a graph.
std::string shapes_of(const nn::ModelGraph& graph, const nn::GraphNode& node) {
  if (std::all_of(node.symbols.begin(), node.symbols.end(), [](const Tensor& symbol) { return symbol.defined(); })) return shapes_text(node.symbols);
  Tensors inputs;  // some outputs are not used, and so have no symbol
  for (const nn::GraphNode::Input& input : node.inputs) {
    if (input.constant.defined()) {
      inputs.push_back(input.constant);
      continue;
    }
    const Tensor& source = graph.nodes[input.source.node].symbols[static_cast<std::size_t>(input.source.output)];
    inputs.push_back(of_shape(source.dtype(), source.shape()));
  }
  return shapes_by_running(Layer(node.layer), inputs);
}

const nn::FunctionalBody* functional(const LayerBase& layer) { return dynamic_cast<const nn::FunctionalBody*>(&layer); }

bool is_input_of_sequential(const Layer& model, const Layer& layer) {
  return model.class_name() == nn::SequentialBody::kClassName && layer.class_name() == "InputLayer";
}

std::size_t tensors_of(const nn::GraphNode& node) {
  const auto is_tensor = [](const nn::GraphNode::Input& input) { return !input.constant.defined(); };
  return static_cast<std::size_t>(std::count_if(node.inputs.begin(), node.inputs.end(), is_tensor) +
                                  std::count_if(node.masks.begin(), node.masks.end(), [&](const auto& mask) { return mask && is_tensor(*mask); }));
}

/// As Keras decides it: one call at each depth, of one tensor; no layer called twice.
bool is_a_line(const nn::ModelGraph& graph) {
  std::map<std::int64_t, int> at_depth;
  std::map<const LayerBase*, int> calls;
  for (const nn::GraphNode& node : graph.nodes) {
    if (++at_depth[node.depth] > 1 || ++calls[node.layer.get()] > 1 || tensors_of(node) > 1) return false;
  }
  return true;
}

}  // namespace

SummaryGraph::SummaryGraph(const Model& model) : model_(model) {
  if (const nn::FunctionalBody* body = functional(*model.ptr())) {
    graph_ = &body->graph();
    sequential_like_ = is_a_line(*graph_);
    number_calls();
  }
  learn_shapes(*model.ptr());
}

void SummaryGraph::number_calls() {
  for (std::size_t i = 0; i < graph_->nodes.size(); ++i) calls_[graph_->nodes[i].layer.get()].push_back(i);
  number_.resize(graph_->nodes.size());
  for (auto& [layer, nodes] : calls_) {
    std::sort(nodes.begin(), nodes.end(), [&](std::size_t a, std::size_t b) { return graph_->nodes[a].serial < graph_->nodes[b].serial; });
    for (std::size_t i = 0; i < nodes.size(); ++i) number_[nodes[i]] = i;
  }
}

void SummaryGraph::learn(const LayerBase& layer, std::uint64_t serial, std::string text) {
  KnownShape& known = shapes_[&layer];
  if (known.text.empty() || known.serial <= serial) known = {serial, std::move(text)};
}

void SummaryGraph::learn_shapes(const LayerBase& model) {
  if (const nn::FunctionalBody* body = functional(model)) {
    for (const nn::GraphNode& node : body->graph().nodes) learn(*node.layer, node.serial, shapes_of(body->graph(), node));
  } else if (const auto* sequential = dynamic_cast<const nn::SequentialBody*>(&model)) {
    const auto& shapes = sequential->output_shapes();
    for (std::size_t i = 0; i < sequential->children().size() && i < shapes.size(); ++i) {
      learn(*sequential->children()[i].layer, 0, shape_text(shapes[i]));
    }
  }
  for (const ChildLayer& child : model.children()) {
    if (child.layer->is_model()) learn_shapes(*child.layer);
  }
}

std::vector<Layer> SummaryGraph::rows() const {
  if (graph_ == nullptr) return layers_of(model_);
  std::vector<Layer> rows;
  for (const std::shared_ptr<LayerBase>& layer : graph_->layers) rows.emplace_back(layer);
  return rows;
}

std::vector<Layer> SummaryGraph::layers_of(const Layer& layer) {
  if (!layer.ptr()->is_model()) return {};
  std::vector<Layer> layers = layer.layers();
  std::erase_if(layers, [&](const Layer& below) { return is_input_of_sequential(layer, below); });
  return layers;
}

std::string SummaryGraph::connections(const Layer& layer) const {
  const auto calls = calls_.find(layer.ptr().get());
  std::string text;
  const auto add = [&](const nn::GraphNode::Input& input) {
    if (input.constant.defined()) return;
    text += fmt::format("{}{}[{}][{}]", text.empty() ? "" : ", ", graph_->nodes[input.source.node].layer->name(), number_[input.source.node],
                        input.source.output);
  };
  for (const std::size_t call : calls != calls_.end() ? calls->second : std::vector<std::size_t>{}) {
    for (const nn::GraphNode::Input& input : graph_->nodes[call].inputs) add(input);
    for (const auto& mask : graph_->nodes[call].masks) {
      if (mask) add(*mask);
    }
  }
  return text.empty() ? "-" : text;
}

std::string SummaryGraph::output_shape(const Layer& layer) const {
  const auto known = shapes_.find(layer.ptr().get());
  if (known != shapes_.end()) return known->second.text;
  if (!layer.built() || layer.ptr()->built_shapes().empty()) return "?";
  Tensors inputs;
  for (const Shape& shape : layer.ptr()->built_shapes()) {
    if (!shape.known_rank()) return "?";
    inputs.push_back(of_shape(layer.ptr()->compute_dtype(), shape));
  }
  return shapes_by_running(layer, inputs);
}

}  // namespace namesake::view
