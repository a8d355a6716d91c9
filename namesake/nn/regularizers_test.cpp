// Penalties and constraints against numbers of keras.regularizers and keras.constraints, and how layers carry them.
#include "namesake/nn/regularizers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/nn/constraints.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using ::testing::FloatNear;

Tensor matrix() { return Tensor::of<float>({1, 2, 3, 0, 0, 0, -4, 5, -6}, {3, 3}); }
Tensor spread(const Tensor& w) { return max(w) - min(w); }
Tensor halved(const Tensor& w) { return w * 0.5; }

struct PenaltyCase {
  const char* what;
  Regularizer regularizer;
  float value;
  const char* json;
};

TEST(Regularizers, GiveKerassNumbersAndConfigs) {
  const PenaltyCase cases[] = {
      {"L1", "l1", 0.21F, R"({"module": "keras.regularizers", "class_name": "L1", "config": {"l1": 0.009999999776482582}, "registered_name": null})"},
      {"L2", L2{.l2 = 0.3}, 27.3F, R"({"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.3}, "registered_name": null})"},
      {"L1L2", L1L2{.l1 = 0.1, .l2 = 0.2}, 20.3F, R"({"module": "keras.regularizers", "class_name": "L1L2", "config": {"l1": 0.1, "l2": 0.2}, "registered_name": null})"},
      {"by the word", "l1_l2", 0, R"({"module": "keras.regularizers", "class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.0}, "registered_name": null})"},
      {"rows", OrthogonalRegularizer{.factor = 0.5}, 0.06091449F,
       R"({"module": "keras.regularizers", "class_name": "OrthogonalRegularizer", "config": {"factor": 0.5, "mode": "rows"}, "registered_name": null})"},
      {"columns", OrthogonalRegularizer{.factor = 0.5, .mode = "columns"}, 0.40853834F,
       R"({"module": "keras.regularizers", "class_name": "OrthogonalRegularizer", "config": {"factor": 0.5, "mode": "columns"}, "registered_name": null})"},
  };
  for (const PenaltyCase& c : cases) {
    EXPECT_NEAR(c.regularizer(matrix()).item<float>(), c.value, 2e-6 * std::max(1.0F, c.value)) << c.what;
    EXPECT_EQ(to_json(c.regularizer.serialize()), c.json) << c.what;
    EXPECT_EQ(Regularizer::deserialize(c.regularizer.serialize()), c.regularizer) << c.what;
  }
  EXPECT_TRUE(Regularizer().serialize().is_null());
  EXPECT_FALSE(Regularizer::deserialize({}));
}

TEST(Regularizers, RefuseWhatKerasRefuses) {
  EXPECT_THROW(Regularizer(L1{.l1 = -1}), InvalidArgument);
  EXPECT_THROW(Regularizer(L2{.l2 = INFINITY}), InvalidArgument);
  EXPECT_THROW(Regularizer(OrthogonalRegularizer{.mode = "both"}), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Regularizer("orthogonal_regularizer")(Tensor::of<float>({1, 2}, {2}))), ShapeMismatch);
  try {
    Regularizer("l2_");
    FAIL();
  } catch (const Unsupported& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean \"l2\"?"));
  }
}

TEST(Regularizers, AFunctionOfOnesOwnStandsInAConfigByItsName) {
  register_regularizer("spread", spread, "mine");
  register_regularizer("spread", spread, "mine");
  EXPECT_THROW(register_regularizer("spread", halved, "mine"), NameCollision);
  const Regularizer own = "spread";
  EXPECT_FLOAT_EQ(own(matrix()).item<float>(), 11);
  EXPECT_EQ(to_json(own.serialize()), R"({"module": "builtins", "class_name": "function", "config": "mine>spread", "registered_name": "function"})");
  EXPECT_EQ(Regularizer::deserialize(own.serialize()), own);
  EXPECT_THROW(Regularizer("mine>other"), Unsupported);
}

struct ConstraintCase {
  const char* what;
  Constraint constraint;
  std::vector<float> value;
  const char* json;
};

