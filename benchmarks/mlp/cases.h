// What the programs of this benchmark share: the sizes of the cases.
//   eager_step     one training step of 10-128-10 on 100 rows, Adam(0.01), cross-entropy
//   fit_batch_32   one epoch of 784-128-10 over all rows in order, Adam(0.001); fit_batch_256 likewise
//   forward_1      784-128-10 on one row
// A line is {"case": "eager_step", "seconds": 3.1e-05, "loss_first": 2.41, "loss": 1.22}.
//   seconds      for one unit of that work, the least of several blocks
//   loss_first   before the first update
//   loss         of step kCheckedSteps; the mean over the first epoch, each row counting once; for forward_1 the mean
//                over kForwardRows rows, each passed alone
// cases.py has the same in Python.
#pragma once

#include "benchmarks/shared/programs.h"

namespace mlp {

using namespace bench;

inline constexpr int kSmallInputs = 10;
inline constexpr int kSmallBatch = 100;
inline constexpr int kInputs = 784;
inline constexpr int kCheckedSteps = 20;
inline constexpr int kForwardRows = 100;

inline int rows(const Arguments& arguments) { return arguments.quick ? 640 : 60'000; }

}  // namespace mlp
