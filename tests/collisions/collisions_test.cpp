// The classes of name collisions that TensorFlow and Keras users meet (their usual messages are quoted), tried with this
// library. Each is refused where it is made, or comes out right. All of them end in a save, a load, or both, if they get so far.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "namesake/base/error.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/sequential.h"
#include "namesake/saving/load_model.h"
#include "tests/support/names.h"

namespace namesake {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::collision_of;
using testing::paths;

Model saved_and_loaded(const Model& model) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "collisions_test.keras";
  model.save(file);
  Model loaded = load_model(file);
  std::filesystem::remove(file);
  return loaded;
}

class Collisions : public ::testing::Test {
 protected:
  void SetUp() override { reset_names(); }
};

class TwoWeightsBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "TwoWeights";
  struct Options { std::string name = ""; };
  explicit TwoWeightsBody(const Options&) {}
  void build(const Shape&) override {
    add_weight({.name = "w", .shape = {1}});
    add_weight({.name = "w", .shape = {1}});
  }
  Tensor call(const Tensor& x, CallContext&) override { return x; }
};

class TwoLayersBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "TwoLayers";
  struct Options { std::string first = "a", second = "a", name = ""; };
  explicit TwoLayersBody(const Options& o)
      : first_(add_layer("first", Dense({.units = 4, .name = o.first}))), second_(add_layer("second", Dense({.units = 4, .name = o.second}))) {}
  Tensor call(const Tensor& x, CallContext&) override { return second_(first_(x)); }

 private:
  Dense first_, second_;
};

class Dense_1Body : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Dense_1";
  struct Options { std::string name = ""; };
  explicit Dense_1Body(const Options&) {}
};

TEST_F(Collisions, L1_TwoWeightsOfALayerHaveOneName) {  // "Unable to create dataset (name already exists)"
  const Sequential model({LayerOf<TwoWeightsBody>({.name = "l"})});
  const NameCollision collision = collision_of([&] { model.build({-1, 1}); });
  EXPECT_THAT(collision.what(), HasSubstr("two weights"));
  EXPECT_NE(collision.places()[0].site.line, collision.places()[1].site.line);
}

TEST_F(Collisions, L1_TwinsUnderOneWrapperAreTwoPaths) {  // the same message, for two nets under one wrapper
  const auto net = [](const char* name) { return Sequential({Dense({.units = 2, .name = "out"})}, {.name = name}); };
  const Sequential wrapper({net("n1"), net("n2")}, {.name = "w"});
  const Sequential model({wrapper}, {.name = "m"});
  model.build({-1, 2});
  EXPECT_THAT(paths(saved_and_loaded(model)),
              ElementsAre("w/n1/out/kernel", "w/n1/out/bias", "w/n2/out/kernel", "w/n2/out/bias"));
}

TEST_F(Collisions, L2_ALayersNameIsAScopeOfAnother) {  // "Unable to create group (name already exists)": foo beside foo/bar
  const auto bar = [] { const NameScope scope("foo"); return Dense({.units = 2, .name = "bar"}); };
  const Sequential model({Dense({.units = 2, .name = "foo"}), bar()}, {.name = "m"});
  model.build({-1, 2});
  EXPECT_THAT(paths(saved_and_loaded(model)), ElementsAre("foo/kernel", "foo/bias", "foo/bar/kernel", "foo/bar/bias"));
}

TEST_F(Collisions, L2_TwoSublayersHaveOneName) {
  using TwoLayers = LayerOf<TwoLayersBody>;
  EXPECT_THAT(collision_of([] { TwoLayers({.name = "m"}); }).what(), HasSubstr("\"a\""));
  EXPECT_NO_THROW(TwoLayers({.second = "b", .name = "m2"}));
}

TEST_F(Collisions, L2_AClassIsNamedLikeTheSecondOfAnother) {  // Dense, Dense and a class Dense_1: "dense_1" twice in the file
  using Dense_1 = LayerOf<Dense_1Body>;
  try {
    Dense_1({.name = "d"});
    FAIL();
  } catch (const InvalidName& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("Dense_1"), HasSubstr("dense_1")));
  }
}

TEST_F(Collisions, L3_L5_TwoLayersOfAModelHaveOneName) {  // "All layers added to a Sequential model should have unique names"
  const NameCollision collision =
      collision_of([] { Sequential({Dense({.units = 4, .name = "a"}), Dense({.units = 4, .name = "a"})}); });
  EXPECT_EQ(collision.subject(), "a");
  const Sequential model({Dense({.units = 4, .name = "a"})});
  collision_of([&] { model.add(Dense({.units = 4, .name = "a"})); });
  EXPECT_EQ(model.layers().size(), 1u);
}

TEST_F(Collisions, L3_AModelLoadedTwiceGoesIntoOneOnceRenamed) {  // "The name "sequential_14" is used 2 times in the model"
  const auto file = std::filesystem::path(::testing::TempDir()) / "loaded_twice.keras";
  Sequential({Dense({.units = 2, .input_shape = {2}, .name = "d"})}, {.name = "net"}).save(file);
  const Model first = load_model(file), second = load_model(file);
  std::filesystem::remove(file);
  EXPECT_THROW(Sequential({first, second}), NameCollision);
  second.set_name("net_2");
  const Sequential both({first, second}, {.name = "both"});
  both.build({-1, 2});
  EXPECT_THAT(paths(saved_and_loaded(both)), ElementsAre("net/d/kernel", "net/d/bias", "net_2/d/kernel", "net_2/d/bias"));
}

