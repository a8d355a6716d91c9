// Functions with a gradient of their own, on tapes.
#include "namesake/ops/custom_gradient.h"

#include <gtest/gtest.h>

#include <cmath>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

CustomGradient log_one_plus_exp(const Tensor& x) {
  const Tensor e = exp(x);
  return {log1p(e), [e](const Tensor& g) { return g * (1 - 1 / (1 + e)); }};
}
/// Its gradient is ten times what it should be.
CustomGradient ten_times(const Tensor& x) {
  return {x * x, [x](const Tensor& g) { return g * x * 20; }};
}

TEST(CustomGradient, IsTakenInsteadOfTheFunctionsOwn) {
  const Tensor x(3.0F);
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor y = custom_gradient(ten_times, x);
  EXPECT_EQ(y.item<float>(), 9);
  EXPECT_EQ(tape.gradient(y, x).item<float>(), 60);
  const Tensor far(100.0F);
  tape.watch(far);
  EXPECT_EQ(tape.gradient(custom_gradient(log_one_plus_exp, far), far).item<float>(), 1);  // not NaN
}

TEST(CustomGradient, HasTheGradientOfItsBackwardFunction) {
  const Tensor x(0.5F);
  GradientTape outer, inner;
  outer.watch(x);
  inner.watch(x);
  const Tensor first = inner.gradient(custom_gradient(log_one_plus_exp, x), x);
  const double s = 1 / (1 + std::exp(-0.5));
  EXPECT_NEAR(first.item<double>(), s, 1e-6);
  EXPECT_NEAR(outer.gradient(first, x).item<double>(), s * (1 - s), 1e-6);
}

TEST(CustomGradient, MayNest) {
  const auto outside = [](const Tensor& x) -> CustomGradient {
    const Tensor y = custom_gradient(ten_times, x);
    return {y + 1, [x](const Tensor& g) {
              GradientTape tape;
              tape.watch(x);
              const Tensor inside = custom_gradient(ten_times, x);
              return g * tape.gradient(inside, x) / 2;
            }};
  };
  const Tensor x(3.0F);
  GradientTape tape;
  tape.watch(x);
  const Tensor y = custom_gradient(outside, x);
  EXPECT_EQ(y.item<float>(), 10);
  EXPECT_EQ(tape.gradient(y, x).item<float>(), 30);
}

TEST(CustomGradient, TakesAndGivesSeveralTensors) {
  const auto function = [](const Tensors& xs) -> CustomGradients {
    return {{xs[0] * xs[1], xs[0] + xs[1]}, [xs](const Tensors& g) {
              return Tensors{g[0] * xs[1] * 2 + g[1], Tensor()};
            }};
  };
  const Tensor a(2.0F), b(5.0F);
  GradientTape tape({.persistent = true});
  tape.watch(a);
  tape.watch(b);
  const Tensors y = custom_gradient(function, Tensors{a, b});
  EXPECT_EQ(tape.gradient(y[0], a).item<float>(), 10);
  EXPECT_EQ(tape.gradient(y[0] + y[1], a).item<float>(), 11);
  EXPECT_FALSE(tape.gradient(y[0], b).defined());
}

TEST(CustomGradient, RefusesGradientsThatDoNotFit) {
  const auto wrong = [](const Tensor& x) -> CustomGradient {
    return {x * 2, [](const Tensor&) { return zeros({7}); }};
  };
  const Tensor x = ones({3});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = custom_gradient(wrong, x);
  EXPECT_THROW((void)tape.gradient(y, x), ShapeMismatch);
  const auto nothing = [](const Tensor& t) -> CustomGradient { return {t, nullptr}; };
  EXPECT_THROW((void)custom_gradient(nothing, x), InvalidArgument);
}

TEST(CustomGradient, IsRunAgainForASymbolicTensor) {
  const Tensor open = Tensor::symbolic(DType::kFloat32, {-1, 3}, nullptr);
  const Tensor y = custom_gradient(ten_times, open);
  ASSERT_TRUE(y.is_symbolic());
  EXPECT_EQ(y.shape(), (Shape{-1, 3}));
  const auto& made = dynamic_cast<const ops::OpProducer&>(*y.producer());
  Tensors inputs = made.inputs();
  inputs[1] = ones({2, 3});
  GradientTape tape;
  tape.watch(inputs[1]);
  const Tensor value = ops::apply_list(made.op(), inputs, made.attrs())[0];
  EXPECT_EQ(value.shape(), (Shape{2, 3}));
  EXPECT_EQ(tape.gradient(value, inputs[1]).data<float>()[0], 20);
}

}  // namespace
}  // namespace namesake
