// A model whose call runs a graph that was read from a file, rather than layers: what a SavedModel without Keras's metadata becomes. Its
// weights stand in groups, one below the other as their names say (`dense_1/kernel`). It is trained and saved like any model, but that it
// has no config: no `.keras` file can hold it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/graph/run.h"
#include "namesake/nn/model.h"

namespace namesake::nn {

/// A variable of a graph, before it is made.
struct GraphWeight {
  std::string path;  // "dense_1/kernel"; made legal, and another than those of the other weights
  Shape shape;
  DType dtype = DType::kFloat32;
  bool trainable = true;
};

class NAMESAKE_API GraphModelBody final : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "GraphModel";

  GraphModelBody();
  ~GraphModelBody() override;
  /// Makes the weights, all zero, in this order. To be called once.
  [[nodiscard]] std::vector<Variable> add_weights(std::span<const GraphWeight> weights);
  /// What call() does. Inputs and outputs are called as the graph's are.
  void set_graph(std::shared_ptr<const graph::Graph> graph);

  [[nodiscard]] const graph::Graph& graph() const { return runner_.graph(); }

  Tensors call_many(const Tensors& inputs, CallContext& context) override;
  /// Throws Unsupported: no config says what a graph computes.
  [[nodiscard]] JsonValue options() const override;
  [[nodiscard]] Shape input_shape() const override;
  [[nodiscard]] std::vector<std::string> input_names() const override;
  [[nodiscard]] std::vector<std::string> output_names() const override { return runner_.graph().result_names; }
  [[nodiscard]] Feed::Form outputs_form() const override { return output_names().size() == 1 ? Feed::Form::kOne : Feed::Form::kNamed; }
  [[nodiscard]] bool knows_outputs() const override { return true; }
  /// Symbols of the graph's dtypes and shapes, that no layer made.
  [[nodiscard]] Tensors inputs() const override;

 private:
  class Group;
  graph::Runner runner_;
};

/// A GraphModelBody called `name`.
[[nodiscard]] NAMESAKE_API std::shared_ptr<GraphModelBody> make_graph_model(std::string name, Site site);

}  // namespace namesake::nn
