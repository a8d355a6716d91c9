// The graph of a functional model: read off its symbolic outputs, in Keras's order. That order numbers the layers in Keras's files,
// so it is Keras 3's to the letter (keras/src/ops/function.py, map_graph): depth-first from the outputs, an operation's
// place is taken when it is first met, before its parents; sorted by depth (longest way to an output), then by that place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "namesake/nn/layer.h"
#include "namesake/nn/layer_call.h"

namespace namesake::nn {

/// Output `output` of node `node` of a graph.
struct NodeOutput {
  std::size_t node = 0;
  int output = 0;
};

/// One call of a layer (or of an op outside any layer, as an OpLayerBody).
struct GraphNode {
  struct Input {
    NodeOutput source;  // if `constant` is undefined
    Tensor constant;
  };

  std::shared_ptr<LayerBase> layer;
  std::vector<Input> inputs;
  std::vector<std::optional<Input>> masks;  // of the inputs, if the call was told of any
  int outputs = 1;
  std::vector<Tensor> symbols;  // its outputs as far as they are used, by index; others undefined
  CallOptions options;
  LayerCall::Form form = LayerCall::Form::kOne;  // of the inputs by position
  Site site;
  std::uint64_t serial = 0;  // calls of one layer in the order they were made
  std::int64_t depth = 0;    // the longest way to an output, as Keras's nodes_by_depth counts it
  bool is_input = false;
};

struct ModelGraph {
  std::vector<GraphNode> nodes;                    // each after those it takes its inputs from
  std::vector<std::shared_ptr<LayerBase>> layers;  // each once, in Keras's order
  std::vector<std::size_t> inputs;                 // nodes
  std::vector<NodeOutput> outputs;
};

/// Throws InvalidArgument if an output does not depend on `inputs` alone, or a tensor is not symbolic. An input that is no tensor of
/// Input() becomes one, as in Keras: the model begins there.
[[nodiscard]] ModelGraph map_graph(const Tensors& inputs, const Tensors& outputs, Site site);

}  // namespace namesake::nn
