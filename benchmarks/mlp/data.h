// The first weights of 784-128-10, of the numbers that all benchmarks are made of. data.py says the same in numpy.
#pragma once

#include "benchmarks/shared/numbers.h"

namespace mlp {

using namespace bench;

inline constexpr int kHidden = 128;

/// One row of kClasses numbers for each label: 1 at the label, 0 elsewhere.
inline std::vector<float> one_hot(const std::vector<int>& labels) {
  std::vector<float> rows(labels.size() * kClasses);
  for (std::size_t r = 0; r < labels.size(); ++r) rows[r * kClasses + labels[r]] = 1;
  return rows;
}

/// The first weights of inputs-128-10: kernels in Keras's layout, (fan_in, fan_out), row after row.
struct Weights {
  std::vector<float> kernel1, bias1, kernel2, bias2;
};

inline Weights make_weights(int inputs) {
  return {glorot_uniform(kKernel1, inputs, kHidden, inputs * kHidden), std::vector<float>(kHidden),
          glorot_uniform(kKernel2, kHidden, kClasses, kHidden * kClasses), std::vector<float>(kClasses)};
}

}  // namespace mlp
