#include "namesake/nn/layers/gru.h"

#include "namesake/nn/layers/gated_options.h"
#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/splitting.h"

namespace namesake::nn {

constexpr std::int64_t kGates = 3;  // z (update), r (reset), h

void GRUCellBody::config(Options& o, ConfigFields& f) {
  config_activations(o, f);
  config_initializers(o, f);
  config_penalties(o, f);
  f("reset_after", o.reset_after);
  f("seed", o.seed);
}

GRUCellBody::GRUCellBody(Options options)
    : GatedCellBody(options.units, kGates, options.dropout, options.recurrent_dropout, options.seed), options_(std::move(options)) {}

void GRUCellBody::build(const Shape& step) {
  kernel_ = add_weight(kernel_of(options_, {checked_features(step), kGates * units()}));
  recurrent_kernel_ = add_weight(recurrent_kernel_of(options_, {units(), kGates * units()}));
  if (!options_.use_bias) return;
  bias_ = add_weight(bias_of(options_, options_.reset_after ? Shape({2, kGates * units()}) : Shape({kGates * units()})));
}

// With reset_after the bias of the state's product is a part of the run: one look at the weight for all steps.
CellRun GRUCellBody::start(const Tensor& x, bool training) {
  CellRun run = GatedCellBody::start(x, training);
  if (options_.use_bias && options_.reset_after) {
    const Tensors biases = unstack(run.bias, 0);
    run.bias = biases[0];
    run.recurrent_bias = biases[1];
  }
  return run;
}

Tensors GRUCellBody::step(const Tensor& projected, const Tensors& states, const CellRun& run) {
  const Tensor& before = states[0];
  const Tensors x = split(projected, {2 * units()}, -1);
  Tensor inner = recur(before, run, 0, options_.reset_after ? kGates : kGates - 1);
  if (run.recurrent_bias.defined()) inner = bias_add(inner, run.recurrent_bias);
  const Tensors parts = options_.reset_after ? split(inner, {2 * units()}, -1) : Tensors{inner};
  const Tensors gates = split(options_.recurrent_activation(x[0] + parts[0]), 2, -1);
  const Tensor more = options_.reset_after ? gates[1] * parts[1] : recur(gates[1] * before, run, kGates - 1, kGates);
  const Tensor now = options_.activation(x[1] + more);
  const Tensor h = now + gates[0] * (before - now);
  return {h, h};
}

void GRUBody::config(Options& o, ConfigFields& f) {
  config_flags(o, f);
  config_activations(o, f);
  config_initializers(o, f);
  config_penalties(o, f);
  f("reset_after", o.reset_after);
  f("seed", o.seed);
}

GRUBody::GRUBody(const Options& options) : RecurrentBody(flags_of(options)) {
  GRUCellOptions cell = cell_options<GRUCellOptions>(options, "gru_cell");
  cell.dtype = dtype_policy();
  cell.trainable = trainable();
  set_cell(GRUCell(std::move(cell), site()));
}

}  // namespace namesake::nn
