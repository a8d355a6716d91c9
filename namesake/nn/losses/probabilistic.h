// Losses of probabilities: the crossentropies and their kin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "namesake/nn/losses/loss.h"

namespace namesake {
namespace losses {

struct CategoricalCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_crossentropy";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CategoricalCrossentropyOptions options);
/// Of one-hot labels (batch, .., classes).
using CategoricalCrossentropy = KerasLoss<CategoricalCrossentropyOptions>;

struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;
  std::optional<std::int64_t> ignore_class = {};  // labels of this class count nothing
  std::string reduction = "sum_over_batch_size";
  std::int64_t axis = -1;  // only the last one
  std::string name = "sparse_categorical_crossentropy";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(SparseCategoricalCrossentropyOptions options);
/// Of class numbers (batch, ..) or (batch, .., 1).
using SparseCategoricalCrossentropy = KerasLoss<SparseCategoricalCrossentropyOptions>;

struct BinaryCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "binary_crossentropy";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(BinaryCrossentropyOptions options);
/// Of labels in [0, 1], each output for itself.
using BinaryCrossentropy = KerasLoss<BinaryCrossentropyOptions>;

struct CategoricalFocalCrossentropyOptions {
  double alpha = 0.25;
  double gamma = 2.0;
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_focal_crossentropy";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CategoricalFocalCrossentropyOptions options);
/// The crossentropy of each class times alpha (1 - p)^gamma: what is easy counts less. https://arxiv.org/abs/1708.02002
using CategoricalFocalCrossentropy = KerasLoss<CategoricalFocalCrossentropyOptions>;

struct BinaryFocalCrossentropyOptions {
  bool apply_class_balancing = false;
  double alpha = 0.25;  // the weight of class 1, if balancing
  double gamma = 2.0;
  bool from_logits = false;
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "binary_focal_crossentropy";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(BinaryFocalCrossentropyOptions options);
using BinaryFocalCrossentropy = KerasLoss<BinaryFocalCrossentropyOptions>;

struct CategoricalGeneralizedCrossEntropyOptions {
  double q = 0.5;  // between 0 and 1: from crossentropy to absolute error
  std::string reduction = "sum_over_batch_size";
  std::string name = "categorical_generalized_cross_entropy";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CategoricalGeneralizedCrossEntropyOptions options);
/// (1 - p^q) / q of the right class's probability p, for class numbers (batch, ..) that are not all right.
/// https://arxiv.org/abs/1805.07836
using CategoricalGeneralizedCrossEntropy = KerasLoss<CategoricalGeneralizedCrossEntropyOptions>;

struct KLDivergenceOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "kl_divergence";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(KLDivergenceOptions options);
/// sum(y_true log(y_true / y_pred)), both clipped to [1e-7, 1]
using KLDivergence = KerasLoss<KLDivergenceOptions>;

struct PoissonOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "poisson";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(PoissonOptions options);
/// y_pred - y_true log(y_pred)
using Poisson = KerasLoss<PoissonOptions>;

}  // namespace losses

using losses::BinaryCrossentropy;
using losses::BinaryFocalCrossentropy;
using losses::CategoricalCrossentropy;
using losses::CategoricalFocalCrossentropy;
using losses::CategoricalGeneralizedCrossEntropy;
using losses::KLDivergence;
using losses::Poisson;
using losses::SparseCategoricalCrossentropy;

}  // namespace namesake
