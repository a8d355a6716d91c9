// The classes of collisions among metrics and logs that Keras users meet, tried with this library: a number of the logs that
// another one overwrites, and names that drift from model to model. Each is refused where it is made, or comes out right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/metrics.h"
#include "namesake/nn/sequential.h"

namespace namesake {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class MetricCollisions : public testing::Test {
 protected:
  void SetUp() override { reset_names(); }
};

const Tensor kX = Tensor::of<float>({0, 1, 2, 3, 4, 5, 6, 7}, {4, 2}), kY = Tensor::of<float>({0, 1, 1, 0}, {4, 1});

Sequential small_model() { return Sequential({Dense({.units = 1, .activation = "sigmoid", .input_shape = {2}})}); }

std::vector<std::string> history_of(const Model& model) {
  const History history = model.fit(kX, kY, {.epochs = 1, .verbose = Verbose::kSilent});
  std::vector<std::string> keys;
  for (const auto& [key, value] : history.epochs.at(0)) keys.push_back(key);
  return keys;
}

TEST_F(MetricCollisions, S13_AMetricIsNamedLikeTheLoss) {  // Keras's history has one "loss" then
  for (const char* name : {"loss", "val_loss", "epoch"}) {
    try {
      small_model().compile({.optimizer = "sgd", .loss = "mse", .metrics = {metrics::MeanAbsoluteError({.name = name})}});
      ADD_FAILURE() << name << " was taken";
    } catch (const InvalidName& error) {
      EXPECT_EQ(error.subject(), name);
      ASSERT_FALSE(error.places().empty()) << error.what();
      EXPECT_THAT(std::string(error.places()[0].site.file), HasSubstr("metric_names_test"));
    }
  }
}

TEST_F(MetricCollisions, S13_AMetricOfAnOutputIsNamedLikeAnotherOutputsLoss) {
  const Tensor x = Input({.shape = {2}});
  const Model model(x, {Dense({.units = 1, .name = "a"})(x), Dense({.units = 1, .name = "a_b"})(x)});
  EXPECT_THROW(model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {{"a", metrics::MeanSquaredError({.name = "b_loss"})}}}), NameCollision);
}

TEST_F(MetricCollisions, S14_OneLayerGivesTwoOutputs) {  // Keras's history has one "o_loss" for the two
  const Dense shared({.units = 1, .name = "o"});
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {2}, .name = "b"});
  const Model model({a, b}, {shared(a), shared(b)});
  model.compile({.optimizer = "sgd", .loss = {"mse", "mae"}, .metrics = {"mae", "mse"}});
  const History history = model.fit({kX, kX}, {kY, kY}, {.epochs = 1, .verbose = Verbose::kSilent});
  std::vector<std::string> keys;
  for (const auto& [key, value] : history.epochs.at(0)) keys.push_back(key);
  EXPECT_THAT(keys, UnorderedElementsAre("loss", "o_loss", "o_mae", "o_1_loss", "o_1_mse"));
}

TEST_F(MetricCollisions, S15_NamesDoNotDriftFromModelToModel) {  // Keras: auc, then auc_1: callbacks watch a name that is not there
  for (int i = 0; i < 3; ++i) {
    const Sequential model = small_model();
    model.compile({.optimizer = "sgd", .loss = "binary_crossentropy", .metrics = {metrics::AUC(), metrics::Precision(), metrics::Precision({.thresholds = 0.7})}});
    EXPECT_THAT(history_of(model), UnorderedElementsAre("loss", "auc", "precision", "precision_1")) << "model " << i;
  }
}

TEST_F(MetricCollisions, S15_ALeftOutNameYieldsToOneThatWasGiven) {
  const Sequential model = small_model();
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {metrics::AUC(), metrics::Recall({.name = "auc"})}});
  EXPECT_THAT(history_of(model), UnorderedElementsAre("loss", "auc", "auc_1"));
}

TEST_F(MetricCollisions, L15_TwoMetricsHaveOneName) {  // "Found two metrics with the same name: x"
  const metrics::MeanAbsoluteError first({.name = "x"});
  const metrics::MeanSquaredError second({.name = "x"});
  try {
    small_model().compile({.optimizer = "sgd", .loss = "mse", .metrics = {first, second}});
    ADD_FAILURE() << "two metrics are called x";
  } catch (const NameCollision& collision) {
    EXPECT_EQ(collision.subject(), "x");
    ASSERT_EQ(collision.places().size(), 2U);
    EXPECT_EQ(collision.places()[0].site.line, first.site().line);
    EXPECT_EQ(collision.places()[1].site.line, second.site().line);
    EXPECT_THAT(collision.fix(), HasSubstr("x_1"));
  }
  EXPECT_THROW(small_model().compile({.optimizer = "sgd", .loss = "mse", .metrics = {first}, .weighted_metrics = {second}}), NameCollision);
}

TEST_F(MetricCollisions, L15_OneWordTwiceIsNumberedAsInKeras) {
  const Sequential model = small_model();
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"accuracy", "accuracy"}, .weighted_metrics = {"accuracy"}});
  EXPECT_THAT(history_of(model), UnorderedElementsAre("loss", "accuracy", "accuracy_1", "weighted_accuracy"));
}

}  // namespace
}  // namespace namesake
