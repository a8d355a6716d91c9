#include "namesake/nn/layers/lstm.h"

#include "namesake/nn/layers/gated_options.h"
#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/splitting.h"

namespace namesake::nn {

constexpr std::int64_t kGates = 4;  // i, f, c, o

void LSTMCellBody::config(Options& o, ConfigFields& f) {
  config_activations(o, f);
  f("unit_forget_bias", o.unit_forget_bias);
  config_initializers(o, f);
  config_penalties(o, f);
  f("seed", o.seed);
}

LSTMCellBody::LSTMCellBody(Options options)
    : GatedCellBody(options.units, kGates, options.dropout, options.recurrent_dropout, options.seed), options_(std::move(options)) {}

void LSTMCellBody::build(const Shape& step) {
  kernel_ = add_weight(kernel_of(options_, {checked_features(step), kGates * units()}));
  recurrent_kernel_ = add_weight(recurrent_kernel_of(options_, {units(), kGates * units()}));
  if (!options_.use_bias) return;
  bias_ = add_weight(bias_of(options_, {kGates * units()}));
  if (!options_.unit_forget_bias) return;
  const auto part = [&](std::int64_t gates) { return options_.bias_initializer({gates * units()}, bias_.dtype()); };
  bias_.assign(concatenate({part(1), ones({units()}, bias_.dtype()), part(2)}, 0));
}

Tensors LSTMCellBody::step(const Tensor& projected, const Tensors& states, const CellRun& run) {
  const Tensors gates = split(projected + recur(states[0], run), kGates, -1);
  const auto gate = [&](std::size_t i) { return options_.recurrent_activation(gates[i]); };
  const Tensor c = gate(1) * states[1] + gate(0) * options_.activation(gates[2]);
  const Tensor h = gate(3) * options_.activation(c);
  return {h, h, c};
}

void LSTMBody::config(Options& o, ConfigFields& f) {
  config_flags(o, f);
  config_activations(o, f);
  config_initializers(o, f);
  f("unit_forget_bias", o.unit_forget_bias);
  config_penalties(o, f);
  f("seed", o.seed);
}

LSTMBody::LSTMBody(const Options& options) : RecurrentBody(flags_of(options)) {
  LSTMCellOptions cell = cell_options<LSTMCellOptions>(options, "lstm_cell");
  cell.dtype = dtype_policy();
  cell.trainable = trainable();
  set_cell(LSTMCell(std::move(cell), site()));
}

}  // namespace namesake::nn
