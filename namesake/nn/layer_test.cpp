#include "namesake/nn/layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/nn/dtype_policy.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "tests/support/names.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::paths;

class ScaleBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Scale";
  struct Options {
    std::string weight = "scale";
    std::string name = "";
  };
  static void config(Options& o, ConfigFields& f) { f("weight", o.weight); }
  explicit ScaleBody(Options options) : options_(std::move(options)) {}
  void build(const Shape& input) override { scale_ = add_weight({.name = options_.weight, .shape = {input.back()}, .initializer = "ones"}); }
  Tensor call(const Tensor& x, CallContext&) override { return multiply(x, scale_); }

 private:
  Options options_;
  Variable scale_;
};
using Scale = LayerOf<ScaleBody>;

class BlockBody : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Block";
  struct Options {
    std::string name = "";
  };
  explicit BlockBody(const Options&) {}
  Tensor call(const Tensor& x, CallContext&) override { return outer_(inner_(x)); }

 private:
  Dense inner_ = add_layer("inner", Dense({.units = 3, .name = "first"}));
  Dense outer_ = add_layer("outer", Dense({.units = 2}));
};
using Block = LayerOf<BlockBody>;

struct TwinBody : LayerBase {
  static constexpr std::string_view kClassName = "Twin";
  struct Options { std::string name = ""; };
  explicit TwinBody(const Options&) {}
  void build(const Shape&) override {
    add_weight({.name = "w", .shape = {1}});
    add_weight({.name = "w", .shape = {1}});
  }
};

struct ClashBody : LayerBase {
  static constexpr std::string_view kClassName = "Clash";
  struct Options { std::string name = ""; };
  explicit ClashBody(const Options&) { add_layer("part", Dense({.units = 1, .name = "a"})); }
  void build(const Shape&) override { add_weight({.name = "a", .shape = {1}}); }
};

struct ListBody : LayerBase {
  static constexpr std::string_view kClassName = "List";
  struct Options { std::string name = ""; };
  explicit ListBody(const Options&) {
    add_layer("part", Dense({.units = 1, .name = "a"}));
    add_layer("part", Dense({.units = 1, .name = "b"}));
  }
};

struct VarsBody : LayerBase {
  static constexpr std::string_view kClassName = "Vars";
  struct Options { std::string name = ""; };
  explicit VarsBody(const Options&) { add_layer("vars", Dense({.units = 1})); }
};

struct ProbeBody : LayerBase {
  static constexpr std::string_view kClassName = "Probe";
  struct Options { std::string name = ""; };
  explicit ProbeBody(const Options&) {}
  void build(const Shape&) override { built_in = current_scope_path(); }
  Tensor call(const Tensor& x, CallContext&) override { called_in = current_scope_path(); return x; }
  std::string built_in, called_in;
};

class Names : public ::testing::Test {
 protected:
  void SetUp() override { reset_names(); }
};
using LayerNames = Names;

TEST_F(LayerNames, PathsFollowScopesAndOwners) {
  const auto build = [](std::string_view name) {
    const NameScope scope(name);
    return Sequential({Dense({.units = 4, .input_shape = {3}, .name = "dense_1"}), Dense({.units = 2, .name = "dense_2"})});
  };
  EXPECT_THAT(paths(build("model_0")), ElementsAre("model_0/dense_1/kernel", "model_0/dense_1/bias", "model_0/dense_2/kernel", "model_0/dense_2/bias"));
  EXPECT_THAT(paths(build("model_1")), ElementsAre("model_1/dense_1/kernel", "model_1/dense_1/bias", "model_1/dense_2/kernel", "model_1/dense_2/bias"));
}

TEST_F(LayerNames, ANestedModelsNameIsAPartAndTheOutermostIsNot) {
  const Sequential inner({Dense({.units = 4, .name = "d"})}, {.name = "encoder"});
  const Sequential outer({inner, Dense({.units = 1, .name = "d"})}, {.name = "whole"});
  outer.build({-1, 3});
  EXPECT_THAT(paths(outer), ElementsAre("encoder/d/kernel", "encoder/d/bias", "d/kernel", "d/bias"));
  EXPECT_THAT(paths(inner), ElementsAre("d/kernel", "d/bias"));
}

TEST_F(LayerNames, AutomaticNamesAreKerassAndCountPerThread) {
  const Sequential first({Dense({.units = 2, .input_shape = {2}}), Dense()});
  const Sequential second({Dense({.units = 2, .input_shape = {2}})});
  EXPECT_EQ(first.name(), "sequential");
  EXPECT_EQ(second.name(), "sequential_1");
  EXPECT_EQ(first.layers()[1].name(), "dense_1");
  EXPECT_EQ(second.layers()[0].name(), "dense_2");
  std::string elsewhere;
  std::thread([&] { elsewhere = Dense().name(); }).join();
  EXPECT_EQ(elsewhere, "dense");
}

