#include "namesake/view/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/sequential.h"
#include "namesake/view/text_table.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

/// What Keras printed for the model that tools/golden/summaries.py calls so.
std::string golden(const std::string& name) { return testing::read_text(std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/summaries/" + name + ".txt"); }

Sequential long_names() {
  const Sequential inner({Dense({.units = 3, .name = "inner"})}, {.name = "inner_model_with_a_long_name"});
  return Sequential({InputLayer({.shape = {300}}),
                     Dense({.units = 3000, .name = "a_very_long_name_of_a_layer_that_does_not_fit_in_the_column_at_all"}), inner},
                    {.name = "long_names"});
}

TEST(Summary, IsWhatKerasPrintsOfAModelWithLongNames) {
  const Sequential model = long_names();
  EXPECT_EQ(model.summary(), golden("long_names"));
  EXPECT_EQ(summary(model, {.width = 40}), golden("long_names_in_40_columns"));
  EXPECT_EQ(summary(model, {.width = 74}), golden("long_names_in_74_columns"));
}

TEST(Summary, IsWhatKerasPrintsOfAModelThatIsNotBuilt) {
  const Sequential model({Dense({.units = 3, .name = "dense"})}, {.name = "unbuilt"});
  EXPECT_EQ(model.summary(), golden("unbuilt"));
  EXPECT_EQ(Sequential({.name = "empty"}).summary(), golden("empty"));
}

TEST(Summary, CountsTheOptimizersStateOnceThereIsAny) {
  const Sequential model({Dense({.units = 4, .input_shape = {30}, .name = "kept"}), Dense({.units = 2, .name = "trained"})}, {.name = "frozen"});
  model.layers()[0].set_trainable(false);
  model.compile({.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9}), .loss = "mse"});
  EXPECT_EQ(model.summary().find("Optimizer"), std::string::npos);
  model.optimizer().build(model.trainable_variables());
  EXPECT_EQ(model.summary(), golden("frozen"));

  const Sequential fresh({Dense({.units = 4, .input_shape = {3}, .name = "only"})}, {.name = "compiled"});
  fresh.compile({.optimizer = "adam", .loss = "mse"});
  EXPECT_EQ(fresh.summary(), golden("compiled_and_not_trained"));
}

TEST(Summary, IsWhatKerasPrintsOfLayersWithoutWeights) {
  const Sequential model({InputLayer({.shape = {4, 3}}), Flatten({.name = "flat"}), Dropout({.rate = 0.2, .name = "drop"})},
                         {.name = "without_weights"});
  EXPECT_EQ(model.summary(), golden("without_weights"));
}

TEST(Summary, HasPlainLinesIfAsked) {
  const Sequential model({Dense({.units = 4, .input_shape = {3}, .name = "only"})}, {.name = "plain"});
  const std::string text = summary(model, {.width = 50, .ascii = true});
  EXPECT_THAT(text, Each(::testing::Truly([](char c) { return static_cast<unsigned char>(c) < 0x80; })));
  EXPECT_THAT(text, HasSubstr("| only (Dense)        | (None, 4)      |      16 |\n"));
}

TEST(Summary, RefusesAWidthWithoutRoom) {
  const Sequential model({Dense({.units = 4, .input_shape = {3}})});
  EXPECT_THROW((void)summary(model, {.width = 39}), InvalidArgument);
}

TEST(TextTable, CountsAndCutsCharactersNotBytes) {
  EXPECT_EQ(view::columns_of("na\xc3\xafve"), 5);
  view::TextTable table({{"name", 6, false}, {"n", 5, true}}, true);
  table.add({"na\xc3\xafvet\xc3\xa9", "1"});
  EXPECT_THAT(table.text(), HasSubstr("| na\xc3\xaf~ |   1 |"));
}

}  // namespace
}  // namespace namesake
