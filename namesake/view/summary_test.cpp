#include "namesake/view/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/nn/layers/activation.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/model_of.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
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

Model branches() {
  const Tensor i = Input({.shape = {5}, .name = "i"});
  const Model twins(i, {Dense({.units = 3, .name = "p"})(i), Dense({.units = 2, .name = "q"})(i)}, {.name = "twins"});
  const Tensor a = Input({.shape = {5}, .name = "a"}), b = Input({.shape = {5}, .name = "b"});
  const Dense shared({.units = 5, .activation = "relu", .name = "shared"});
  const Tensor both = Add({.name = "both"})(Tensors{shared(a), shared(b), shared(b)});
  const Sequential stack({Dense({.units = 5, .name = "s"}), Dropout({.rate = 0.5, .name = "d"})}, {.name = "stack"});
  const Tensors ends = twins(Tensors{stack(both)});
  const Dense frozen({.units = 4, .name = "frozen"});
  const Model model({a, b}, {frozen(Concatenate({.name = "together"})(ends)), ends[0]}, {.name = "branches"});
  frozen.set_trainable(false);
  return model;
}

TEST(Summary, OfAGraphThatBranchesSaysWhatLayersAreConnectedTo) {
  const Model model = branches();
  EXPECT_EQ(model.summary(), golden("branches"));
  EXPECT_EQ(summary(model, {.columns = 200}), golden("branches-200_columns"));
  EXPECT_EQ(summary(model, {.width = 60}), golden("branches-60"));
}

TEST(Summary, ShowsNestedModelsAndWhatIsTrainedIfAsked) {
  const Model model = branches();
  EXPECT_EQ(summary(model, {.expand_nested = true}), golden("branches-expanded"));
  EXPECT_EQ(summary(model, {.show_trainable = true}), golden("branches-trainable"));
  EXPECT_EQ(summary(model, {.columns = 200, .expand_nested = true, .show_trainable = true}), golden("branches-wide"));
  EXPECT_EQ(summary(model, {.width = 45, .show_trainable = true}), golden("branches-45_trainable"));
}

TEST(Summary, OfAGraphThatIsALineHasNoConnections) {
  const Tensor a = Input({.shape = {6}, .name = "a"});
  const Tensor hidden = Dense({.units = 4, .name = "hidden"})(a);
  const Model model(a, Dense({.units = 1, .name = "out"})(Dropout({.rate = 0.1, .name = "drop"})(hidden)), {.name = "line"});
  EXPECT_EQ(model.summary(), golden("line"));
  EXPECT_EQ(summary(model, {.columns = 200}), golden("line-200_columns"));
  EXPECT_EQ(summary(model, {.show_trainable = true}), golden("line-trainable"));
}

TEST(Summary, ShowsTheShapeOfASharedLayersLastCall) {
  const Tensor a = Input({.shape = {4, 3}, .name = "a"}), b = Input({.shape = {3}, .name = "b"});
  const Dense shared({.units = 2, .name = "shared"});
  EXPECT_EQ(Model({a, b}, {shared(a), shared(b)}, {.name = "one_more_call"}).summary(), golden("one_more_call"));
}

TEST(Summary, ShowsOutputsThatNothingUsesAndShapesOfOneAxis) {
  const Tensor x = Input({.shape = {3}, .name = "x"}), y = Input({.shape = {3}, .name = "y"});
  const Model pair({{"x", x}, {"y", y}}, {{"u", Dense({.units = 2, .name = "u"})(x)}, {"v", Dense({.units = 2, .name = "v"})(y)}}, {.name = "pair"});
  const Tensor a = Input({.shape = Shape::scalar(), .name = "a"}), b = Input({.shape = {-1, 3}, .name = "b"});
  const Tensor c = Input({.shape = {3}, .name = "c"}), e = Input({.shape = {3}, .name = "e"});
  const Tensors outputs = {Activation({.activation = "relu", .name = "ones"})(a), Dense({.units = 2, .name = "steps"})(b), pair(Tensors{c, e})[0]};
  EXPECT_EQ(Model({a, b, c, e}, outputs, {.name = "ends"}).summary(), golden("ends"));
}

TEST(Summary, HasARowForEachOp) {
  const Tensor i = Input({.shape = {4}, .name = "i"});
  const Model inner(i, Dense({.units = 3, .name = "last"})(tanh(i)), {.name = "inner"});
  const Tensor a = Input({.shape = {4}, .name = "a"}), b = Input({.shape = {4}, .name = "b"});
  const Tensor hidden = Dense({.units = 4, .name = "hidden"})(a) * 2.0 + b;
  const Tensor joined = concatenate({inner(hidden), relu(hidden), b});
  const Tensor frozen = Dense({.units = 2, .trainable = false, .name = "frozen"})(joined);
  const Model model({a, b}, {mean(frozen, 1, true), frozen}, {.name = "computing"});
  EXPECT_EQ(model.summary(), golden("computing"));
  EXPECT_EQ(summary(model, {.columns = 200, .expand_nested = true, .show_trainable = true}), golden("computing-expanded"));
}

class TwoTowersModel : public ModelBase {
 public:
  static constexpr std::string_view kClassName = "TwoTowers";
  struct Options { std::string name = ""; };
  explicit TwoTowersModel(const Options&)
      : zeta_(add_layer("zeta", Dense({.units = 3, .name = "zeta"}))),
        stack_(add_layer("stack", Sequential({Dense({.units = 2, .name = "inner"})}, {.name = "stack"}))) {}
  Tensor call(const Tensor& x, CallContext&) override { return stack_(zeta_(x)); }

 private:
  Dense zeta_;
  Sequential stack_;
};

TEST(Summary, IsWhatKerasPrintsOfAModelClass) {
  const ModelOf<TwoTowersModel> model({.name = "towers"});
  EXPECT_EQ(model.summary(), golden("towers-unbuilt"));
  model.build({-1, 4});
  EXPECT_EQ(summary(model, {.expand_nested = true}), golden("towers-expanded"));
}

TEST(Summary, RefusesAWidthWithoutRoom) {
  const Sequential model({Dense({.units = 4, .input_shape = {3}})});
  EXPECT_THROW((void)summary(model, {.width = 39}), InvalidArgument);
}

TEST(TextTable, CountsAndCutsCharactersNotBytes) {
  EXPECT_EQ(view::columns_of("na\xc3\xafve"), 5);
  view::TextTable table({{"name", 6}, {"n", 5, view::Align::kRight}}, true);
  table.add({"na\xc3\xafvet\xc3\xa9", "1"});
  EXPECT_THAT(table.text(), HasSubstr("| na\xc3\xaf~ |   1 |"));
}

}  // namespace
}  // namespace namesake
