// Losses of how far two sets overlap: the predictions and the labels, both in [0, 1].
#pragma once

#include <string>

#include "namesake/nn/axis_list.h"
#include "namesake/nn/losses/loss.h"

namespace namesake {
namespace losses {

struct DiceOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "dice";
  AxisList axis = {};  // that are summed over; none: all of them
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(DiceOptions options);
/// 1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred))
using Dice = KerasLoss<DiceOptions>;

struct TverskyOptions {
  double alpha = 0.5;  // weight of false positives
  double beta = 0.5;   // weight of false negatives
  std::string reduction = "sum_over_batch_size";
  std::string name = "tversky";
  AxisList axis = {};  // that are summed over; none: all of them
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(TverskyOptions options);
/// Dice with weights for the two kinds of error: https://arxiv.org/abs/1706.05721
using Tversky = KerasLoss<TverskyOptions>;

}  // namespace losses

using losses::Dice;
using losses::Tversky;

}  // namespace namesake
