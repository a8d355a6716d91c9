// Losses: how far predictions are from the truth, as Keras's losses of the same names compute it.
//   nk::CategoricalCrossentropy loss_fn({.from_logits = true});
//   nk::Tensor loss = loss_fn(y_true, y_pred);
// Keras has losses and metrics of one name: losses are also in namesake::losses, metrics in namesake::metrics.
#pragma once

#include "namesake/nn/losses/hinge.h"
#include "namesake/nn/losses/loss.h"
#include "namesake/nn/losses/overlap.h"
#include "namesake/nn/losses/probabilistic.h"
#include "namesake/nn/losses/regression.h"
#include "namesake/nn/losses/similarity.h"
