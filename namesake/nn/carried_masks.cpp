#include "namesake/nn/carried_masks.h"

#include <algorithm>
#include <map>
#include <vector>

#include "namesake/nn/keras_ops.h"
#include "namesake/nn/op_layer.h"
#include "namesake/nn/serialization.h"
#include "namesake/tensor/tensor_json.h"

namespace namesake::nn {
namespace {

// An operation that made a tensor, be it an op as it ran or one that was read from a file.
struct Made {
  OpCall call;
  Tensors inputs;
  int output = 0;
};

std::optional<Made> operation_of(const Tensor& tensor) {
  if (const LayerCall* call = LayerCall::of(tensor)) {
    const auto* layer = dynamic_cast<const OpLayerBody*>(call->layer().get());
    if (layer == nullptr) return std::nullopt;
    return Made{layer->operation(), call->inputs(), tensor.output_index()};
  }
  const auto* op = dynamic_cast<const ops::OpProducer*>(tensor.producer());
  if (op == nullptr) return std::nullopt;
  Made made{describe_op(*op), {}, tensor.output_index()};
  for (const Tensor& input : op->inputs()) {
    if (input.is_symbolic()) made.inputs.push_back(input);
  }
  return made;
}

// Of a constant a file may say 0 where an op has 0.0.
bool same_argument(const JsonValue& a, const JsonValue& b) {
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  if (!a.is_array() || !b.is_array()) return a == b;
  return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(), same_argument);
}

bool same_operation(const Made& a, const Made& b) {
  return a.output == b.output && a.inputs.size() == b.inputs.size() && !a.call.module.empty() && a.call.class_name == b.call.class_name &&
         a.call.module == b.call.module && a.call.config == b.call.config && same_argument(a.call.args, b.call.args) && a.call.kwargs == b.call.kwargs;
}

}  // namespace

// Pair after pair, each once: a graph may be deep, and what it shares would be compared again and again.
bool same_computation(const Tensor& a, const Tensor& b) {
  using Place = std::pair<const Producer*, int>;
  std::vector<std::pair<Tensor, Tensor>> to_compare = {{a, b}};
  std::set<std::pair<Place, Place>> seen;
  while (!to_compare.empty()) {
    const auto [x, y] = std::move(to_compare.back());
    to_compare.pop_back();
    if (!x.is_symbolic() || !y.is_symbolic()) return false;
    const Place of_x = {x.producer(), x.output_index()}, of_y = {y.producer(), y.output_index()};
    if (of_x == of_y || !seen.emplace(of_x, of_y).second) continue;
    const std::optional<Made> made_x = operation_of(x), made_y = operation_of(y);
    if (!made_x || !made_y || !same_operation(*made_x, *made_y)) return false;
    for (std::size_t i = 0; i < made_x->inputs.size(); ++i) to_compare.emplace_back(made_x->inputs[i], made_y->inputs[i]);
  }
  return true;
}

CarriedMasks carried_masks(const FunctionalBody& model) {
  const std::vector<GraphNode>& nodes = model.graph().nodes;
  const auto symbol = [&](const GraphNode::Input& input) {
    return input.constant.defined() ? input.constant : nodes[input.source.node].symbols[static_cast<std::size_t>(input.source.output)];
  };
  const auto carried = [&](const GraphNode& node) {
    bool any = false;
    for (std::size_t i = 0; i < node.masks.size(); ++i) {
      if (!node.masks[i]) continue;
      const Tensor mask = symbol(*node.masks[i]), input = symbol(node.inputs[i]);
      const LayerCall* from = LayerCall::of(input);
      if (from == nullptr) return false;
      const Tensor along = from->output_masks().at(static_cast<std::size_t>(input.output_index()));
      if (!along.defined() || !same_computation(mask, along)) return false;
      any = true;
    }
    return any;
  };
  CarriedMasks result;
  std::vector<bool> needed(nodes.size(), false), all_carried(nodes.size(), false);
  for (const NodeOutput& output : model.graph().outputs) needed[output.node] = true;
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    const auto need = [&](const GraphNode::Input& input) {
      if (!input.constant.defined()) needed[input.source.node] = true;
    };
    std::for_each(nodes[i].inputs.begin(), nodes[i].inputs.end(), need);
    all_carried[i] = carried(nodes[i]);
    for (const auto& mask : nodes[i].masks) {
      if (mask && !all_carried[i]) need(*mask);
    }
  }
  std::map<const LayerBase*, std::vector<std::size_t>> calls;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].is_input) calls[nodes[i].layer.get()].push_back(i);
  }
  for (auto& [layer, of_layer] : calls) {
    std::sort(of_layer.begin(), of_layer.end(), [&](std::size_t a, std::size_t b) { return nodes[a].serial < nodes[b].serial; });
    const std::string name = name_in_config(model, *layer);
    for (std::size_t i = 0; i < of_layer.size(); ++i) {
      if (all_carried[of_layer[i]]) result.calls.emplace(name, i);
    }
    const bool unneeded = std::none_of(of_layer.begin(), of_layer.end(), [&](std::size_t node) { return needed[node]; });
    if (unneeded && dynamic_cast<const OpLayerBody*>(layer) != nullptr) result.operations.insert(name);
  }
  return result;
}

}  // namespace namesake::nn