TEST_F(LayerNames, AnAutomaticNameNeverTakesAnExplicitOne) {  // fails in Keras 3
  const Sequential model({Dense({.units = 1, .name = "dense_1"}), Dense(), Dense()});
  model.build({-1, 2});
  std::vector<std::string> names;
  for (const Layer& layer : model.layers()) names.push_back(layer.name());
  EXPECT_THAT(names, ElementsAre("dense_1", "dense", "dense_2"));
}

TEST_F(LayerNames, AModelInAScopeHasTheSameNamesWhateverWasBuiltBefore) {
  const auto build = [] {
    const NameScope scope("m");
    return paths(Sequential({Dense({.units = 2, .input_shape = {2}}), Dense()}));
  };
  const auto first = build();
  const Dense noise[] = {Dense(), Dense()};
  EXPECT_EQ(noise[1].name(), "dense");
  EXPECT_EQ(build(), first);
  EXPECT_EQ(first.front(), "m/dense/kernel");
}

TEST_F(LayerNames, TwoLayersOfOneNameAreRefusedWithBothPlaces) {
  try {
    const Sequential model({Dense({.units = 128, .name = "dense_1"}),
                            Dense({.units = 10, .name = "dense_1"})}, {.name = "classifier"});
    FAIL() << "two layers of one name";
  } catch (const NameCollision& e) {
    ASSERT_EQ(e.places().size(), 2u);
    EXPECT_EQ(e.places()[0].site.line + 1, e.places()[1].site.line);
    EXPECT_THAT(e.what(), HasSubstr("two layers of model \"classifier\" are called \"dense_1\""));
    EXPECT_THAT(e.what(), HasSubstr("nn/layer_test.cpp:"));
    EXPECT_THAT(e.what(), HasSubstr("Dense({.units = 128, .name = \"dense_1\"})"));
    EXPECT_THAT(e.what(), HasSubstr("fix"));
  }
}

TEST_F(LayerNames, ARenameMovesEveryPathAndMayNotTakeATakenName) {
  const Dense first({.units = 2, .input_shape = {2}, .name = "a"}), second({.units = 1, .name = "b"});
  const Sequential model({first, second});
  first.set_name("stem");
  EXPECT_EQ(paths(model).front(), "stem/kernel");
  EXPECT_THROW(first.set_name("b"), NameCollision);
  EXPECT_THROW(first.set_name("b/c"), InvalidName);
  EXPECT_EQ(paths(model).front(), "stem/kernel");
  EXPECT_EQ(model.get_layer("stem"), first);
}

TEST_F(LayerNames, ARenameIsRefusedByEveryOwner) {
  const Dense shared({.units = 2, .name = "shared"});
  const Sequential one({shared, Dense({.units = 2, .name = "x"})}, {.name = "one"});
  const Sequential two({shared, Dense({.units = 2, .name = "y"})}, {.name = "two"});
  EXPECT_THROW(shared.set_name("y"), NameCollision);
  EXPECT_EQ(shared.name(), "shared");
  EXPECT_EQ(one.get_layer("shared"), shared);
  shared.set_name("z");
  EXPECT_EQ(one.get_layer("z"), shared);
  EXPECT_EQ(two.get_layer("z"), shared);
}

TEST_F(LayerNames, ASharedLayerHasAPathInEachModel) {
  const Dense shared({.units = 2, .name = "shared"});
  const Sequential inner({shared}, {.name = "inner"});
  const Sequential outer({inner});
  outer.build({-1, 2});
  const Variable kernel = shared.weights()[0];
  EXPECT_EQ(inner.path_of(kernel), "shared/kernel");
  EXPECT_EQ(outer.path_of(kernel), "inner/shared/kernel");
}

TEST_F(LayerNames, TheSameLayerTwiceIsSharing) {
  const Dense shared({.units = 2, .name = "shared"});
  const Sequential model({shared, shared});
  model.build({-1, 2});
  EXPECT_EQ(model.weights().size(), 2u);
}

TEST_F(LayerNames, SublayersOfALayerHaveTheirOwnLevel) {
  const Sequential model({Block({.name = "left"}), Block({.name = "right"})});
  model.build({-1, 4});
  EXPECT_THAT(paths(model), ElementsAre("left/first/kernel", "left/first/bias", "left/dense/kernel", "left/dense/bias", "right/first/kernel",
                                        "right/first/bias", "right/dense_1/kernel", "right/dense_1/bias"));
}

