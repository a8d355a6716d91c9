#include "namesake/nn/layers/stacked_rnn_cells.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/nn/foreign_names.h"
#include "namesake/nn/layer_field.h"
#include "namesake/ops/create.h"

namespace namesake::nn {

void StackedRNNCellsBody::config(Options& o, ConfigFields& f) { layers_field(f, "cells", o.cells); }

StackedRNNCellsBody::StackedRNNCellsBody(const Options& options) {
  const ForeignNames a_list;  // "cells/0" is no name that a layer of one's own may give
  for (const Layer& cell : options.cells) {
    auto* body = dynamic_cast<RecurrentCellBase*>(cell.ptr().get());
    if (body == nullptr) {
      throw InvalidArgument({.subject = "cells",
                             .what = "StackedRNNCells was given a layer that is no cell.",
                             .expected = "layers that derive from RecurrentCellBase: LSTMCell({...}), GRUCell({...}), SimpleRNNCell({...})",
                             .received = cell ? std::string(cell.class_name()) : "no layer",
                             .places = {{"here", site(), {}, {}}}});
    }
    adopt(cell.ptr(), fmt::format("cells/{}", cells_.size()), site());
    cells_.push_back(body);
  }
  if (cells_.empty()) {
    throw InvalidArgument({.subject = "cells",
                           .what = "StackedRNNCells was made without cells.",
                           .expected = "StackedRNNCells({.cells = {LSTMCell({.units = 8}), LSTMCell({.units = 4})}}), say",
                           .places = {{"here", site(), {}, {}}}});
  }
  settle_children();
  if (!trainable()) set_trainable(false);
}

void StackedRNNCellsBody::build(const Shape& step) {
  Shape input = step;
  for (RecurrentCellBase* cell : cells_) {
    cell->ensure_built({&input, 1});
    input = {step[0], cell->output_size()};
  }
}

std::vector<std::int64_t> StackedRNNCellsBody::state_sizes() const {
  std::vector<std::int64_t> sizes;
  for (const RecurrentCellBase* cell : cells_) {
    const std::vector<std::int64_t> more = cell->state_sizes();
    sizes.insert(sizes.end(), more.begin(), more.end());
  }
  return sizes;
}

CellRun StackedRNNCellsBody::start(const Tensor& x, bool training) {
  CellRun run;
  run.training = training;
  Tensor input = x;
  for (RecurrentCellBase* cell : cells_) {
    run.cells.push_back(cell->start(input, training));
    if (training && cell != cells_.back()) input = zeros_for_batch(x, cell->output_size(), cell->compute_dtype());
  }
  return run;
}

Tensor StackedRNNCellsBody::project(const Tensor& x, const CellRun& run) const { return cells_[0]->project(x, run.cells[0]); }

Tensors StackedRNNCellsBody::step(const Tensor& projected, const Tensors& states, const CellRun& run) {
  Tensors result{Tensor()};
  Tensor input = projected;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (i > 0) input = cells_[i]->project(input, run.cells[i]);
    const auto first = states.begin() + static_cast<std::ptrdiff_t>(taken);
    const std::size_t count = cells_[i]->state_sizes().size();
    Tensors own(first, first + static_cast<std::ptrdiff_t>(count));
    for (Tensor& state : own) state = cast(state, cells_[i]->compute_dtype());
    const Tensors made = cells_[i]->step(input, own, run.cells[i]);
    input = made[0];
    result.insert(result.end(), made.begin() + 1, made.end());
    taken += count;
  }
  result[0] = input;
  return result;
}

}  // namespace namesake::nn
