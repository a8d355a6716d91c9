// The options that the cells and layers of Keras share, as configs in Keras's order. Internal to nn.
#pragma once

#include "namesake/nn/layers/recurrent.h"

namespace namesake::nn {

template <class Options>
void config_activations(Options& o, ConfigFields& f) {
  f("units", o.units);
  f("activation", o.activation);
  if constexpr (requires { o.recurrent_activation; }) f("recurrent_activation", o.recurrent_activation);
  f("use_bias", o.use_bias);
}

template <class Options>
void config_initializers(Options& o, ConfigFields& f) {
  f("kernel_initializer", o.kernel_initializer);
  f("recurrent_initializer", o.recurrent_initializer);
  f("bias_initializer", o.bias_initializer);
}

template <class Options>
void config_penalties(Options& o, ConfigFields& f) {
  f("kernel_regularizer", o.kernel_regularizer);
  f("recurrent_regularizer", o.recurrent_regularizer);
  f("bias_regularizer", o.bias_regularizer);
  if constexpr (requires { o.activity_regularizer; }) f("activity_regularizer", o.activity_regularizer);
  f("kernel_constraint", o.kernel_constraint);
  f("recurrent_constraint", o.recurrent_constraint);
  f("bias_constraint", o.bias_constraint);
  f("dropout", o.dropout);
  f("recurrent_dropout", o.recurrent_dropout);
  f.ignore("implementation");  // Keras's way to compute the same
}

/// The cell's options out of a layer's: those of one name.
template <class CellOptions, class Options>
[[nodiscard]] CellOptions cell_options(const Options& o, std::string_view name) {
  CellOptions cell;
  cell.units = o.units;
  cell.activation = o.activation;
  if constexpr (requires { cell.recurrent_activation; }) cell.recurrent_activation = o.recurrent_activation;
  cell.use_bias = o.use_bias;
  cell.kernel_initializer = o.kernel_initializer;
  cell.recurrent_initializer = o.recurrent_initializer;
  cell.bias_initializer = o.bias_initializer;
  if constexpr (requires { cell.unit_forget_bias; }) cell.unit_forget_bias = o.unit_forget_bias;
  cell.kernel_regularizer = o.kernel_regularizer;
  cell.recurrent_regularizer = o.recurrent_regularizer;
  cell.bias_regularizer = o.bias_regularizer;
  cell.kernel_constraint = o.kernel_constraint;
  cell.recurrent_constraint = o.recurrent_constraint;
  cell.bias_constraint = o.bias_constraint;
  cell.dropout = o.dropout;
  cell.recurrent_dropout = o.recurrent_dropout;
  if constexpr (requires { cell.reset_after; }) cell.reset_after = o.reset_after;
  cell.seed = o.seed;
  cell.name = name;
  return cell;
}

}  // namespace namesake::nn