TEST_F(LayerNames, TwoWeightsOfOneNameAreRefused) {
  const LayerOf<TwinBody> twin;
  try {
    twin.build({-1, 1});
    FAIL();
  } catch (const NameCollision& e) {
    EXPECT_THAT(e.what(), HasSubstr("\"w\""));
    EXPECT_EQ(e.places().size(), 2u);
  }
  EXPECT_FALSE(twin.built());
  EXPECT_TRUE(twin.weights().empty());
}

TEST_F(LayerNames, AWeightBesideASublayerOfItsNameIsRefused) {  // a dataset and a group in HDF5
  const LayerOf<ClashBody> clash;
  EXPECT_THROW(clash.build({-1, 1}), NameCollision);
}

TEST_F(LayerNames, TwoSublayersUnderOneAttributeAreRefused) {
  using List = LayerOf<ListBody>;
  EXPECT_THROW(List({.name = "l"}), NameCollision);
}

TEST_F(LayerNames, NamesThatAFormatReservesAreRefused) {
  using Vars = LayerOf<VarsBody>;
  EXPECT_THROW(Vars({.name = "v"}), InvalidName);
  for (const char* name : {"top_level_model_weights", ".", "..", "a/b", "a b", "a:b", "a>b", "\xc3\xbc"}) {
    EXPECT_THROW(Dense({.units = 1, .name = name}), InvalidName) << name;
  }
}

TEST_F(LayerNames, NestedTwinsAreTwoNames) {  // one path in Keras 3: get_state_tree fails there
  const auto twin = [](const char* name) { return Sequential({Dense({.units = 2, .name = "o"})}, {.name = name}); };
  const Sequential model({twin("left"), twin("right")});
  model.build({-1, 2});
  EXPECT_THAT(paths(model), ElementsAre("left/o/kernel", "left/o/bias", "right/o/kernel", "right/o/bias"));
}

TEST_F(LayerNames, UniquifyGivesTheSecondOneASuffixAndReportsIt) {
  const NameScope scope("u", {.policy = NamePolicy::kUniquify});
  const Sequential model({Dense({.units = 2, .name = "a"}), Dense({.units = 2, .name = "a"})});
  EXPECT_EQ(model.layers()[1].name(), "a_1");
  ASSERT_EQ(scope.renames().size(), 1u);
  EXPECT_EQ(scope.renames()[0].asked, "a");
  EXPECT_EQ(scope.renames()[0].given, "a_1");
}

TEST_F(LayerNames, StrictReproducesTheTextbookError) {
  const NameScope scope = NameScope::root({.policy = NamePolicy::kStrict});
  const auto build = [] { return Sequential({Dense({.units = 2, .input_shape = {2}, .name = "dense_1"})}); };
  const Sequential first = build();
  try {
    build();
    FAIL();
  } catch (const NameCollision& e) {
    EXPECT_THAT(e.what(), HasSubstr("dense_1/kernel"));
    EXPECT_EQ(e.places().size(), 2u);
  }
}

TEST_F(LayerNames, BuildAndCallRunUnderTheLayersOwnScopeHoweverLongAgoItClosed) {
  using Probe = LayerOf<ProbeBody>;
  const Probe probe = [] { const NameScope scope("s"); return Probe({.name = "p"}); }();
  probe(Tensor::of<float>({1}, {1, 1}));
  EXPECT_EQ(probe->built_in, "s/p");
  EXPECT_EQ(probe->called_in, "s/p");
}

TEST_F(LayerNames, TwoThreadsBuildModelsAtOnceWithRightNames) {
  const auto build = [](std::vector<std::string>& out) {
    for (int i = 0; i < 50; ++i) {
      const NameScope scope("m");
      out = paths(Sequential({Dense({.units = 2, .input_shape = {2}}), Dense({.units = 2})}));
      if (out.front() != "m/dense/kernel" || out.back() != "m/dense_1/bias") return;
    }
  };
  std::vector<std::string> a, b;
  std::thread one([&] { build(a); }), two([&] { build(b); });
  one.join();
  two.join();
  EXPECT_THAT(a, ElementsAre("m/dense/kernel", "m/dense/bias", "m/dense_1/kernel", "m/dense_1/bias"));
  EXPECT_EQ(a, b);
}

