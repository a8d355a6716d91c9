#include "namesake/nn/functional.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/ops/checks.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"

namespace namesake {
namespace {

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Layer& layer : model.layers()) names.push_back(layer.name());
  return names;
}

TEST(Functional, SharesALayerThatIsCalledTwice) {
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {2}, .name = "b"});
  const Dense shared({.units = 3, .name = "shared"});
  const Model model({a, b}, {shared(a), shared(b)});
  EXPECT_EQ(model.weights().size(), 2u);
  EXPECT_EQ(names_of(model), (std::vector<std::string>{"a", "b", "shared"}));
  const Tensor x = Tensor::of<float>({1, 2}, {1, 2});
  const Tensors y = model(Tensors{x, x});
  EXPECT_EQ(y[0].to_vector<float>(), y[1].to_vector<float>());
  EXPECT_EQ(model.model().output_names(), (std::vector<std::string>{"shared", "shared_1"}));
}

TEST(Functional, NamesLayersThatWereLeftOutAfterTheExplicitOnes) {
  const Tensor a = Input({.shape = {2}, .name = "a"});
  const Tensor hidden = Dense({.units = 3})(a);
  const Model model(a, Dense({.units = 1, .name = "dense"})(hidden));
  EXPECT_EQ(names_of(model), (std::vector<std::string>{"a", "dense_1", "dense"}));
}

TEST(Functional, TakesOpsBetweenLayersAsSteps) {
  const Tensor a = Input({.shape = {2}, .name = "a"});
  const Model model(a, add(multiply(a, a), Tensor(1.0f)));
  EXPECT_EQ(model(Tensor::of<float>({2, 3}, {1, 2})).to_vector<float>(), (std::vector<float>{5, 10}));
  EXPECT_EQ(names_of(model), (std::vector<std::string>{"a"})) << "an op is no layer";
}

TEST(Functional, ChecksTheRangeOfWhatFlowsThroughIt) {
  const Tensor a = Input({.shape = {2}, .name = "a"});
  const Model model(a, check_in_range(a, 0, 1, "pixels") + 1.0);
  EXPECT_EQ(model(Tensor::of<float>({0, 1}, {1, 2})).to_vector<float>(), (std::vector<float>{1, 2}));
  EXPECT_THROW((void)model(Tensor::of<float>({0, 255}, {1, 2})), InvalidArgument);
}

TEST(Functional, RefusesAnOutputThatNeedsAnotherInput) {
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {2}, .name = "b"});
  EXPECT_THROW(Model(a, add(a, b)), InvalidArgument);
  EXPECT_THROW(Model(a, Tensor(1.0f)), InvalidArgument);
}

TEST(Functional, BeginsAtATensorInTheMiddle) {
  const Tensor a = Input({.shape = {2}, .name = "a"});
  const Tensor hidden = Dense({.units = 3, .name = "hidden"})(a);
  const Dense last({.units = 1, .name = "last"});
  const Model whole(a, last(hidden)), head(hidden, last(hidden));
  EXPECT_EQ(head.model().input_shape(), Shape({-1, 3}));
  EXPECT_EQ(head.weights().size(), 2u);
  EXPECT_EQ(head.weights()[0], whole.weights()[2]);
}

TEST(Functional, IsALayerOfAnotherModel) {
  const Tensor a = Input({.shape = {2}, .name = "a"});
  const Model inner(a, Dense({.units = 3, .name = "d"})(a), {.name = "inner"});
  const Tensor b = Input({.shape = {2}, .name = "b"});
  const Model outer(b, inner(b), {.name = "outer"});
  const auto weights = outer.named_weights();
  ASSERT_EQ(weights.size(), 2u);
  EXPECT_EQ(weights[0].path, "inner/d/kernel");
}

TEST(Functional, SortsInputsThatGoByNameAsKerasFlattensThem) {
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {3}, .name = "b"});
  const Model model({{"b", b}, {"a", a}}, concatenate({a, b}));
  EXPECT_EQ(model.model().input_names(), (std::vector<std::string>{"a", "b"}));
}

TEST(Functional, AddsOrTakesALastAxisOfOne) {
  const Tensor a = Input({.shape = {1}, .name = "a"});
  const Model model(a, multiply(a, Tensor(2.0f)));
  EXPECT_EQ(model(Tensor::of<float>({1, 2, 3}, {3})).shape(), Shape({3, 1}));
  EXPECT_THROW(static_cast<void>(model(Tensor::of<float>({1, 2}, {1, 2}))), ShapeMismatch);
}

TEST(Functional, GivesTheTensorsOfItsLayersToBuildOn) {
  const Tensor a = Input({.shape = {2}, .name = "a"});
  const Model base(a, Dense({.units = 1, .name = "head"})(Dense({.units = 3, .name = "body"})(a)));
  const Model tuned(base.inputs()[0], Dense({.units = 5, .name = "new_head"})(base.output_of("body")));
  EXPECT_EQ(names_of(tuned), (std::vector<std::string>{"a", "body", "new_head"}));
  EXPECT_EQ(tuned.weights()[0], base.weights()[0]);
  EXPECT_THROW(static_cast<void>(base.output_of("bodi")), InvalidArgument);
  EXPECT_THROW(static_cast<void>(base.output_of("body", 1)), InvalidArgument);
}

}  // namespace
}  // namespace namesake
