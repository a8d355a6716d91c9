// Matches the variables of a checkpoint with those of a model: by walking its object graph beside the model, or by names.
//   Sequential and functional models: the k-th layer with weights takes the k-th object with weights, as in TensorFlow; names are checked
//   other layers: sub-layers and weights by their attributes
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "namesake/formats/object_graph.h"
#include "namesake/nn/model.h"
#include "namesake/saving/name_rules.h"
#include "namesake/saving/checkpoint/optimizer_objects.h"
#include "namesake/saving/weight_matches.h"

namespace namesake::saving {

class CheckpointLoader {
 public:
  /// All must outlive it.
  CheckpointLoader(const formats::ObjectGraph& graph, WeightMatches& matches, const NameMap& names);

  /// The object that is the model: the one at the path `wanted` of edges, or the only one that has what the model has. Throws FormatError if
  /// there is none, or several.
  [[nodiscard]] std::size_t find_model(const Model& model, const std::string& wanted) const;
  /// The optimizer of the object `model`: its own, or the root's, or the only one there is.
  [[nodiscard]] std::optional<std::size_t> find_optimizer(std::size_t model) const;
  [[nodiscard]] std::optional<std::size_t> follow(std::size_t node, std::string_view path) const;

  /// Throws ShapeMismatch if the file has weights for another number of layers.
  void match_model(const Model& model, std::size_t node);
  /// Builds the optimizer's state first. A state of another optimizer is noted, or missing if it is `needed`.
  void match_optimizer(const Optimizer& optimizer, std::span<const Variable> order, std::size_t node, bool needed);
  void match_variable(const std::string& name, const Variable& variable, std::size_t node);
  /// What lies below `node` and nobody asked for.
  void find_unused(std::size_t node);
  /// Notes the variables of other objects.
  void note_others();

 private:
  [[nodiscard]] const formats::WeightEntry* entry_of(std::size_t node) const;
  [[nodiscard]] const std::string* full_name(std::size_t node) const;
  /// Marks the objects that hold weights, or lead to some.
  void find_holders();
  [[nodiscard]] std::vector<std::size_t> layers_of(std::size_t node) const;
  [[nodiscard]] bool fits(const Model& model, std::size_t node) const;
  void match_layer(const LayerBase& layer, std::size_t node);
  void match_weights(const LayerBase& layer, std::size_t node);
  void match_list(const LayerBase& owner, const std::vector<const LayerBase*>& layers, const std::vector<std::size_t>& nodes);
  void match_keras2_scale(const Optimizer& optimizer, std::span<const Variable> order, std::size_t node);
  void match_missing(const LayerBase& layer);
  [[nodiscard]] std::optional<std::size_t> state_of(const OptimizerValue& value, std::size_t number, std::size_t node, std::span<const Variable> order) const;

  const formats::ObjectGraph& graph_;
  WeightMatches& matches_;
  const NameMap& names_;
  std::unordered_map<std::string_view, const formats::WeightEntry*> entries_;
  std::vector<bool> holders_;  // by node: whether weights lie there or below
  std::unordered_map<const void*, std::string> paths_;        // of the model's weights
  std::unordered_map<const void*, std::size_t> variables_;    // variable -> its node in the file
  std::unordered_set<const LayerBase*> visited_;
};

}  // namespace namesake::saving