TEST_F(LayerNames, AUsersLayerKeepsItsOptionsAsConfig) {
  const Scale scale({.weight = "gain", .name = "s"});
  EXPECT_EQ(to_json(scale.get_config()), R"({"name": "s", "trainable": true, "dtype": "float32", "weight": "gain"})");
  EXPECT_EQ(scale.ptr()->describe(), R"(Scale({.weight = "gain", .name = "s"}))");
}

TEST_F(LayerNames, FreezingALayerFreezesAllBelowAndKeepsTheOrder) {
  const Block block({.name = "b"});
  block.build({-1, 4});
  const auto before = paths(block);
  block.set_trainable(false);
  EXPECT_TRUE(block.trainable_variables().empty());
  EXPECT_EQ(paths(block), before);
  block.set_trainable(true);
  EXPECT_EQ(block.trainable_variables().size(), 4u);
}

TEST_F(LayerNames, AWrongInputIsRefusedByTheLayersName) {
  const Dense dense({.units = 2, .input_shape = {3}, .name = "d"});
  const Sequential model({dense});
  try {
    model(Tensor::of<float>({1, 2}, {1, 2}));
    FAIL();
  } catch (const ShapeMismatch& e) {
    EXPECT_THAT(e.what(), HasSubstr("\"d\""));
    EXPECT_THAT(e.what(), HasSubstr("(1, 2)"));
  }
}

TEST_F(LayerNames, ASymbolicCallInfersShapes) {
  const Tensor x = Input({.shape = {4, 3}});
  const Tensor y = Dense({.units = 5})(Flatten()(x));
  EXPECT_TRUE(y.is_symbolic());
  EXPECT_EQ(y.shape(), Shape({-1, 5}));
}

TEST_F(LayerNames, DropoutDropsInTrainingOnly) {
  const Dropout dropout({.rate = 0.5, .seed = 7});
  const std::vector<float> ones(1000, 1.0F);
  const Tensor x = Tensor::of<float>(std::span<const float>(ones), {1000});
  EXPECT_EQ(dropout(x).to_vector<float>(), ones);
  const Tensor y = dropout(x, {.training = true});
  int dropped = 0;
  for (const float value : y.data<float>()) {
    EXPECT_TRUE(value == 0 || value == 2) << value;
    dropped += value == 0 ? 1 : 0;
  }
  EXPECT_NEAR(dropped, 500, 80);
  EXPECT_NE(dropout(x, {.training = true}).to_vector<float>(), y.to_vector<float>());
}

TEST(DTypePolicy, OfAMixedKindComputesNarrowAndKeepsWideWeights) {
  for (const auto& [policy, compute, variable] : {std::tuple("mixed_float16", DType::kFloat16, DType::kFloat32),
                                                  std::tuple("mixed_bfloat16", DType::kBFloat16, DType::kFloat32),
                                                  std::tuple("bfloat16", DType::kBFloat16, DType::kBFloat16),
                                                  std::tuple("float64", DType::kFloat64, DType::kFloat64)}) {
    const Dense layer({.units = 2, .activation = "relu", .kernel_initializer = "ones", .dtype = policy});
    GradientTape tape;
    const Tensor y = layer(Tensor::of<float>({1, 2, 3, 4}, {2, 2}));
    const Tensor loss = sum(cast(y, DType::kFloat32));
    EXPECT_EQ(y.dtype(), compute) << policy;
    EXPECT_EQ(layer.weights()[0].dtype(), variable) << policy;
    EXPECT_EQ(loss.item<double>(), 20) << policy;
    const Tensor gradient = tape.gradient(loss, layer.trainable_variables()[0]);
    EXPECT_EQ(gradient.dtype(), variable) << policy;
    EXPECT_EQ(cast(gradient, DType::kFloat32).to_vector<float>(), (std::vector<float>{4, 4, 6, 6})) << policy;
  }
}

TEST(DTypePolicy, OfTheThreadIsThatOfLayersThatNameNone) {
  set_dtype_policy("mixed_bfloat16");
  const Dense mixed({.units = 1}), wide({.units = 1, .dtype = "float64"});
  set_dtype_policy("float32");
  EXPECT_EQ(mixed.ptr()->dtype_policy(), "mixed_bfloat16");
  EXPECT_EQ(wide.ptr()->dtype_policy(), "float64");
  EXPECT_EQ(Dense({.units = 1}).ptr()->dtype_policy(), "float32");
  EXPECT_THROW(set_dtype_policy("int32"), Unsupported);
}

TEST(DTypePolicy, ThatIsNotKnownIsRefusedWithThoseThatAre) {
  try {
    const Dense layer({.dtype = "float7"});
    FAIL();
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()).find("mixed_float16"), std::string::npos);
  }
}

}  // namespace
}  // namespace namesake
