// Functional models: a graph of layers, made by calling them on the tensors of Input().
//   Tensor a = Input({.shape = {4}, .name = "a"}), b = Input({.shape = {4}, .name = "b"});
//   Dense shared({.units = 3});
//   Model model({a, b}, concatenate({shared(a), shared(b)}), {.name = "twins"});
// Several inputs or outputs are lists, or go by name: Model({{"a", a}, {"b", b}}, ...).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "namesake/nn/model.h"
#include "namesake/nn/model_graph.h"
#include "namesake/tensor/feed.h"

namespace namesake::nn {

class NAMESAKE_API FunctionalBody final : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "Functional";
  /// Throws what map_graph throws; NameCollision if two of its layers have one name.
  FunctionalBody(const Feed& inputs, const Feed& outputs, Site site);

  /// The end of construction: names that were left out are settled, paths checked. Throws NameCollision.
  void finish(const ModelOptions& options);
  Tensor call(const Tensor& x, CallContext& context) override;
  Tensors call_many(const Tensors& inputs, CallContext& context) override;

  [[nodiscard]] const ModelGraph& graph() const noexcept { return graph_; }
  /// How inputs and outputs were given; names of kNamed ones are sorted, as Keras flattens them.
  [[nodiscard]] Feed::Form inputs_form() const noexcept { return inputs_form_; }
  [[nodiscard]] Feed::Form outputs_form() const noexcept override { return outputs_form_; }
  [[nodiscard]] std::vector<std::string> input_names() const override;
  [[nodiscard]] std::vector<std::string> output_names() const override;
  [[nodiscard]] Tensors inputs() const override;
  [[nodiscard]] Tensors outputs() const override;
  [[nodiscard]] Shape input_shape() const override { return inputs().at(0).shape(); }

 private:
  // What one step of the run does, in slots of a list of tensors.
  struct Step {
    LayerBase* layer;
    bool one_input;
    std::vector<std::size_t> inputs;   // slots
    std::vector<std::optional<std::size_t>> masks;  // slots; of inputs that bring none themselves
    std::size_t first_output;          // its outputs' slots follow one another
    std::vector<std::size_t> finished;  // slots that no later step needs
    CallOptions options;
    Site site;
  };

  void plan();
  [[nodiscard]] std::optional<Tensors> known_outputs(const Tensors& inputs) const;
  [[nodiscard]] Tensor standardize(const Tensor& x, std::size_t input) const;
  void run(Tensors& slots, const CallContext& context) const;

  ModelGraph graph_;
  Feed::Form inputs_form_, outputs_form_;
  std::vector<std::string> named_inputs_, named_outputs_;  // of kNamed ones
  std::vector<Step> steps_;
  std::size_t slots_ = 0;
  Tensors constants_;                         // by slot; undefined elsewhere
  std::vector<std::size_t> input_slots_, output_slots_;
};

}  // namespace namesake::nn
