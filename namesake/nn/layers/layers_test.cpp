// What layers refuse, and what golden cases cannot show. Their numbers are held against Keras's in tests/golden/layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "namesake/base/error.h"
#include "namesake/nn/clone.h"
#include "namesake/nn/layers/advanced_activations.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/conv.h"
#include "namesake/nn/layers/conv_transpose.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/depthwise_conv.h"
#include "namesake/nn/layers/dot.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/einsum_dense.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/group_normalization.h"
#include "namesake/nn/layers/layer_normalization.h"
#include "namesake/nn/layers/masking.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/layers/noise.h"
#include "namesake/nn/layers/normalization.h"
#include "namesake/nn/layers/rescaling.h"
#include "namesake/nn/layers/reshaping.h"
#include "namesake/nn/layers/separable_conv.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

TEST(Layers, RefuseOptionsThatKerasRefuses) {
  const std::pair<const char*, std::function<void()>> rows[] = {
      {"rate", [] { Dropout({.rate = 1.5}); }},
      {"rate", [] { SpatialDropout1D({.rate = -0.1}); }},
      {"rate", [] { GaussianDropout({.rate = 2}); }},
      {"stddev", [] { GaussianNoise({.stddev = 1.5}); }},
      {"max_value", [] { ReLU({.max_value = -1}); }},
      {"threshold", [] { ReLU({.threshold = -1}); }},
      {"negative_slope", [] { LeakyReLU({.negative_slope = -0.1}); }},
      {"dims", [] { Permute({.dims = {1, 3}}); }},
      {"n = 0", [] { RepeatVector({.n = 0}); }},
      {"target_shape", [] { Reshape({.target_shape = {-1, -1}}); }},
      {"data_format", [] { Flatten({.data_format = "channels"}); }},
      {"groups", [] { GroupNormalization({.groups = 0}); }},
      {"input_dim", [] { Embedding({.input_dim = 0, .output_dim = 2}); }},
      {"one axis", [] { Dot({.axes = {1, 2, 3}}); }},
      {"mean", [] { Normalization({.mean = 1.0}); }},
      {"mean", [] { Normalization({.mean = 1.0, .variance = {1.0, 2.0}}); }},
  };
  for (const auto& [word, make] : rows) {
    try {
      make();
      FAIL() << "nothing was wrong with " << word;
    } catch (const InvalidArgument& e) {
      EXPECT_THAT(e.what(), HasSubstr(word));
    }
  }
}

TEST(Layers, RefuseInputsThatDoNotFitByTheLayersName) {
  const Tensor wide = zeros({2, 3}), narrow = zeros({2, 2}), deep = zeros({2, 3, 4});
  const std::pair<const char*, std::function<void()>> rows[] = {
      {"reshape", [&] { Reshape({.target_shape = {4}, .name = "reshape"})(wide); }},
      {"left_over", [&] { Reshape({.target_shape = {-1, 2}, .name = "left_over"})(wide); }},
      {"permute", [&] { Permute({.dims = {2, 1}, .name = "permute"})(wide); }},
      {"repeat", [&] { RepeatVector({.n = 2, .name = "repeat"})(deep); }},
      {"groups", [&] { GroupNormalization({.groups = 2, .name = "groups"})(wide); }},
      {"batch", [&] { BatchNormalization({.axis = 3, .name = "batch"})(wide); }},
      {"added", [&] { Add({.name = "added"})({wide, narrow}); }},
      {"less", [&] { Subtract({.name = "less"})({wide, wide, wide}); }},
      {"joined", [&] { Concatenate({.axis = 1, .name = "joined"})({deep, zeros({2, 3, 5})}); }},
      {"dotted", [&] { Dot({.axes = 1, .name = "dotted"})({wide, narrow}); }},
      {"dropped", [&] { Dropout({.noise_shape = {-1, 1, 1}, .name = "dropped"})(wide, {.training = true}); }},
  };
  for (const auto& [name, call] : rows) {
    try {
      call();
      FAIL() << name << " took what does not fit";
    } catch (const ShapeMismatch& e) {
      EXPECT_THAT(e.what(), HasSubstr(name));
    }
  }
}

