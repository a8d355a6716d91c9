#include "namesake/nn/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"

namespace namesake::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> kTwo = {"out_a", "out_b"}, kOne = {"out"};

CompiledOutputs settle(const CompileOptions& options, const std::vector<std::string>& names = kTwo, RepeatedNames repeated = RepeatedNames::kRefuse) {
  return settle_outputs(options, names, "m", repeated);
}

// Recorded from Keras 3.15: names and order of model.evaluate(..) as a list.
TEST(SettleOutputs, GivesKerasNamesInKerasOrder) {
  const CompiledOutputs lists = settle({.loss = {"mse", "sparse_categorical_crossentropy"}, .metrics = {"mae", "accuracy"}});
  EXPECT_THAT(lists.loss_names, ElementsAre("out_a_loss", "out_b_loss"));
  EXPECT_THAT(lists.metric_names, ElementsAre("out_a_mae", "out_b_accuracy"));

  const CompiledOutputs named = settle({.loss = {{"out_b", "sparse_categorical_crossentropy"}, {"out_a", "mae"}},
                                        .loss_weights = {{"out_a", 0.5}, {"out_b", 2.0}},
                                        .metrics = {{"out_b", {"accuracy", metrics::SparseTopKCategoricalAccuracy({.k = 2})}}},
                                        .weighted_metrics = {{"out_a", "mae"}}});
  EXPECT_THAT(named.loss_names, ElementsAre("out_a_loss", "out_b_loss"));
  EXPECT_THAT(named.metric_names, ElementsAre("out_b_accuracy", "out_b_sparse_top_k_categorical_accuracy", "out_a_mae"));
  EXPECT_EQ(named.outputs[0].loss.word(), "mae");
  EXPECT_EQ(named.outputs[0].weight, 0.5);
  EXPECT_EQ(named.outputs[1].weight, 2.0);

  const CompiledOutputs both = settle({.loss = {"mse", "mse"},
                                       .metrics = {MetricList{"mae", "mse"}, "accuracy"},
                                       .weighted_metrics = {MetricList{}, MetricList{"accuracy", "acc"}}});
  EXPECT_THAT(both.metric_names, ElementsAre("out_a_mae", "out_a_mse", "out_b_accuracy", "out_b_weighted_accuracy", "out_b_acc"));
}

TEST(SettleOutputs, NamesNoOutputWhereThereIsOne) {
  const CompiledOutputs one = settle({.loss = "mse", .metrics = {"mae", "mse"}, .weighted_metrics = {"mae"}}, kOne);
  EXPECT_THAT(one.loss_names, IsEmpty());
  EXPECT_THAT(one.metric_names, ElementsAre("mae", "mse", "weighted_mae"));
  EXPECT_EQ(one.outputs[0].metrics.size(), 2u);
}

TEST(SettleOutputs, LeavesAnOutputWithoutALossOutOfTheLogs) {
  const CompiledOutputs settled = settle({.loss = {"mse", Loss()}});
  EXPECT_FALSE(settled.outputs[1].loss.defined());
  EXPECT_THAT(settled.loss_names, IsEmpty());  // one loss: it is the whole
}

TEST(SettleOutputs, RefusesWhatDoesNotGoWithTheOutputs) {
  struct Row {
    const char* what;
    CompileOptions options;
    const char* says;
  };
  const Row rows[] = {
      {"a list too short", {.loss = {Losses::Entry("mse")}}, "2 entries, for \"out_a\", \"out_b\""},
      {"a name too few", {.loss = {{"out_a", "mse"}}}, "says nothing of the output \"out_b\""},
      {"an unknown name", {.loss = "mse", .metrics = {{"out_c", "mae"}}}, "\"out_c\""},
      {"one list of metrics for two", {.loss = "mse", .metrics = {"mae"}}, "list of metrics"},
      {"one weight for two", {.loss = "mse", .loss_weights = 0.5}, "one loss weight"},
      {"an output twice", {.loss = {{"out_a", "mse"}, {"out_a", "mae"}}}, "twice"},
  };
  for (const Row& row : rows) {
    try {
      (void)settle(row.options);
      ADD_FAILURE() << row.what;
    } catch (const InvalidArgument& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.says)) << row.what;
    }
  }
  EXPECT_THROW((void)settle({.loss = std::initializer_list<Losses::Entry>{"mse", "mae"}}, kOne), InvalidArgument);  // Keras takes the first
}

TEST(SettleOutputs, FindsTwoNumbersOfOneNameThatKerasWouldLose) {
  EXPECT_THROW((void)settle({.loss = "mse", .metrics = {metrics::MeanAbsoluteError({.name = "e"}), metrics::MeanSquaredError({.name = "e"})}}, kOne), NameCollision);
  EXPECT_THROW((void)settle({.loss = "mse", .metrics = {metrics::MeanAbsoluteError({.name = "loss"})}}, kOne), InvalidName);
  // The loss of output "a_b" and the metric "b_loss" of output "a".
  EXPECT_THROW((void)settle({.loss = "mse", .metrics = {{"a", metrics::MeanAbsoluteError({.name = "b_loss"})}}}, {"a", "a_b"}), NameCollision);
  EXPECT_THROW((void)settle({.loss = "mse"}, {"o", "o"}), NameCollision);
  // What a file says is read with Keras's suffixes.
  EXPECT_THAT(settle({.loss = "mse", .metrics = {"mae", "mae"}}, kOne, RepeatedNames::kSuffix).metric_names, ElementsAre("mae", "mae_1"));
}

// As Keras 3.15 writes it.
TEST(CompileConfig, KeepsTheFormItWasGivenIn) {
  const char* const kNone = "null";
  struct Row {
    CompileOptions options;
    std::string loss, loss_weights, metrics, weighted;
  };
  const Row rows[] = {
      {{.optimizer = "sgd", .loss = "mse", .metrics = {"mae"}}, "\"mse\"", kNone, "[\"mae\"]", kNone},
      {{.optimizer = "sgd", .loss = {"mse", Loss()}, .loss_weights = {1.5, 2.0}, .metrics = {MetricList{"mae", "mse"}, "accuracy"}},
       "[\"mse\", null]", "[1.5, 2.0]", "[[\"mae\", \"mse\"], \"accuracy\"]", kNone},
      {{.optimizer = "sgd", .loss = {{"b", "mse"}, {"a", "mae"}}, .loss_weights = {{"a", 0.5}, {"b", 1.0}}, .metrics = {{"a", {"mae"}}}, .weighted_metrics = {{"b", "mse"}}},
       "{\"b\": \"mse\", \"a\": \"mae\"}", "{\"a\": 0.5, \"b\": 1.0}", "{\"a\": [\"mae\"]}", "{\"b\": \"mse\"}"},
  };
  for (const Row& row : rows) {
    const JsonValue config = compile_config(row.options);
    EXPECT_EQ(to_json(*config.find("loss")), row.loss);
    EXPECT_EQ(to_json(*config.find("loss_weights")), row.loss_weights);
    EXPECT_EQ(to_json(*config.find("metrics")), row.metrics);
    EXPECT_EQ(to_json(*config.find("weighted_metrics")), row.weighted);
    const auto again = compile_options(JsonView(config));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(compile_config(*again), config);
  }
}

}  // namespace
}  // namespace namesake::nn
