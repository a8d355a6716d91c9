// The classes of name collisions that functional models make possible, tried with this library: what Keras does with each is quoted.
// Each is refused where it is made, or comes out right: saved, loaded, and computed again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/sequential.h"
#include "namesake/saving/load_model.h"
#include "tests/support/names.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::collision_of;
using testing::paths;

std::vector<std::string> names(const Layer& model) {
  std::vector<std::string> all;
  for (const Layer& layer : model.layers()) all.push_back(layer.name());
  return all;
}

class FunctionalNames : public ::testing::Test {
 protected:
  void SetUp() override { reset_names(); }

  std::filesystem::path file() const {
    return std::filesystem::path(::testing::TempDir()) / (std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + ".keras");
  }
  Model saved_and_loaded(const Model& model) const {
    model.save(file());
    return load_model(file());
  }
  std::string saved_config() const { return to_json(formats::read_keras_archive(file().string()).config); }
  void TearDown() override { std::filesystem::remove(file()); }
};

Tensor input(std::int64_t size, std::string name) { return Input({.shape = {size}, .name = std::move(name)}); }

Tensor row() { return Tensor::of<float>({1, -2, 3, 0.5f}, {1, 4}); }

// The same outputs, of models with as many inputs of 4 columns.
void expect_same(const Model& loaded, const Model& model) {
  const Tensors x(model.model().inputs().size(), row());
  const Tensors a = loaded(x), b = model(x);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].to_vector<float>(), b[i].to_vector<float>());
}

TEST_F(FunctionalNames, L1_ALayerThatIsCalledTwiceIsSavedOnceAndComesBackShared) {
  const Tensor a = input(4, "a"), b = input(4, "b");
  const Dense shared({.units = 4, .name = "shared"});
  const Model model({a, b}, {shared(a), shared(shared(b))}, {.name = "m"});
  EXPECT_THAT(paths(model), ElementsAre("shared/kernel", "shared/bias"));
  const Model loaded = saved_and_loaded(model);
  EXPECT_THAT(paths(loaded), ElementsAre("shared/kernel", "shared/bias"));
  EXPECT_EQ(formats::read_keras_archive(file().string()).weights.size(), 2u);
  expect_same(loaded, model);
  loaded.set_weights(std::vector<Tensor>{Tensor::of<float>(std::vector<float>(16, 0.5f), {4, 4}), Tensor::of<float>({0, 0, 0, 0}, {4})});
  EXPECT_EQ(loaded(Tensors{row(), row()})[1].to_vector<float>(), std::vector<float>(4, 2.5f)) << "both calls have the new numbers";
}

TEST_F(FunctionalNames, L1_TwoNetsUnderOneWrapperAreTwoPaths) {  // "Unable to create dataset (name already exists)"
  const auto net = [](const char* name) {
    const Tensor x = input(4, "x");
    return Model(x, Dense({.units = 4, .name = "out"})(x), {.name = name});
  };
  const Tensor a = input(4, "a"), b = input(4, "b");
  const Model wrapper(a, Concatenate({.name = "both"})(Tensors{net("n1")(a), net("n2")(a)}), {.name = "w"});
  const Model model(b, wrapper(b), {.name = "m"});
  const Model loaded = saved_and_loaded(model);
  EXPECT_THAT(paths(loaded), ElementsAre("w/n1/out/kernel", "w/n1/out/bias", "w/n2/out/kernel", "w/n2/out/bias"));
  expect_same(loaded, model);
}

TEST_F(FunctionalNames, L3_TwoLayersOfAGraphHaveOneName) {  // "The name "a" is used 2 times in the model. All operation names should be unique."
  const Tensor x = input(4, "x");
  const Tensor y = Dense({.units = 4, .name = "a"})(Dense({.units = 4, .name = "a"})(x));
  EXPECT_EQ(collision_of([&] { Model(x, y); }).subject(), "a");
  const Tensor a = input(4, "a");
  EXPECT_EQ(collision_of([&] { Model(a, Dense({.units = 4, .name = "a"})(a)); }).subject(), "a") << "an input is a layer too";
}

TEST_F(FunctionalNames, L3_TwoModelsOfOneNameAreNestedInAThird) {
  const auto net = [] {
    const Tensor x = input(4, "x");
    return Model(x, Dense({.units = 4, .name = "out"})(x), {.name = "net"});
  };
  const Model first = net(), second = net();
  const Tensor a = input(4, "a");
  const Tensor y = second(first(a));
  EXPECT_EQ(collision_of([&] { Model(a, y); }).subject(), "net");
  second.set_name("net_2");
  const Model both(a, y, {.name = "both"});
  const Model loaded = saved_and_loaded(both);
  EXPECT_THAT(paths(loaded), ElementsAre("net/out/kernel", "net/out/bias", "net_2/out/kernel", "net_2/out/bias"));
  expect_same(loaded, both);
}

