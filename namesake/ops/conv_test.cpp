// Convolutions and poolings: float32 by oneDNN and the kernels against float64 by plain loops, shape rules over open sizes,
// and what is refused with which words. (tests/golden/ops/images.json has TensorFlow's numbers.)
#include "namesake/ops/conv.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/pool.h"
#include "namesake/ops/random.h"
#include "namesake/ops/records.h"
#include "namesake/ops/resize.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake {
namespace {

Tensor normal(const Shape& shape, int seed, DType dtype = DType::kFloat64) {
  return stateless_random_normal(shape, random_seed(seed, 5), 0, 1, dtype);
}
Tensor open(const Shape& shape) { return Tensor::symbolic(DType::kFloat32, shape, nullptr); }
Tensor single(const Tensor& x) { return cast(x, DType::kFloat32); }

/// The largest difference, measured against numbers above 1.
double apart(const Tensor& floats, const Tensor& doubles) {
  if (floats.shape() != doubles.shape()) return HUGE_VAL;
  double most = 0;
  for (std::int64_t i = 0; i < floats.size(); ++i) {
    const double y = doubles.raw_as<double>()[i];
    most = std::max(most, std::abs(static_cast<double>(floats.raw_as<float>()[i]) - y) / std::max(1.0, std::abs(y)));
  }
  return most;
}

struct Problem {
  const char* name;
  Shape images, kernel;
  ConvOptions options = {};
  bool depthwise = false;
};

std::vector<Problem> problems() {
  return {
      {"one channel", {3, 9, 8, 1}, {3, 3, 1, 5}},
      {"17 channels", {2, 6, 7, 17}, {2, 5, 17, 19}, {.padding = "same"}},
      {"large enough for two threads", {7, 20, 20, 16}, {3, 3, 16, 32}},
      {"strides", {5, 11, 10, 3}, {3, 2, 3, 4}, {.strides = {2, 3}, .padding = "same"}},
      {"stride above kernel", {2, 9, 9, 4}, {1, 1, 4, 8}, {.strides = 4}},
      {"dilation", {2, 12, 13, 8}, {3, 3, 8, 16}, {.padding = "same", .dilation_rate = {2, 3}}},
      {"groups", {3, 6, 6, 12}, {3, 3, 4, 9}, {.padding = "same"}},
      {"groups of one channel", {3, 6, 6, 4}, {3, 3, 1, 8}},
      {"depthwise", {3, 8, 8, 16}, {3, 3, 16, 1}, {.padding = "same"}, true},
      {"depthwise with a multiplier", {2, 8, 7, 3}, {4, 3, 3, 5}, {.strides = 2}, true},
      {"window as large as the image", {4, 5, 5, 6}, {5, 5, 6, 7}},
  };
}

// The three ops of a problem, in float32 or float64.
struct Results {
  Tensor outputs, images_back, filter_back;
};
Results run(const Problem& p, const Tensor& images, const Tensor& kernel, const std::function<Tensor(const Shape&)>& gradient) {
  const Tensor outputs = p.depthwise ? depthwise_conv(images, kernel, p.options) : conv(images, kernel, p.options);
  const ops::OpRecord& op = p.depthwise ? ops::kDepthwiseConv2dNative : ops::kConv2D;
  ops::Attrs attrs;
  const bool first = p.options.data_format == "channels_first";
  const auto list = [&](const Sizes2D& s) {
    return first ? std::array<std::int64_t, 4>{1, 1, s[0], s[1]} : std::array<std::int64_t, 4>{1, s[0], s[1], 1};
  };
  attrs.set_list(0, list(p.options.strides));
  attrs.set(1, ops::padding_word(p.options.padding));
  attrs.set(3, ops::format_word(p.options.data_format));
  attrs.set_list(4, list(p.options.dilation_rate));
  const std::array<Tensor, 2> inputs = {images, kernel};
  const std::array<Tensor, 1> output = {outputs}, cotangent = {gradient(outputs.shape())};
  const std::array<bool, 2> needs = {true, true};
  std::array<Tensor, 2> gradients;
  op.gradient({op, inputs, attrs, output, cotangent, needs, gradients});
  return {outputs, gradients[0], gradients[1]};
}

void compare(Problem p, const std::string& format) {
  SCOPED_TRACE(std::string(p.name) + ", " + format);
  p.options.data_format = format;
  Tensor images = normal(p.images, 1);
  if (format == "channels_first") images = transpose(images, {0, 3, 1, 2});
  const Tensor kernel = normal(p.kernel, 2);
  const Results exact = run(p, images, kernel, [](const Shape& shape) { return normal(shape, 3); });
  const Results ours = run(p, single(images), single(kernel), [](const Shape& shape) { return single(normal(shape, 3)); });
  EXPECT_LE(apart(ours.outputs, exact.outputs), 2e-5);
  EXPECT_LE(apart(ours.images_back, exact.images_back), 5e-5);
  EXPECT_LE(apart(ours.filter_back, exact.filter_back), 1e-4);  // sums over a whole batch
}

TEST(Conv, InFloat32IsTheSumThatFloat64Gives) {
  for (const Problem& p : problems()) {
    compare(p, "channels_last");
    compare(p, "channels_first");
  }
}

TEST(Conv, KeepsCountOfMoreShapesThanItsCacheHolds) {
  const Tensor kernel = normal({2, 2, 1, 1}, 4);
  for (const int round : {0, 1}) {
    for (std::int64_t size = 2; size < 302; ++size) {
      const Tensor images = normal({1, 2, size, 1}, static_cast<int>(size) + round);
      ASSERT_LE(apart(conv(single(images), single(kernel)), conv(images, kernel)), 1e-5) << size;
    }
  }
}

TEST(Conv, RunsOnSeveralThreadsAtOnce) {
  const Tensor images = normal({8, 20, 20, 16}, 1), kernel = normal({3, 3, 16, 16}, 2);
  const Tensor exact = conv(images, kernel);
  std::array<double, 4> differences{};
  std::vector<std::thread> threads;
  for (double& difference : differences) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) difference = std::max(difference, apart(conv(single(images), single(kernel)), exact));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double difference : differences) EXPECT_LE(difference, 2e-5);
}

