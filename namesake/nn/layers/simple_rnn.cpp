#include "namesake/nn/layers/simple_rnn.h"

#include "namesake/nn/layers/gated_options.h"
#include "namesake/nn/layers/kernel_bias.h"
#include "namesake/ops/math.h"

namespace namesake::nn {

void SimpleRNNCellBody::config(Options& o, ConfigFields& f) {
  config_activations(o, f);
  config_initializers(o, f);
  config_penalties(o, f);
  f("seed", o.seed);
}

SimpleRNNCellBody::SimpleRNNCellBody(Options options)
    : GatedCellBody(options.units, 1, options.dropout, options.recurrent_dropout, options.seed), options_(std::move(options)) {}

void SimpleRNNCellBody::build(const Shape& step) {
  kernel_ = add_weight(kernel_of(options_, {checked_features(step), units()}));
  recurrent_kernel_ = add_weight(recurrent_kernel_of(options_, {units(), units()}));
  if (options_.use_bias) bias_ = add_weight(bias_of(options_, {units()}));
}

Tensors SimpleRNNCellBody::step(const Tensor& projected, const Tensors& states, const CellRun& run) {
  const Tensor h = options_.activation(projected + recur(states[0], run));
  return {h, h};
}

// Keras's layer leaves its seed out of its config, and takes one all the same.
void SimpleRNNBody::config(Options& o, ConfigFields& f) {
  config_flags(o, f);
  config_activations(o, f);
  config_initializers(o, f);
  config_penalties(o, f);
  if (f.reading() || o.seed) f("seed", o.seed);
}

SimpleRNNBody::SimpleRNNBody(const Options& options) : RecurrentBody(flags_of(options)) {
  SimpleRNNCellOptions cell = cell_options<SimpleRNNCellOptions>(options, "simple_rnn_cell");
  cell.dtype = dtype_policy();
  cell.trainable = trainable();
  set_cell(SimpleRNNCell(std::move(cell), site()));
}

}  // namespace namesake::nn
