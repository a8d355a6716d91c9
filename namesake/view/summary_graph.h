// What a summary says of the layers of a model that is a graph: the shapes of their outputs, what they are connected to, and whether
// connections are worth a column.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "namesake/nn/functional.h"
#include "namesake/nn/model.h"

namespace namesake::view {

/// `(None, 4)`; `?` for an unknown rank.
[[nodiscard]] std::string shape_text(const Shape& shape);

class SummaryGraph {
 public:
  explicit SummaryGraph(const Model& model);

  /// The rows of the table: of a functional model its ops too.
  [[nodiscard]] std::vector<Layer> rows() const;
  /// The layers of a model inside the model; none of another layer.
  [[nodiscard]] static std::vector<Layer> layers_of(const Layer& layer);
  /// Whether Keras leaves connections out: of a model that is no graph, or whose graph is a line and uses no layer twice.
  [[nodiscard]] bool sequential_like() const noexcept { return sequential_like_; }
  /// `a[0][0], b[1][0]`: layer, call, output; "-" for none in this model's own graph.
  [[nodiscard]] std::string connections(const Layer& layer) const;
  /// `(None, 4)`, of several outputs `[(None, 4), (None, 3)]`; of a layer called several times those of the last call. "?" if it is not known.
  [[nodiscard]] std::string output_shape(const Layer& layer) const;

 private:
  struct KnownShape {
    std::uint64_t serial = 0;  // of the call
    std::string text;
  };

  void number_calls();
  void learn_shapes(const LayerBase& model);
  void learn(const LayerBase& layer, std::uint64_t serial, std::string text);

  const Model& model_;
  const nn::ModelGraph* graph_ = nullptr;  // null: no graph
  bool sequential_like_ = true;
  std::unordered_map<const LayerBase*, std::vector<std::size_t>> calls_;  // nodes of the graph, in the order they were made
  std::vector<std::size_t> number_;                                       // of each node among its layer's
  std::unordered_map<const LayerBase*, KnownShape> shapes_;
};

}  // namespace namesake::view
