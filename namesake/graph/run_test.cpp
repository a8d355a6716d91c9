// Running graphs made by hand: values, variables in order, functions, symbolic inputs, and what is refused.
#include "namesake/graph/run.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/graph/builder_test_support.h"
#include "namesake/ops/records.h"

namespace namesake::graph {
namespace {

const Tensor kX = Tensor::of<float>({1, 2, 3, 4}, {2, 2});

// y = x @ kernel + bias
std::shared_ptr<const Graph> dense(const Variable& kernel, const Variable& bias) {
  Builder b;
  const Value x = b.input("x", {-1, 2});
  const Value product = b.op(ops::kMatMul, {x, b.read(kernel)}, ops::Attrs::of(false, false));
  return b.done("dense", {b.op(ops::kAddV2, {product, b.read(bias)})});
}

TEST(Run, ComputesWhatItsOpsSay) {
  const Variable kernel(Tensor::of<float>({1, 0, 0, 2}, {2, 2})), bias(Tensor::of<float>({10, 20}, {2}));
  const Runner runner(dense(kernel, bias));
  for (int again = 0; again < 2; ++again) EXPECT_EQ(runner({&kX, 1}).at(0).to_vector<float>(), (std::vector<float>{11, 24, 13, 28}));
  kernel.assign(Tensor::of<float>({0, 0, 0, 0}, {2, 2}));
  EXPECT_EQ(runner({&kX, 1}).at(0).to_vector<float>(), (std::vector<float>{10, 20, 10, 20}));
}

TEST(Run, GivesOneValueAsSeveralResultsAndInputsAsResults) {
  Builder b;
  const Value x = b.input("x", {2, 2});
  const Value twice = b.op(ops::kAddV2, {x, x});
  const Tensors results = run(*b.done("g", {twice, x, twice}), {&kX, 1});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].id(), results[2].id());
  EXPECT_EQ(results[1].id(), kX.id());
}

TEST(Run, RunsTheFunctionsThatItCalls) {
  const Variable kernel(Tensor::of<float>({1, 0, 0, 2}, {2, 2})), bias(Tensor::of<float>({10, 20}, {2}));
  Builder b;
  const Value x = b.input("x", {-1, 2});
  const auto layer = dense(kernel, bias);
  const auto outer = b.done("outer", {b.call(layer, {b.call(layer, {x})})});
  EXPECT_EQ(run(*outer, {&kX, 1}).at(0).to_vector<float>(), (std::vector<float>{21, 68, 23, 76}));
}

TEST(Run, ReadsAndAssignsInOrderAlsoWhatNoResultDependsOn) {
  const Variable count(Tensor(5.0f));
  Builder inner;
  inner.assign(count, inner.op(ops::kAddV2, {inner.read(count), inner.constant(Tensor(1.0f))}));
  const auto step = inner.done("step", {});
  Builder b;
  const Value before = b.read(count);
  b.call(step, {});
  const Value after = b.read(count);
  const Tensors results = run(*b.done("g", {before, after}), {});
  EXPECT_EQ(results[0].item<float>(), 5);
  EXPECT_EQ(results[1].item<float>(), 6);
  EXPECT_EQ(count.value().item<float>(), 6);
}

TEST(Run, GivesSymbolicResultsForSymbolicInputs) {
  const Variable kernel(Tensor::of<float>({1, 0, 0, 2}, {2, 2})), bias(Tensor::of<float>({10, 20}, {2}));
  const Tensor x = Tensor::symbolic(DType::kFloat32, {-1, 2}, nullptr);
  const Tensor y = run(*dense(kernel, bias), {&x, 1}).at(0);
  EXPECT_TRUE(y.is_symbolic());
  EXPECT_EQ(y.shape(), Shape({-1, 2}));
}

TEST(Run, DoesNotComputeWhatNothingNeeds) {
  Builder b;
  const Value x = b.input("x", {2, 2});
  b.op(ops::kMatMul, {x, b.constant(Tensor::of<float>({1}, {1, 1}))});  // would throw
  EXPECT_EQ(run(*b.done("g", {x}), {&kX, 1}).at(0).id(), kX.id());
}

TEST(Run, RefusesInputsThatTheGraphDoesNotTake) {
  const Variable kernel(Tensor::of<float>({1, 0, 0, 2}, {2, 2})), bias(Tensor::of<float>({10, 20}, {2}));
  const Runner runner(dense(kernel, bias));
  EXPECT_THROW(static_cast<void>(runner({})), InvalidArgument);
  const Tensor wide = Tensor::of<float>({1, 2, 3}, {1, 3}), ints = Tensor::of<std::int32_t>({1, 2}, {1, 2}), none;
  EXPECT_THROW(static_cast<void>(runner({&none, 1})), InvalidArgument);
  for (const Tensor& wrong : {wide, ints}) {
    try {
      static_cast<void>(runner({&wrong, 1}));
      FAIL() << to_string(wrong);
    } catch (const ShapeMismatch& error) {
      EXPECT_EQ(error.parts().expected, "float32 (None, 2)");
    }
  }
}

}  // namespace
}  // namespace namesake::graph