TEST_F(FunctionalNames, L4_S1_ARenameOntoATakenNameIsRefused) {  // Keras saves it, and then: "Invalid Functional model configuration."
  const Tensor x = input(4, "x");
  const Dense first({.units = 4, .name = "first"}), second({.units = 4, .name = "second"});
  const Model model(x, second(first(x)), {.name = "m"});
  collision_of([&] { second.set_name("first"); });
  collision_of([&] { second.set_name("x"); });
  EXPECT_THAT(names(model), ElementsAre("x", "first", "second"));
}

TEST_F(FunctionalNames, L4_ARenameIsFollowedEverywhere) {  // Keras 2: KeyError: 'renamed_layer_ib-0'
  const Tensor x = input(4, "old_input");
  const Dense shared({.units = 4, .name = "old_shared"}), last({.units = 2, .name = "old_output"});
  const Model model(x, {last(shared(shared(x))), shared(x)}, {.name = "m"});
  model.get_layer("old_input").set_name("pixels");
  shared.set_name("body");
  last.set_name("probs");
  EXPECT_THAT(model.model().input_names(), ElementsAre("pixels"));
  EXPECT_THAT(model.model().output_names(), ElementsAre("probs", "body"));
  const Model loaded = saved_and_loaded(model);
  EXPECT_THAT(saved_config(), Not(HasSubstr("old_"))) << "inbound nodes, inputs and outputs say the new names";
  EXPECT_THAT(names(loaded), ElementsAre("pixels", "body", "probs"));
  EXPECT_THAT(loaded.model().output_names(), ElementsAre("probs", "body"));
  expect_same(loaded, model);
  loaded.get_layer("body").set_name("trunk");
  EXPECT_THAT(names(saved_and_loaded(loaded)), ElementsAre("pixels", "trunk", "probs"));
}

TEST_F(FunctionalNames, L5_ATakenNameIsRefusedInANestedSequentialToo) {
  const Dense a({.units = 4, .name = "a"}), b({.units = 4, .name = "b"});
  const Sequential inner({a, b}, {.name = "inner"});
  const Tensor x = input(4, "x");
  const Model model(x, inner(x), {.name = "m"});
  collision_of([&] { b.set_name("a"); });
  b.set_name("x");  // of another level: the outer model's input is no sibling
  EXPECT_THAT(paths(saved_and_loaded(model)), ElementsAre("inner/a/kernel", "inner/a/bias", "inner/x/kernel", "inner/x/bias"));
}

TEST_F(FunctionalNames, L9_PathsThatMeetThroughNestingAreRefused) {  // "The following variable path is found twice in the model"
  const auto scoped = [] { const NameScope scope("a"); return Dense({.units = 4, .name = "b"}); };
  const Tensor i = input(4, "i");
  const Model inner(i, Dense({.units = 4, .name = "b"})(i), {.name = "a"});
  const Tensor x = input(4, "x");
  const Tensor y = scoped()(inner(x));
  EXPECT_THAT(collision_of([&] { Model(x, y, {.name = "m"}); }).what(), HasSubstr("a/b"));
}

TEST_F(FunctionalNames, S2_LayersOfOneShapeThatWereMadeInAnotherOrderKeepTheirNumbers) {  // Keras loads by position, whatever the names
  const Tensor x = input(4, "x");
  const Dense b({.units = 4, .name = "b"}), a({.units = 4, .name = "a"});
  const Tensor from_b = b(x), from_a = a(x);
  const Model one(x, {from_a, from_b}, {.name = "one"}), other(x, {from_b, from_a}, {.name = "other"});
  EXPECT_THAT(names(one), ElementsAre("x", "a", "b"));
  EXPECT_THAT(names(other), ElementsAre("x", "b", "a"));
  for (const Model& model : {one, other}) {
    const Model loaded = saved_and_loaded(model);
    EXPECT_EQ(paths(loaded), paths(model));
    expect_same(loaded, model);
  }
}

TEST_F(FunctionalNames, S2_NamesThatAreExchangedTakeTheirNumbersAlong) {
  const Tensor x = input(4, "x");
  const Model model(x, {Dense({.units = 4, .name = "a"})(x), Dense({.units = 4, .name = "b"})(x)}, {.name = "m"});
  model.save(file());
  Model twin = load_model(file());
  twin.get_layer("a").set_name("c");
  twin.get_layer("b").set_name("a");
  twin.get_layer("c").set_name("b");
  expect_same(twin, model);
  EXPECT_THAT(paths(saved_and_loaded(twin)), ElementsAre("b/kernel", "b/bias", "a/kernel", "a/bias")) << "names go with their numbers";
}

