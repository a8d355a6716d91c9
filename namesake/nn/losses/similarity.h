// Losses of embeddings and of sequences.
#pragma once

#include <string>

#include "namesake/nn/losses/loss.h"

namespace namesake {
namespace losses {

struct CircleOptions {
  double gamma = 80.0;
  double margin = 0.4;
  bool remove_diagonal = true;  // a row is no pair with itself
  std::string reduction = "sum_over_batch_size";
  std::string name = "circle";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CircleOptions options);
/// Of class numbers (batch) and embeddings of length 1 (batch, features): pulls rows of one class together, pushes others
/// apart. https://arxiv.org/abs/2002.10857
using Circle = KerasLoss<CircleOptions>;

struct CTCOptions {
  std::string reduction = "sum_over_batch_size";
  std::string name = "ctc";
  std::string dtype = "";
};
NAMESAKE_API Loss make_loss(CTCOptions options);
/// Connectionist temporal classification, of labels (batch, length), 0 behind their end, and logits (batch, time, classes), of
/// which class 0 is the blank.
using CTC = KerasLoss<CTCOptions>;

}  // namespace losses

using losses::Circle;
using losses::CTC;

}  // namespace namesake
