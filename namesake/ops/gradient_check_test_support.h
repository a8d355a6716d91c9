// The check that every op's gradient goes through: central differences, in float64.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "namesake/ops/op.h"
#include "namesake/ops/random.h"

namespace namesake::ops {

/// One call of an op.
struct GradientCase {
  const OpRecord* op;
  Tensors inputs;
  std::vector<bool> differentiate;  // which inputs, all floating ones if empty
  Attrs attrs = {};
};

inline Tensor normal_doubles(const Shape& shape, int seed) {
  return stateless_random_normal(shape, random_seed(seed, 17), 0, 1, DType::kFloat64);
}

inline Tensors run_case(const GradientCase& c, const Tensors& inputs) {
  Tensors outputs(c.op->outputs(c.attrs));
  apply_into(*c.op, inputs, c.attrs, outputs);
  return outputs;
}

/// The sum of the outputs' elements, each with its weight.
inline double weighed(const Tensors& outputs, const Tensors& weights) {
  double total = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!weights[i].defined()) continue;
    const auto values = outputs[i].data<double>(), weight = weights[i].data<double>();
    for (std::size_t k = 0; k < values.size(); ++k) total += values[k] * weight[k];
  }
  return total;
}

/// Compares the record's gradient with central differences of a weighed sum of all its outputs.
inline void check_gradient(const GradientCase& c, double tolerance = 2e-6) {
  const Tensors outputs = run_case(c, c.inputs);
  Tensors weights(outputs.size()), gradients(c.inputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dtype() == DType::kFloat64)
      weights[i] = normal_doubles(outputs[i].shape(), 100 + static_cast<int>(i));
  }
  const std::unique_ptr<bool[]> needs(new bool[c.inputs.size()]);
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    needs[i] = c.inputs[i].dtype() == DType::kFloat64 && (c.differentiate.empty() || c.differentiate[i]);
  }
  c.op->gradient({*c.op, c.inputs, c.attrs, outputs, weights, {needs.get(), c.inputs.size()}, gradients});
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (!needs[i]) continue;
    ASSERT_TRUE(gradients[i].defined()) << c.op->name << " input " << i;
    ASSERT_EQ(gradients[i].shape(), c.inputs[i].shape()) << c.op->name << " input " << i;
    for (std::int64_t k = 0; k < c.inputs[i].size(); ++k) {
      const auto at = [&](double change) {
        Tensors moved = c.inputs;
        moved[i] = moved[i].copy();
        moved[i].raw_as<double>()[k] += change;
        return weighed(run_case(c, moved), weights);
      };
      const double expected = (at(kStep) - at(-kStep)) / (2 * kStep);
      EXPECT_NEAR(gradients[i].data<double>()[static_cast<std::size_t>(k)], expected,
                  tolerance * std::max(1.0, std::abs(expected)))
          << c.op->name << " input " << i << " element " << k;
    }
  }
}

}  // namespace namesake::ops
