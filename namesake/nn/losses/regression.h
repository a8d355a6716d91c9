// Losses for numbers: the mean over the last axis of how far two numbers are apart.
#pragma once

#include <cstdint>
#include <string>

#include "namesake/nn/losses/loss.h"

namespace namesake {
namespace losses {

struct MeanSquaredErrorOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "mean_squared_error";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(MeanSquaredErrorOptions options);
/// (y_true - y_pred)^2
using MeanSquaredError = KerasLoss<MeanSquaredErrorOptions>;

struct MeanAbsoluteErrorOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "mean_absolute_error";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(MeanAbsoluteErrorOptions options);
/// |y_true - y_pred|
using MeanAbsoluteError = KerasLoss<MeanAbsoluteErrorOptions>;

struct MeanAbsolutePercentageErrorOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "mean_absolute_percentage_error";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(MeanAbsolutePercentageErrorOptions options);
/// 100 |y_true - y_pred| / |y_true|
using MeanAbsolutePercentageError = KerasLoss<MeanAbsolutePercentageErrorOptions>;

struct MeanSquaredLogarithmicErrorOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "mean_squared_logarithmic_error";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(MeanSquaredLogarithmicErrorOptions options);
/// (log(y_true + 1) - log(y_pred + 1))^2, negative numbers as 0
using MeanSquaredLogarithmicError = KerasLoss<MeanSquaredLogarithmicErrorOptions>;

struct CosineSimilarityOptions {
  std::int64_t axis = -1;
  std::string reduction = "sum_over_batch_size";
  std::string name = "cosine_similarity";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CosineSimilarityOptions options);
/// The negative cosine of the angle between the vectors along `axis`: -1 for one direction, 1 for opposite ones.
using CosineSimilarity = KerasLoss<CosineSimilarityOptions>;

struct HuberOptions {
  double delta = 1.0;
  std::string reduction = "sum_over_batch_size";
  std::string name = "huber_loss";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(HuberOptions options);
/// Half the squared error up to `delta`, linear beyond.
using Huber = KerasLoss<HuberOptions>;

struct LogCoshOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "log_cosh";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(LogCoshOptions options);
/// log(cosh(y_pred - y_true))
using LogCosh = KerasLoss<LogCoshOptions>;

}  // namespace losses

using losses::CosineSimilarity;
using losses::Huber;
using losses::LogCosh;
using losses::MeanAbsoluteError;
using losses::MeanAbsolutePercentageError;
using losses::MeanSquaredError;
using losses::MeanSquaredLogarithmicError;

}  // namespace namesake
