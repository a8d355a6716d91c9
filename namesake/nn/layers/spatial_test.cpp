// The options of layers over images and sequences: how they are written, and what is refused where the layer is made or
// called. (tests/golden/layers has Keras's numbers and configs.)
#include "namesake/nn/layers/spatial.h"

#include <gtest/gtest.h>

#include <functional>

#include "namesake/base/error.h"
#include "namesake/nn/layers/borders.h"
#include "namesake/nn/layers/conv.h"
#include "namesake/nn/layers/conv_transpose.h"
#include "namesake/nn/layers/depthwise_conv.h"
#include "namesake/nn/layers/pooling.h"
#include "namesake/nn/layers/up_sampling.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace {

std::string option(const Layer& layer, std::string_view key) {
  const JsonValue config = layer.get_config();
  const JsonValue* value = config.find(key);
  return value == nullptr ? "missing" : to_json(*value);
}

TEST(SpatialLayers, WriteOneNumberForEachAxis) {
  EXPECT_EQ(option(Conv2D({.kernel_size = 3}), "kernel_size"), "[3, 3]");
  EXPECT_EQ(option(Conv2D({.kernel_size = {3, 5}}), "kernel_size"), "[3, 5]");
  EXPECT_EQ(option(Conv1D({.kernel_size = 4}), "kernel_size"), "[4]");
  EXPECT_EQ(option(MaxPooling2D({.pool_size = {2, 3}}), "strides"), "[2, 3]");
  EXPECT_EQ(option(AveragePooling1D({.pool_size = 3, .strides = 1}), "strides"), "[1]");
  EXPECT_EQ(option(Conv2DTranspose({.kernel_size = 3}), "output_padding"), "null");
  EXPECT_EQ(option(ZeroPadding2D({.padding = {1, {0, 2}}}), "padding"), "[[1, 1], [0, 2]]");
  EXPECT_EQ(option(ZeroPadding1D({.padding = {1, 2}}), "padding"), "[1, 2]");
  EXPECT_EQ(option(Cropping2D({.cropping = {{1, 2}, {3, 4}}}), "cropping"), "[[1, 2], [3, 4]]");
}

TEST(SpatialLayers, ReadOneNumberForAllAxes) {
  EXPECT_EQ(Sizes2D::deserialize(3), Sizes2D(3, 3));
  EXPECT_EQ(Sizes2D::deserialize(JsonValue::array({3, 5})), Sizes2D(3, 5));
  EXPECT_EQ(Borders<2>::deserialize(2), Borders<2>(2));
  EXPECT_EQ(Borders<2>::deserialize(JsonValue::array({1, JsonValue::array({2, 3})})), Borders<2>(1, {2, 3}));
  EXPECT_THROW((void)Sizes2D::deserialize(JsonValue::array({3})), FormatError);
  EXPECT_THROW((void)Sizes2D::deserialize("same"), FormatError);
  EXPECT_THROW((void)Borders<1>::deserialize(JsonValue::array({1, 2, 3})), FormatError);
}

TEST(SpatialLayers, RefuseOptionsThatMakeNoSense) {
  const std::pair<const char*, std::function<void()>> rows[] = {
      {"kernel_size", [] { Conv2D layer({.filters = 2}); }},
      {"filters", [] { Conv2D layer({.filters = 0, .kernel_size = 3}); }},
      {"strides", [] { Conv2D layer({.kernel_size = 3, .strides = {1, 0}}); }},
      {"padding", [] { Conv2D layer({.kernel_size = 3, .padding = "causal"}); }},
      {"data_format", [] { Conv1D layer({.kernel_size = 3, .data_format = "NHWC"}); }},
      {"dilation_rate", [] { Conv2D layer({.kernel_size = 3, .strides = 2, .dilation_rate = 2}); }},
      {"groups", [] { Conv2D layer({.filters = 4, .kernel_size = 3, .groups = 3}); }},
      {"groups", [] { Conv2D({.filters = 4, .kernel_size = 3, .groups = 2}).build({-1, 8, 8, 3}); }},
      {"depth_multiplier", [] { DepthwiseConv2D layer({.kernel_size = 3, .depth_multiplier = 0}); }},
      {"output_padding", [] { Conv2DTranspose layer({.kernel_size = 3, .strides = 2, .output_padding = 2}); }},
      {"pool_size", [] { MaxPooling2D layer({.pool_size = 0}); }},
      {"padding", [] { ZeroPadding2D layer({.padding = {-1, 0}}); }},
      {"interpolation", [] { UpSampling2D layer({.interpolation = "bicubic"}); }},
  };
  for (const auto& [subject, make] : rows) {
    try {
      make();
      ADD_FAILURE() << "not refused: " << subject;
    } catch (const InvalidArgument& error) {
      EXPECT_EQ(error.subject(), subject) << error.what();
    }
  }
}

TEST(SpatialLayers, RefuseInputsThatDoNotFit) {
  const Conv2D conv({.filters = 4, .kernel_size = 3});
  EXPECT_THROW(conv.build({-1, 8, 8}), ShapeMismatch);
  EXPECT_THROW(conv.build({-1, 8, 8, -1}), ShapeMismatch);
  EXPECT_EQ(conv(zeros({2, 8, 8, 3})).shape(), Shape({2, 6, 6, 4}));
  EXPECT_THROW((void)conv(zeros({2, 8, 8, 2})), ShapeMismatch);
  EXPECT_THROW((void)conv(zeros({2, 2, 8, 3})), ShapeMismatch);
  EXPECT_THROW((void)MaxPooling2D()(zeros({2, 8, 8})), ShapeMismatch);
  EXPECT_THROW((void)Cropping1D({.cropping = {2, 3}})(zeros({2, 5, 3})), ShapeMismatch);
}

}  // namespace
}  // namespace namesake
