// Gradients of gradients: every op that has a gradient, by central differences of that gradient.
#include <gtest/gtest.h>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/ops/gradient_cases_test_support.h"
#include "namesake/ops/reduce.h"

namespace namesake {
namespace {

using ops::GradientCase;

std::vector<bool> differentiable(const GradientCase& c) {
  std::vector<bool> wanted;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    wanted.push_back(c.inputs[i].dtype() == DType::kFloat64 && (c.differentiate.empty() || c.differentiate[i]));
  }
  return wanted;
}
/// The gradient of a weighed sum of the outputs, again weighed and summed; undefined if there is none.
Tensor weighed_gradient(const GradientCase& c, const Tensors& inputs) {
  const std::vector<bool> wanted = differentiable(c);
  GradientTape tape;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (wanted[i]) tape.watch(inputs[i]);
  }
  const Tensors outputs = ops::apply_list(*c.op, inputs, c.attrs);
  Tensor total;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].dtype() != DType::kFloat64) continue;
    const Tensor part =
        sum(outputs[i] * outputs[i] * ops::normal_doubles(outputs[i].shape(), 100 + static_cast<int>(i)));
    total = total.defined() ? total + part : part;
  }
  Tensors sources;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (wanted[i]) sources.push_back(inputs[i]);
  }
  const Tensors gradients = tape.gradient(total, sources);
  Tensor weighed;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const Tensor part = sum(gradients[i] * ops::normal_doubles(gradients[i].shape(), 200 + static_cast<int>(i)));
    weighed = weighed.defined() ? weighed + part : part;
  }
  return weighed;
}
Tensors copies(const GradientCase& c) {
  Tensors inputs;
  for (const Tensor& input : c.inputs) inputs.push_back(input.copy());
  return inputs;
}
void check_second_order(const GradientCase& c) {
  const std::vector<bool> wanted = differentiable(c);
  const Tensors inputs = copies(c);
  GradientTape tape;
  Tensors sources;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!wanted[i]) continue;
    tape.watch(inputs[i]);
    sources.push_back(inputs[i]);
  }
  const Tensor first = weighed_gradient(c, inputs);
  if (!first.defined()) return;
  const Tensors second = tape.gradient(first, sources);
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0, at = 0; i < inputs.size(); ++i) {
    if (!wanted[i]) continue;
    const Tensor& gradient = second[at++];
    for (std::int64_t k = 0; k < inputs[i].size(); ++k) {
      const auto moved = [&](double change) {
        Tensors other = copies(c);
        other[i].raw_as<double>()[k] += change;
        return weighed_gradient(c, other).item<double>();
      };
      const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
      const double ours = gradient.defined() ? gradient.data<double>()[static_cast<std::size_t>(k)] : 0;
      EXPECT_NEAR(ours, expected, 5e-6 * std::max(1.0, std::abs(expected)))
          << c.op->name << " input " << i << " element " << k;
    }
  }
}

TEST(SecondOrder, GradientsOfEveryOpAgreeWithCentralDifferences) {
  for (const GradientCase& c : ops::all_cases()) check_second_order(c);
}

}  // namespace
}  // namespace namesake
