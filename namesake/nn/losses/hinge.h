// Hinge losses: of labels -1 and 1 (0 and 1 are taken as those), and of one-hot labels.
#pragma once

#include <string>

#include "namesake/nn/losses/loss.h"

namespace namesake {
namespace losses {

struct HingeOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "hinge";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(HingeOptions options);
/// max(1 - y_true y_pred, 0)
using Hinge = KerasLoss<HingeOptions>;

struct SquaredHingeOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "squared_hinge";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(SquaredHingeOptions options);
/// max(1 - y_true y_pred, 0)^2
using SquaredHinge = KerasLoss<SquaredHingeOptions>;

struct CategoricalHingeOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_hinge";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CategoricalHingeOptions options);
/// Of one-hot labels: max(largest prediction of a wrong class - prediction of the right one + 1, 0)
using CategoricalHinge = KerasLoss<CategoricalHingeOptions>;

}  // namespace losses

using losses::CategoricalHinge;
using losses::Hinge;
using losses::SquaredHinge;

}  // namespace namesake