TEST(MergingLayers, MakeOneTensorOfAList) {
  const Tensor a = Tensor::of<float>({1, 2}, {1, 2}), b = Tensor::of<float>({3, 5}, {1, 2});
  const Tensor added = Add()({a, b});
  EXPECT_THAT(added.to_vector<float>(), ElementsAre(4, 7));
  EXPECT_THAT(Concatenate()({a, b}).to_vector<float>(), ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(Dot({.axes = 1})({a, b}).to_vector<float>(), ElementsAre(13));
  const Layer layer = Subtract();  // of any layer, a list
  EXPECT_THAT(layer(Tensors{a, b}).at(0).to_vector<float>(), ElementsAre(-2, -3));
}

TEST(Normalization, TakesItsStatisticsOfData) {
  const Normalization layer({.axis = -1});
  const Tensor data = Tensor::of<float>({1, 40, 2, 20, 4, 30}, {3, 2});
  layer->adapt(data);
  EXPECT_THAT(layer.weights()[0].value().to_vector<float>(), Pointwise(FloatNear(1e-5F), {2.3333333F, 30.0F}));
  EXPECT_THAT(layer.weights()[1].value().to_vector<float>(), Pointwise(FloatNear(1e-4F), {1.5555556F, 66.666667F}));
  EXPECT_TRUE(layer.trainable_variables().empty());
  EXPECT_THAT(layer(Tensor::of<float>({2.3333333F, 30}, {1, 2})).to_vector<float>(), Pointwise(FloatNear(1e-6F), {0.0F, 0.0F}));
  EXPECT_THROW(layer->adapt(zeros({2, 3})), ShapeMismatch);
  EXPECT_THROW(Normalization({.mean = 0.0, .variance = 1.0})->adapt(data), InvalidArgument);
}

TEST(BatchNormalization, StandsStillWhenItIsFrozen) {
  const BatchNormalization layer;
  const Tensor x = Tensor::of<float>({1, 2, 3, 5}, {2, 2});
  static_cast<void>(layer(x, {.training = true}));
  const auto moved = layer.get_weights()[2].to_vector<float>();
  EXPECT_THAT(moved, Pointwise(FloatNear(1e-6F), {0.02F, 0.035F}));
  layer.set_trainable(false);
  static_cast<void>(layer(x, {.training = true}));
  EXPECT_EQ(layer.get_weights()[2].to_vector<float>(), moved);
}

TEST(Layers, WithWeightsTakeTrainableAsAnOption) {
  struct Row {
    Layer layer;
    Shape input;
  };
  const Shape row = {2, 4}, line = {2, 6, 4}, image = {2, 6, 6, 4};
  const Row rows[] = {
      {Dense({.units = 2, .trainable = false, .name = "x"}), row},
      {EinsumDense({.equation = "ab,bc->ac", .output_shape = {3}, .trainable = false}), row},
      {Embedding({.input_dim = 9, .output_dim = 2, .trainable = false}), row},
      {PReLU({.trainable = false}), row},
      {BatchNormalization({.trainable = false}), row},
      {LayerNormalization({.trainable = false}), row},
      {RMSNormalization({.trainable = false}), row},
      {GroupNormalization({.groups = 2, .trainable = false}), row},
      {Normalization({.trainable = false}), row},
      {Conv1D({.filters = 2, .kernel_size = 3, .trainable = false}), line},
      {Conv2D({.filters = 2, .kernel_size = 3, .trainable = false}), image},
      {Conv2DTranspose({.filters = 2, .kernel_size = 3, .trainable = false}), image},
      {DepthwiseConv2D({.kernel_size = 3, .trainable = false}), image},
      {SeparableConv2D({.filters = 2, .kernel_size = 3, .trainable = false}), image},
  };
  for (const Row& r : rows) {
    SCOPED_TRACE(r.layer.class_name());
    r.layer.build(r.input);
    EXPECT_FALSE(r.layer.trainable());
    EXPECT_TRUE(r.layer.trainable_variables().empty());
    EXPECT_FALSE(r.layer.weights().empty());
    const JsonValue config = r.layer.get_config();
    ASSERT_NE(config.find("trainable"), nullptr);
    EXPECT_FALSE(config.find("trainable")->as_bool());
    const Layer again = clone_layer(r.layer);
    again.build(r.input);
    EXPECT_TRUE(again.trainable_variables().empty());
  }
}

TEST(EinsumDense, TakesTheSizesThatAreLeftOpenFromItsInput) {
  struct Row {
    const char* equation;
    Shape output_shape, input, kernel, output;
  };
  const Row rows[] = {
      {"abc,cd->abd", {-1, 5}, {-1, 10, 4}, {4, 5}, {-1, 10, 5}},
      {"abc,cd->abd", {-1, 5}, {-1, -1, 4}, {4, 5}, {-1, -1, 5}},
      {"abc,bcd->abd", {-1, 5}, {-1, 3, 4}, {3, 4, 5}, {-1, 3, 5}},
      {"...x,xy->...y", {5}, {-1, 2, 3, 4}, {4, 5}, {-1, 2, 3, 5}},
  };
  for (const Row& row : rows) {
    const EinsumDense layer({.equation = row.equation, .output_shape = row.output_shape});
    EXPECT_EQ(layer(Tensor::symbolic(DType::kFloat32, row.input, nullptr)).shape(), row.output) << row.equation;
    EXPECT_EQ(layer.weights()[0].shape(), row.kernel) << row.equation;
  }
}

TEST(EinsumDense, RefusesAnOutputShapeThatContradictsItsInput) {
  const Tensor x = Tensor::symbolic(DType::kFloat32, {-1, 10, 4}, nullptr);
  EXPECT_THROW(EinsumDense({.equation = "abc,cd->abd", .output_shape = {9, 5}})(x), ShapeMismatch);
  EXPECT_THROW(EinsumDense({.equation = "abc,cd->abd", .output_shape = {-1, -1}})(x), ShapeMismatch);
  EXPECT_THROW(EinsumDense({.equation = "abc,cd->abd", .output_shape = {-1, 5}, .bias_axes = "bd"})(x), ShapeMismatch);
}

TEST(Embedding, RefusesAnIntegerThatIsNotThere) {
  const Embedding layer({.input_dim = 3, .output_dim = 2});
  EXPECT_THROW(layer(Tensor::of<std::int32_t>({0, 3}, {1, 2})), InvalidArgument);
}

TEST(Embedding, HandsItsMaskOn) {
  const Tensor ids = Tensor::of<std::int32_t>({1, 0, 2}, {1, 3});
  const Tensor y = Dropout()(Embedding({.input_dim = 3, .output_dim = 2, .mask_zero = true})(ids));
  ASSERT_TRUE(y.has_mask());
  EXPECT_THAT(y.mask().to_vector<bool>(), ElementsAre(true, false, true));
}

TEST(Dropout, GivesOtherNumbersInEachCallAndTheSameForTheSameSeed) {
  const Tensor x = ones({4, 8});
  const Dropout first({.rate = 0.5, .seed = 3}), second({.rate = 0.5, .seed = 3});
  const auto a = first(x, {.training = true}).to_vector<float>();
  EXPECT_NE(first(x, {.training = true}).to_vector<float>(), a);
  EXPECT_EQ(second(x, {.training = true}).to_vector<float>(), a);
}

TEST(Rescaling, TakesANumberForEachChannel) {
  const Rescaling layer({.scale = {0.5, 2.0}, .offset = 1});
  EXPECT_THAT(layer(Tensor::of<float>({2, 3}, {1, 2})).to_vector<float>(), ElementsAre(2, 7));
}

TEST(Masking, AlsoMasksASymbolicTensor) {
  const Tensor x = Tensor::symbolic(DType::kFloat32, {-1, 3, 2}, nullptr);
  const Tensor y = Masking()(x);
  ASSERT_TRUE(y.has_mask());
  EXPECT_EQ(y.mask().shape(), Shape({-1, 3}));
}

}  // namespace
}  // namespace namesake
