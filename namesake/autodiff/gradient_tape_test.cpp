#include "namesake/autodiff/gradient_tape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

Tensor row(std::initializer_list<float> values) { return Tensor::of<float>(values, {static_cast<std::int64_t>(values.size())}); }

TEST(GradientTape, DerivesByAWatchedTensor) {
  const Tensor x = row({1, 2, 3});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = sum(multiply(x, x));
  EXPECT_EQ(tape.gradient(y, x).to_vector<float>(), (std::vector<float>{2, 4, 6}));
}

TEST(GradientTape, WatchesTrainableVariablesAsTheyAreRead) {
  const Variable w(row({2, 3}), {.name = "w"});
  const Variable frozen(row({5, 7}), {.name = "frozen", .trainable = false});
  GradientTape tape;
  const Tensor y = sum(multiply(w, frozen));
  const Gradients gradients = tape.gradient(y, std::vector<Variable>{w, frozen});
  EXPECT_EQ(gradients[0].to_vector<float>(), (std::vector<float>{5, 7}));
  EXPECT_FALSE(gradients[1].defined());
}

TEST(GradientTape, GivesNothingForWhatTheTargetDoesNotDependOn) {
  const Tensor x = row({1}), z = row({1});
  GradientTape tape;
  tape.watch(x);
  tape.watch(z);
  const Tensors gradients = tape.gradient(sum(multiply(x, x)), Tensors{x, z});
  EXPECT_TRUE(gradients[0].defined());
  EXPECT_FALSE(gradients[1].defined());
}

TEST(GradientTape, SumsOverSeveralUsesOfAValue) {
  const Variable w(Tensor(3.0F));
  GradientTape tape;
  const Tensor y = add(multiply(w, w), w);
  EXPECT_FLOAT_EQ(tape.gradient(y, w).item<float>(), 7);
}

TEST(GradientTape, SumsOverTheValuesThatAVariableHadMeanwhile) {
  const Variable w(Tensor(3.0F));
  GradientTape tape;
  const Tensor first = multiply(w, Tensor(2.0F));
  w.assign(Tensor(5.0F));
  const Tensor y = add(first, multiply(w, w));
  EXPECT_FLOAT_EQ(tape.gradient(y, w).item<float>(), 2 + 2 * 5);
}

TEST(GradientTape, MayBeAskedOnceUnlessPersistent) {
  const Variable w(Tensor(3.0F));
  GradientTape once;
  const Tensor y = multiply(w, w);
  EXPECT_FLOAT_EQ(once.gradient(y, w).item<float>(), 6);
  EXPECT_THROW((void)once.gradient(y, w), InvalidArgument);

  GradientTape often({.persistent = true});
  const Tensor z = multiply(multiply(w, w), w);
  EXPECT_FLOAT_EQ(often.gradient(z, w).item<float>(), 27);
  EXPECT_FLOAT_EQ(often.gradient(z, w).item<float>(), 27);
}

TEST(GradientTape, GivesGradientsOfGradients) {
  const Variable w(Tensor(3.0F));
  GradientTape outer;
  GradientTape inner;
  const Tensor y = multiply(multiply(w, w), w);  // w^3
  const Tensor first = inner.gradient(y, w);     // 3 w^2
  EXPECT_FLOAT_EQ(first.item<float>(), 27);
  EXPECT_FLOAT_EQ(outer.gradient(first, w).item<float>(), 18);  // 6 w
}

TEST(GradientTape, WeighsByAnOutputGradient) {
  const Tensor x = row({1, 2});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = multiply(x, x);
  const Tensors gradients = tape.gradient(y, Tensors{x}, row({10, 1}));
  EXPECT_EQ(gradients[0].to_vector<float>(), (std::vector<float>{20, 4}));
}

TEST(GradientTape, KeepsTheValueAnOpSawWhenTheVariableIsUpdatedInPlace) {
  const Variable w(row({1, 2}));
  GradientTape tape;
  const Tensor y = sum(multiply(w, w));
  w.update<float>()[0] = 100;  // the tape holds the old value: this must not reach it
  EXPECT_EQ(tape.gradient(y, w).to_vector<float>(), (std::vector<float>{2, 4}));
}

TEST(GradientTape, RecordsEachThreadForItself) {
  const Variable w(Tensor(2.0F));
  GradientTape tape;
  float other = 0;
  std::thread([&] {
    GradientTape mine;
    const Tensor y = multiply(w, Tensor(7.0F));
    other = mine.gradient(y, w).item<float>();
  }).join();
  const Tensor y = multiply(w, w);
  EXPECT_FLOAT_EQ(tape.gradient(y, w).item<float>(), 4);
  EXPECT_FLOAT_EQ(other, 7);
}

TEST(GradientTape, LetsNoGradientThroughAStop) {
  const Tensor x = row({2, 3});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = sum(stop_gradient(x * x) * x + floor_divide(x, Tensor(2.0F)));
  EXPECT_EQ(tape.gradient(y, x).to_vector<float>(), (std::vector<float>{4, 9}));
}

TEST(GradientTape, TakesPartsOfAListOfOutputs) {
  const Tensor x = row({1, 2, 3, 4, 5, 6});
  GradientTape tape;
  tape.watch(x);
  const Tensors parts = split(x, 6);
  EXPECT_EQ(tape.gradient(parts[1] * parts[1] + parts[4], x).to_vector<float>(), (std::vector<float>{0, 4, 0, 0, 1, 0}));
}

TEST(GradientTape, GivesHalvesToHalves) {
  const Tensor x = cast(row({1, 2}), DType::kFloat16);
  GradientTape tape;
  tape.watch(x);
  const Tensor gradient = tape.gradient(sum(exp(x) * x), x);
  EXPECT_EQ(gradient.dtype(), DType::kFloat16);
  EXPECT_NEAR(cast(gradient, DType::kFloat32).data<float>()[1], 3 * std::exp(2.0), 0.02);
}

TEST(Jacobian, HasTheTargetsAxesThenTheSources) {
  const Tensor x = row({1, 2, 3});
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor squares = x * x;
  const Tensor jacobian = tape.jacobian(squares, x);
  EXPECT_EQ(jacobian.shape(), (Shape{3, 3}));
  EXPECT_EQ(jacobian.to_vector<float>(), (std::vector<float>{2, 0, 0, 0, 4, 0, 0, 0, 6}));
  EXPECT_EQ(tape.jacobian(sum(squares), x).shape(), (Shape{3}));
  EXPECT_FALSE(tape.jacobian(squares, row({1})).defined());
  GradientTape once;
  const Variable w(row({1, 2}));
  const Tensor y = stack({w * w, w + w});
  EXPECT_EQ(once.jacobian(y, w).shape(), (Shape{2, 2, 2}));
  EXPECT_THROW((void)once.jacobian(y, w), InvalidArgument);
}

}  // namespace
}  // namespace namesake