TEST_F(Collisions, L6_ANameHoldsASlash) {  // "Argument `name` must be a string and cannot contain character `/`"
  try {
    Dense({.units = 2, .name = "blocks/0"});
    FAIL();
  } catch (const InvalidName& e) {
    EXPECT_THAT(e.fix(), HasSubstr("blocks_0"));
  }
}

TEST_F(Collisions, L9_NestedTwinsShareAPathInKeras) {  // "The following variable path is found twice in the model: 'o/kernel'"
  const auto twin = [](const char* name) { return Sequential({Dense({.units = 2, .name = "o"})}, {.name = name}); };
  const Sequential model({twin("left"), twin("right")}, {.name = "m"});
  model.build({-1, 2});
  EXPECT_THAT(paths(saved_and_loaded(model)), ElementsAre("left/o/kernel", "left/o/bias", "right/o/kernel", "right/o/bias"));
}

TEST_F(Collisions, L9_PathsThatMeetThroughAScopeAreRefused) {
  const auto scoped = [] { const NameScope scope("a"); return Dense({.units = 2, .name = "b"}); };
  const Sequential inner({Dense({.units = 2, .name = "b"})}, {.name = "a"});
  const Sequential model({inner, scoped()}, {.name = "m"});
  EXPECT_THAT(collision_of([&] { model.build({-1, 2}); }).what(), HasSubstr("a/b/kernel"));
}

TEST_F(Collisions, L12_TheStrictPolicyIsTheTextbooksGraph) {  // "Variable w already exists, disallowed."
  const auto build = [] { return Sequential({Dense({.units = 2, .input_shape = {2}, .name = "dense_1"})}); };
  {
    const NameScope strict = NameScope::root({.policy = NamePolicy::kStrict});
    build();
    collision_of(build);
  }
  reset_names();
  const auto scoped = [&](const char* name) {  // the textbook's cure
    const NameScope scope(name);
    return build();
  };
  const NameScope strict = NameScope::root({.policy = NamePolicy::kStrict});
  EXPECT_EQ(paths(scoped("model_0")).front(), "model_0/dense_1/kernel");
  EXPECT_EQ(paths(scoped("model_1")).front(), "model_1/dense_1/kernel");
}

TEST_F(Collisions, S1_ARenameOntoATakenNameLosesALayer) {  // Keras 2: no error, one of three layers gone, other predictions
  const Dense a({.units = 4, .input_shape = {4}, .name = "a"}), b({.units = 4, .name = "b"});
  const Sequential model({a, b}, {.name = "m"});
  collision_of([&] { b.set_name("a"); });
  b.set_name("c");
  const Model loaded = saved_and_loaded(model);
  EXPECT_THAT(paths(loaded), ElementsAre("a/kernel", "a/bias", "c/kernel", "c/bias"));
  const Tensor x = Tensor::of<float>({1, 2, 3, 4}, {1, 4});
  EXPECT_EQ(loaded(x).to_vector<float>(), model(x).to_vector<float>());
}

TEST_F(Collisions, S6_AutomaticNamesDriftBetweenSessions) {  // dense/kernel, then dense_1/kernel: nothing is loaded, nothing is said
  const auto file = std::filesystem::path(::testing::TempDir()) / "drift.keras";
  const Sequential first({Dense({.units = 2, .input_shape = {2}}), Dense({.units = 2})});
  const Sequential second({Dense({.units = 2, .input_shape = {2}}), Dense({.units = 2})});
  EXPECT_EQ(paths(second).front(), "dense_2/kernel");
  second.save(file);
  reset_names();  // a fresh process
  LoadReport report;
  const Model loaded = load_model(file, {.report = &report});
  EXPECT_EQ(loaded.get_weights()[0].to_vector<float>(), second.get_weights()[0].to_vector<float>());
  EXPECT_EQ(report.loaded.size(), 4u);
  const auto in_scope = [] {
    const NameScope scope("m");
    return paths(Sequential({Dense({.units = 2, .input_shape = {2}}), Dense({.units = 2})})).front();
  };
  EXPECT_EQ(in_scope(), "m/dense/kernel");
  EXPECT_EQ(in_scope(), "m/dense/kernel");
  std::filesystem::remove(file);
}

TEST_F(Collisions, AnAutomaticNameNeverLandsOnAnExplicitOne) {  // Dense(name="dense_1"), Dense(), Dense() fails in Keras 3
  const Sequential model({Dense({.units = 2, .input_shape = {2}, .name = "dense_1"}), Dense({.units = 2}), Dense({.units = 2})}, {.name = "m"});
  EXPECT_EQ(paths(saved_and_loaded(model)), paths(model));
}

TEST_F(Collisions, ReservedNamesAreRefusedWhereTheyAreGiven) {
  EXPECT_THROW(Dense({.units = 1, .name = "top_level_model_weights"}), InvalidName);  // "group name already exists" in a .h5
  EXPECT_THROW(Dense({.units = 1, .name = "."}), InvalidName);                        // HDF5 reads it as "this group"
  EXPECT_THROW(Dense({.units = 1, .name = ".."}), InvalidName);
}

}  // namespace
}  // namespace namesake
