// Our objects as a checkpoint has them: a graph in which the objects of Keras 2, Keras 3 and tf.Module find themselves, and the variables
// under their keys. Edges that lead to one object under several names are harmless to TensorFlow: it takes those that it has, too.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "namesake/formats/object_graph.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/nn/model.h"

namespace namesake::saving {

/// A weight's names as an attribute of its layer in Keras 2 and 3, the usual one first.
[[nodiscard]] std::vector<std::string> attribute_names(const LayerBase& layer, const Variable& weight);
/// The one of them that Keras 2 has.
[[nodiscard]] std::string keras2_attribute(const LayerBase& layer, const Variable& weight);
/// The layers that Keras counts in a Sequential or functional model; none for another layer.
[[nodiscard]] std::vector<const LayerBase*> counted_layers(const LayerBase& layer);
/// Those of them that Keras 2 has too: not the operations that only say masks, which Keras 2 hands on by itself.
[[nodiscard]] std::vector<const LayerBase*> layers_in_keras2(const LayerBase& layer);

class CheckpointObjects {
 public:
  using Node = std::size_t;

  /// `reserved`: names of the root's edges that no layer's name may take.
  explicit CheckpointObjects(std::set<std::string> reserved = {}) : reserved_(std::move(reserved)) { graph_.nodes.emplace_back(); }
  /// Adds the objects below `root`'s edge `name`; below the root itself if `name` is empty. With its optimizer's state, if it is compiled.
  void add(const std::string& name, const Model& model, bool with_optimizer);
  /// `order`: the trained variables. They should have been added with their model before.
  void add(const std::string& name, const Optimizer& optimizer, std::span<const Variable> order);
  void add(const std::string& name, const Variable& variable);

  Node add_node();
  /// An edge, unless there is one of that name. An alias is one more way to an object, for others to find it.
  void link(Node from, const std::string& name, Node to, bool alias = false);
  /// The variable's node, made unless it is there.
  Node variable(const Variable& variable, const std::string& full_name);
  /// Of a layer or variable (by its address or id).
  [[nodiscard]] std::optional<Node> find(const void* object) const;
  [[nodiscard]] const formats::ObjectGraph& graph() const noexcept { return graph_; }
  [[nodiscard]] bool is_alias(Node from, const std::string& name) const { return aliases_.contains({from, name}); }
  /// The variable that a node is; nullptr if it is none.
  [[nodiscard]] const Variable* variable_at(Node node) const;
  /// Gives every variable its key: the shortest way to it. What is added later has none.
  void settle_keys();

  /// All tensors, the graph among them.
  [[nodiscard]] std::vector<formats::BundleTensor> tensors() &&;

 private:
  Node below(Node from, const std::string& path, bool alias = false);
  Node at(const std::string& name);
  Node layer(const LayerBase& layer);
  void fill(Node node, const LayerBase& layer);
  void layers_by_number(Node node, const LayerBase& owner);
  void fill(Node node, const Optimizer& optimizer, std::span<const Variable> order);
  void link_state_of(Node inner, Node outer, const Optimizer& optimizer, std::span<const Variable> order);

  std::set<std::string> reserved_;
  std::set<std::pair<Node, std::string>> aliases_;
  formats::ObjectGraph graph_;  // the root first
  std::unordered_map<const void*, Node> nodes_;      // of layers and variables
  std::unordered_map<Node, Variable> variables_;
  std::unordered_map<const void*, std::string> paths_;
};

}  // namespace namesake::saving