TEST_F(FunctionalNames, S3_TensorsByNameDoNotDependOnTheOrderTheyAreGivenIn) {  // "dict container: keys ignored"
  const Tensor p = input(4, "p"), q = input(4, "q");
  const Tensor left = Dense({.units = 4, .name = "left"})(p), right = Dense({.units = 4, .name = "right"})(q);
  const Model one({{"p", p}, {"q", q}}, {{"l", left}, {"r", right}}, {.name = "one"});
  const Model other({{"q", q}, {"p", p}}, {{"r", right}, {"l", left}}, {.name = "other"});
  EXPECT_EQ(paths(one), paths(other));
  EXPECT_EQ(one.model().output_names(), other.model().output_names());
  const Model loaded = saved_and_loaded(other);
  EXPECT_THAT(loaded.model().input_names(), ElementsAre("p", "q"));
  EXPECT_THAT(loaded.model().output_names(), ElementsAre("l", "r"));
  expect_same(loaded, one);
}

TEST_F(FunctionalNames, S7_AFrozenLayerInANestedModelKeepsItsPlace) {  // Keras's .h5 puts p's numbers into q
  const Tensor i = input(4, "i");
  const Dense p({.units = 4, .name = "p"}), q({.units = 4, .name = "q"});
  const Model inner(i, q(p(i)), {.name = "inner"});
  const Tensor x = input(4, "x");
  const Model model(x, Dense({.units = 2, .name = "head"})(inner(x)), {.name = "m"});
  const std::vector<std::string> before = paths(model);
  p.set_trainable(false);
  EXPECT_EQ(paths(model), before);
  const Model loaded = saved_and_loaded(model);
  EXPECT_EQ(paths(loaded), before);
  EXPECT_EQ(loaded.trainable_variables().size(), 4u);
  expect_same(loaded, model);
}

TEST_F(FunctionalNames, S14_TwoOutputsOfOneLayerHaveTwoNames) {  // Keras 3: output_names == ['o', 'o'], and one of two losses is lost
  const Tensor a = input(4, "a"), b = input(4, "b"), c = input(4, "c");
  const Dense o({.units = 2, .name = "o"}), taken({.units = 2, .name = "o_1"});
  const Model model({a, b, c}, {o(a), o(b), taken(c)}, {.name = "m"});
  const std::vector<std::string> given = model.model().output_names();
  EXPECT_EQ(std::set<std::string>(given.begin(), given.end()).size(), 3u) << "a number that is another layer's name is no way out";
  EXPECT_EQ(given[2], "o_1") << "a layer's own name goes first";
  EXPECT_EQ(saved_and_loaded(model).model().output_names(), given);
}

TEST_F(FunctionalNames, AnAutomaticNameGivesWayToAnExplicitOne) {  // Keras counts at construction, and fails: dense_1 twice
  const Tensor x = input(4, "x");
  const Tensor hidden = Dense({.units = 4})(Dense({.units = 4})(x));
  const Model model(x, Dense({.units = 4, .name = "dense_1"})(hidden), {.name = "m"});
  EXPECT_THAT(names(model), ElementsAre("x", "dense", "dense_2", "dense_1"));
  const Model loaded = saved_and_loaded(model);
  EXPECT_EQ(paths(loaded), paths(model));
  expect_same(loaded, model);
}

TEST_F(FunctionalNames, ALayerThatAnInnerAndAnOuterModelShareIsSavedOnceAndComesBackShared) {
  const Dense shared({.units = 4, .name = "shared"});
  const Tensor i = input(4, "i");
  const Model inner(i, shared(i), {.name = "inner"});
  const Tensor x = input(4, "x");
  const Model model(x, shared(inner(x)), {.name = "m"});
  EXPECT_EQ(model.weights().size(), 2u);
  EXPECT_THAT(model.save(file()).notes, ElementsAre(HasSubstr("\"shared\"")));
  EXPECT_EQ(formats::read_keras_archive(file().string()).weights.size(), 2u) << "saved once";
  const Model loaded = load_model(file());
  EXPECT_EQ(loaded.weights().size(), 2u) << "one layer, in both models";
  EXPECT_EQ(loaded.get_layer("shared"), loaded.get_layer("inner").get_layer("shared"));
  expect_same(loaded, model);
}

TEST_F(FunctionalNames, ANestedModelThatIsCalledTwiceIsSavedOnce) {
  const Tensor i = input(4, "i");
  const Model tower(i, Dense({.units = 4, .name = "d"})(i), {.name = "tower"});
  const Tensor a = input(4, "a"), b = input(4, "b");
  const Model twins({a, b}, {tower(a), tower(b)}, {.name = "twins"});
  EXPECT_THAT(twins.model().output_names(), ElementsAre("tower", "tower_1"));
  const Model loaded = saved_and_loaded(twins);
  EXPECT_THAT(paths(loaded), ElementsAre("tower/d/kernel", "tower/d/bias"));
  expect_same(loaded, twins);
}

}  // namespace
}  // namespace namesake