TEST(Conv, OfNoImagesIsEmptyAndItsFilterGradientZero) {
  const Problem p{"none", {0, 5, 5, 2}, {3, 3, 2, 4}};
  const Results results = run(p, zeros(p.images), ones(p.kernel), [](const Shape& shape) { return zeros(shape); });
  EXPECT_EQ(results.outputs.shape(), Shape({0, 3, 3, 4}));
  EXPECT_EQ(results.images_back.shape(), p.images);
  EXPECT_EQ(results.filter_back.to_vector<float>(), std::vector<float>(72, 0.0f));
}

TEST(Pool, InFloat32IsWhatFloat64GivesInBothFormats) {
  struct Row {
    Shape images;
    Sizes2D size;
    PoolOptions options;
  };
  const Row rows[] = {{{3, 6, 7, 1}, 2, {}},
                      {{2, 9, 8, 17}, {3, 2}, {.strides = {2, 1}, .padding = "same"}},
                      {{5, 33, 33, 16}, 2, {}},
                      {{1, 7, 7, 3}, 1, {.strides = 3}}};
  for (const Row& row : rows) {
    const Tensor images = normal(row.images, 1), turned = transpose(images, {0, 3, 1, 2});
    PoolOptions first = row.options;
    first.data_format = "channels_first";
    for (const auto& pool : {max_pool, average_pool}) {
      const Tensor exact = pool(images, row.size, row.options);
      EXPECT_LE(apart(pool(single(images), row.size, row.options), exact), 1e-6);
      EXPECT_LE(apart(transpose(pool(single(turned), row.size, first), {0, 2, 3, 1}), exact), 1e-6);
    }
  }
}