TEST(Constraints, GiveKerassNumbersAndConfigs) {
  const ConstraintCase cases[] = {
      {"MaxNorm", MaxNorm{.max_value = 3}, {0.7276069F, 1.1141721F, 1.3416407F, 0, 0, 0, -2.9104276F, 2.7854302F, -2.6832814F}, R"({"max_value": 3.0, "axis": 0})"},
      {"axis 1", MaxNorm{.axis = 1}, {0.5345225F, 1.069045F, 1.6035674F, 0, 0, 0, -0.9116846F, 1.1396058F, -1.367527F}, R"({"max_value": 2.0, "axis": 1})"},
      {"NonNeg", "non_neg", {1, 2, 3, 0, 0, 0, 0, 5, 0}, "{}"},
      {"both axes", UnitNorm{.axis = {0, 1}}, {0.1048285F, 0.209657F, 0.3144854F, 0, 0, 0, -0.4193139F, 0.5241424F, -0.6289709F}, R"({"axis": [0, 1]})"},
      {"MinMaxNorm", MinMaxNorm{.min_value = 1, .max_value = 2, .rate = 0.5}, {0.7425357F, 1.3713907F, 1.9472136F, 0, 0, 0, -2.9701426F, 3.4284768F, -3.8944273F},
       R"({"min_value": 1.0, "max_value": 2.0, "rate": 0.5, "axis": 0})"},
  };
  for (const ConstraintCase& c : cases) {
    EXPECT_THAT(c.constraint(matrix()).to_vector<float>(), Pointwise(FloatNear(2e-6F), c.value)) << c.what;
    EXPECT_EQ(to_json(c.constraint.config()), c.json) << c.what;
    EXPECT_EQ(Constraint::deserialize(c.constraint.serialize()), c.constraint) << c.what;
  }
}

TEST(Constraints, AFunctionOfOnesOwnStandsInAConfigByItsName) {
  register_constraint("halved", halved);
  const Constraint own = "halved";
  EXPECT_EQ(to_json(own.serialize()), R"({"module": "builtins", "class_name": "function", "config": "Custom>halved", "registered_name": "function"})");
  EXPECT_FLOAT_EQ(own(matrix()).data<float>()[8], -3);
  EXPECT_THROW(Constraint("no_such"), Unsupported);
}

TEST(Constraints, AWeightCarriesItsOwn) {
  const Dense dense({.units = 1, .kernel_initializer = Constant{-2}, .kernel_constraint = "non_neg"});
  dense.build({-1, 2});
  const Variable kernel = dense.weights()[0], bias = dense.weights()[1];
  EXPECT_TRUE(kernel.constraint());
  EXPECT_FALSE(bias.constraint());
  kernel.apply_constraint();
  bias.apply_constraint();
  EXPECT_THAT(kernel.value().to_vector<float>(), ElementsAre(0, 0));
}

TEST(LayerLosses, ArePenaltiesOfOutputsByRowThenOfWeights) {  // the numbers of Keras's own documentation
  const Dense dense({.units = 5, .kernel_initializer = "ones", .kernel_regularizer = L1{.l1 = 0.01}, .activity_regularizer = L2{.l2 = 0.01}});
  const Sequential model({dense});
  const std::vector<float> twos(25, 2.0F);
  const Tensor x = Tensor::of<float>(std::span<const float>(twos), {5, 5});
  static_cast<void>(model(x));
  static_cast<void>(model(x));  // forgets what the first call added
  const Tensors losses = model.losses();
  ASSERT_EQ(losses.size(), 2u);
  EXPECT_NEAR(losses[0].item<float>(), 5.0F, 1e-5);
  EXPECT_NEAR(losses[1].item<float>(), 0.25F, 1e-6);
  dense.set_trainable(false);
  EXPECT_EQ(model.losses().size(), 1u);
}

TEST(LayerLosses, HaveGradients) {
  const Dense dense({.units = 1, .kernel_initializer = Constant{3}, .kernel_regularizer = L2{.l2 = 0.5}});
  dense.build({-1, 2});
  GradientTape tape;
  const Tensor penalty = dense.losses().at(0);
  EXPECT_THAT(tape.gradient(penalty, dense.weights()[0]).to_vector<float>(), ElementsAre(3, 3));
}

TEST(LayerLosses, ASharedLayersPenaltyCountsOnce) {
  const Dense shared({.units = 2, .kernel_regularizer = "l2", .activity_regularizer = "l1"});
  const Sequential model({shared, shared});
  static_cast<void>(model(Tensor::of<float>({1, 2}, {1, 2})));
  EXPECT_EQ(model.losses().size(), 3u);  // two calls, one kernel
}

TEST(LayerLosses, AnActivityRegularizerOfAnyLayerStandsInItsConfig) {
  const Dense dense({.units = 2, .activity_regularizer = "l2", .name = "d"});
  const JsonValue config = dense.get_config();
  ASSERT_TRUE(config.has("activity_regularizer"));
  EXPECT_EQ(config.find("activity_regularizer")->find("class_name")->as_string(), "L2");
}

}  // namespace
}  // namespace namesake
