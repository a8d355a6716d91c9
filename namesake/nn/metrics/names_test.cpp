#include "namesake/nn/metrics/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/nn/metrics.h"

namespace namesake {
namespace {

using nn::MetricPlace;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> keys(const std::vector<MetricPlace>& metrics, const std::vector<std::string>& taken = {"loss"}) {
  return nn::metric_keys(metrics, taken, Site::current());
}

TEST(MetricNames, AreNumberedAsKerasDoes) {
  // What the history of Keras 3.15.1 has for these.
  EXPECT_THAT(keys({{"accuracy"}, {"acc"}, {"accuracy"}, {metrics::BinaryAccuracy()}, {metrics::BinaryAccuracy()}}),
              ElementsAre("accuracy", "acc", "accuracy_1", "binary_accuracy", "binary_accuracy_1"));
  EXPECT_THAT(keys({{"accuracy"}, {"accuracy", "", true}, {"accuracy", "", true}, {"mse", "", true}}),
              ElementsAre("accuracy", "weighted_accuracy", "weighted_accuracy_1", "mse"));
  EXPECT_THAT(keys({{"accuracy", "a"}, {"accuracy", "b"}, {"accuracy", "a", true}}), ElementsAre("a_accuracy", "b_accuracy", "a_weighted_accuracy"));
}

TEST(MetricNames, YieldToTheNamesThatWereGiven) {
  EXPECT_THAT(keys({{metrics::Precision()}, {metrics::Precision()}, {metrics::Recall({.name = "precision"})}, {metrics::AUC({.name = "precision_2"})}}),
              ElementsAre("precision_1", "precision_3", "precision", "precision_2"));
}

TEST(MetricNames, NeverBecomeAKeyOfTheValidationData) {
  // Output "val_a" has the metric "mse", and so has output "a" for the validation data.
  EXPECT_THAT(keys({{"mse", "a"}, {"mse", "val_a"}}), ElementsAre("a_mse", "val_a_mse_1"));
  EXPECT_THROW((void)keys({{metrics::Mean({.name = "m"}), "a"}, {metrics::Mean({.name = "m"}), "val_a"}}), NameCollision);
  EXPECT_THROW((void)keys({{metrics::Mean({.name = "val_m"})}}), InvalidName);
}

TEST(MetricNames, OfTwoGivenOnesThatAreEqualTheErrorShowsBothPlaces) {
  const metrics::Precision first({.name = "p"});
  const metrics::Recall second({.name = "p"});
  try {
    (void)keys({{first}, {second}});
    ADD_FAILURE() << "two metrics are called p";
  } catch (const NameCollision& collision) {
    ASSERT_EQ(collision.places().size(), 2U) << collision.what();
    EXPECT_EQ(collision.places()[0].site.line, first.site().line);
    EXPECT_EQ(collision.places()[1].site.line, second.site().line);
    EXPECT_NE(first.site().line, second.site().line);
    EXPECT_THAT(collision.what(), HasSubstr("Precision"));
    EXPECT_THAT(collision.what(), HasSubstr("Recall"));
    EXPECT_THAT(collision.fix(), HasSubstr("\"p_1\""));
  }
  EXPECT_THROW((void)keys({{first}, {second, "", true}}), NameCollision);
  EXPECT_THAT(keys({{first, "a"}, {second, "b"}}), ElementsAre("a_p", "b_p"));
  EXPECT_THROW((void)keys({{metrics::Mean({.name = "b_c"}), "a"}, {metrics::Mean({.name = "c"}), "a_b"}}), NameCollision);
}

TEST(MetricNames, NeverTakeTheKeyOfALoss) {
  EXPECT_THROW((void)keys({{metrics::Mean({.name = "loss"})}}), InvalidName);
  EXPECT_THROW((void)keys({{metrics::Mean({.name = "b_loss"}), "a"}}, {"loss", "a_b_loss"}), NameCollision);
  const JsonValue saved = metrics::Mean({.name = "loss"}).serialize();  // as Keras lets it be
  EXPECT_THAT(keys({{Metric::deserialize(saved)}, {Metric::deserialize(saved)}}), ElementsAre("loss_1", "loss_2"));
}

}  // namespace
}  // namespace namesake