TEST(ShapeRulesOfImages, FollowOpenSizes) {
  const Shape unknown;
  struct Row {
    const char* call;
    Tensor result;
    Shape shape;
  };
  const Tensor kernel = zeros({3, 3, 2, 5});
  const Row rows[] = {
      {"conv", conv(open({-1, 8, -1, 2}), kernel), {-1, 6, -1, 5}},
      {"conv, same", conv(open({-1, 8, -1, 2}), kernel, {.strides = 3, .padding = "same"}), {-1, 3, -1, 5}},
      {"conv of unknown rank", conv(open(unknown), kernel), {-1, -1, -1, 5}},
      {"conv, channels first", conv(open({-1, 2, 7, -1}), kernel, {.data_format = "channels_first"}), {-1, 5, 5, -1}},
      {"conv with an open kernel", conv(open({4, 8, 8, 2}), open({-1, 3, 2, -1})), {4, -1, 6, -1}},
      {"depthwise", depthwise_conv(open({-1, 8, 9, 2}), kernel), {-1, 6, 7, 10}},
      {"transposed", conv_backprop_input(ops::int_tensor(std::array<std::int64_t, 2>{8, 9}), kernel, open({-1, 6, 7, 5})), {-1, 8, 9, 2}},
      {"max pool", max_pool(open({-1, 7, -1, 3}), 2), {-1, 3, -1, 3}},
      {"average pool, same", average_pool(open({2, 7, 8, -1}), 3, {.strides = 2, .padding = "same"}), {2, 4, 4, -1}},
      {"resize", resize_images(open({-1, 4, -1, 3}), {5, 6}), {-1, 5, 6, 3}},
      {"resize of unknown rank", resize_images(open(unknown), {5, 6}, "nearest"), {-1, 5, 6, -1}},
  };
  for (const Row& row : rows) EXPECT_EQ(row.result.shape(), row.shape) << row.call << ": " << to_string(row.result.shape());
}

TEST(ShapeRulesOfImages, RefuseWithTheShapesThatMet) {
  const Tensor images = zeros({2, 5, 6, 3});
  struct Row {
    std::function<void()> call;
    const char* words;  // of the text
    const char* shapes = "(2, 5, 6, 3)";
  };
  const Row rows[] = {
      {[&] { conv(images, zeros({3, 3, 2, 4})); }, "the images have 3 channels, which the 2 channels of the filter do not divide"},
      {[&] { conv(images, zeros({1, 1, 1, 4})); }, "4 filters cannot be shared out among 3 groups"},
      {[&] { conv(images, zeros({7, 3, 3, 4})); }, "along their height it reaches over 7 places, of 5", "(7, 3, 3, 4)"},
      {[&] { conv(images, zeros({3, 3, 3})); }, "rank 4", "(3, 3, 3)"},
      {[&] { depthwise_conv(images, zeros({3, 3, 2, 4})); }, "the images have 3 channels, and the filter is for 2"},
      {[&] { max_pool(images, 9, {.strides = 1}); }, "along their height it reaches over 9 places, of 5"},
      {[&] { conv_backprop_input(ops::int_tensor(std::array<std::int64_t, 4>{2, 9, 9, 3}), zeros({3, 3, 3, 4}), zeros({2, 6, 7, 4})); },
       "gives (2, 7, 7, 4), not (2, 6, 7, 4)", "(2, 6, 7, 4)"},
      {[&] { conv(cast(images, DType::kInt32), cast(zeros({3, 3, 3, 4}), DType::kInt32)); }, "int32", "int32 (2, 5, 6, 3)"},
  };
  for (const Row& row : rows) {
    try {
      row.call();
      ADD_FAILURE() << "not refused: " << row.words;
    } catch (const ShapeMismatch& error) {
      EXPECT_NE(std::string(error.what()).find(row.words), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(row.shapes), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(conv(images, zeros({3, 3, 3, 4}), {.padding = "full"}), InvalidArgument);
  EXPECT_THROW(conv(images, zeros({3, 3, 3, 4}), {.strides = 0}), InvalidArgument);
  EXPECT_THROW(max_pool(images, 2, {.data_format = "NHWC"}), InvalidArgument);
  EXPECT_THROW(resize_images(images, {0, 3}), InvalidArgument);
  EXPECT_THROW(resize_images(images, {2, 3}, "cubic"), InvalidArgument);
}

}  // namespace
}  // namespace namesake
