// StackedRNNCells: several cells as one; each takes the output of the one before.
//   RNN({.cell = StackedRNNCells({.cells = {LSTMCell({.units = 8}), LSTMCell({.units = 4})}})})
#pragma once

#include "namesake/nn/layers/recurrent_cell.h"

namespace namesake {

struct StackedRNNCellsOptions {
  std::vector<Layer> cells = {};
  bool trainable = true;
  std::string dtype = "";
  std::string name = "";
};

namespace nn {

/// Its states are those of its cells, one cell's after the other's.
class NAMESAKE_API StackedRNNCellsBody : public RecurrentCellBase {
 public:
  static constexpr std::string_view kClassName = "StackedRNNCells";
  using Options = StackedRNNCellsOptions;
  static void config(Options& o, ConfigFields& f);
  /// Throws InvalidArgument unless there are cells, and nothing else.
  explicit StackedRNNCellsBody(const Options& options);
  void build(const Shape& step) override;
  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override;
  [[nodiscard]] std::int64_t output_size() const override { return cells_.back()->output_size(); }
  Tensors call_many(const Tensors& inputs, CallContext& context) override { return call_one_step(*this, inputs, context); }
  [[nodiscard]] CellRun start(const Tensor& x, bool training) override;
  [[nodiscard]] Tensor project(const Tensor& x, const CellRun& run) const override;
  [[nodiscard]] Tensors step(const Tensor& projected, const Tensors& states, const CellRun& run) override;

 private:
  std::vector<RecurrentCellBase*> cells_;
};

}  // namespace nn

using StackedRNNCells = LayerOf<nn::StackedRNNCellsBody>;

}  // namespace namesake
