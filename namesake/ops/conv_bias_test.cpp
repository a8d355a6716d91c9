// Convolutions with their bias and relu in one op, against the ops that they stand for.
#include "namesake/ops/conv_bias.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "namesake/base/error.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/gradient_check_test_support.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/variable.h"

namespace namesake::ops {
namespace {

Tensor normals(const Shape& shape, int seed) { return cast(normal_doubles(shape, seed), DType::kFloat32); }

TEST(ConvBias, HasTheGradientOfCentralDifferences) {
  const Attrs attrs = conv_attrs({.strides = {1, 2}, .padding = "same"});
  const Tensors inputs = {normal_doubles({2, 4, 5, 2}, 1), normal_doubles({3, 2, 2, 3}, 2), normal_doubles({3}, 3)};
  check_gradient({&kConvBias, inputs, {}, attrs});
  check_gradient({&kConvBiasRelu, inputs, {}, attrs});
  check_gradient({&kReluBiasGrad, {normal_doubles({2, 3, 4}, 1), normal_doubles({2, 3, 4}, 2)}, {}});
}

// Batches of one run, of several, and with a rest; channels below and above a vector; groups.
TEST(ConvBias, GivesWhatItsOpsGive) {
  struct Row {
    Shape images, kernel;
    ConvOptions options = {};
  };
  const Row rows[] = {{{1, 5, 5, 1}, {3, 3, 1, 2}},
                      {{33, 28, 28, 1}, {3, 3, 1, 16}},
                      {{37, 20, 20, 3}, {5, 5, 3, 40}, {.strides = 2, .padding = "same"}},
                      {{6, 9, 7, 4}, {2, 2, 2, 6}, {.dilation_rate = 2}},
                      {{2, 1, 50, 8}, {1, 4, 8, 100}}};
  for (const Row& row : rows) {
    const Tensor x = normals(row.images, 1), kernel = normals(row.kernel, 2), bias = normals({row.kernel.back()}, 3);
    const Tensor y = bias_add(conv(x, kernel, row.options), bias);
    EXPECT_LT(max(abs(conv_bias(x, kernel, bias, row.options, false) - y)).item<float>(), 1e-4f) << to_string(row.images);
    EXPECT_LT(max(abs(conv_bias(x, kernel, bias, row.options, true) - relu(y))).item<float>(), 1e-4f) << to_string(row.images);
  }
}

TEST(ConvBias, SumsTheGradientOfABiasOverAllRows) {
  for (const Shape& shape : {Shape{3, 5}, Shape{20000, 16}, Shape{700, 100}}) {
    const Tensor dy = normals(shape, 1), y = normals(shape, 2), expected = where(greater(y, 0), dy, zeros_like(dy));
    std::array<Tensor, 2> both;
    const Tensor inputs[] = {dy, y};
    apply_into(kReluBiasGrad, inputs, {}, both);
    EXPECT_EQ(max(abs(both[0] - expected)).item<float>(), 0) << to_string(shape);
    EXPECT_LT(max(abs(cast(both[1], DType::kFloat64) - sum(cast(expected, DType::kFloat64), 0))).item<double>(), 2e-4) << to_string(shape);
  }
}

// Large filters stay reordered from one call to the next; never longer than they stand.
TEST(ConvBias, SeesEveryChangeOfALargeFilter) {
  const Tensor x = normals({1, 4, 4, 128}, 1), bias = zeros({128});
  const auto expected = [&](const Tensor& filter) { return cast(conv(cast(x, DType::kFloat64), cast(filter, DType::kFloat64)), DType::kFloat32); };
  const auto check = [&](const Tensor& filter, const char* when) {
    EXPECT_LT(max(abs(conv_bias(x, filter, bias, {}, false) - expected(filter))).item<float>(), 1e-3f) << when;
    EXPECT_LT(max(abs(conv(x, filter) - expected(filter))).item<float>(), 1e-3f) << when;
  };
  const Variable filter(normals({3, 3, 128, 128}, 2));
  check(filter.value(), "at first");
  check(filter.value(), "again");
  for (float& number : filter.update<float>()) number *= 2;
  check(filter.value(), "after an update in place");
  filter.update<float>()[5] = 100;
  check(filter.value(), "after another one");
  filter.assign(normals({3, 3, 128, 128}, 3));
  check(filter.value(), "after an assignment");
  for (int seed = 4; seed < 8; ++seed) check(normals({3, 3, 128, 128}, seed), "when memory is used again");
  std::thread([&] { check(filter.value(), "on another thread"); }).join();
}

TEST(ConvBias, ReluHidesNoNaN) {
  const Tensor kernel = full({1, 1, 1, 1}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(std::isnan(conv_bias(ones({1, 1, 1, 1}), kernel, zeros({1}), {}, true).item<float>()));
}

TEST(ConvBias, RefusesABiasThatDoesNotFit) {
  EXPECT_THROW(static_cast<void>(conv_bias(ones({1, 3, 3, 1}), ones({2, 2, 1, 4}), ones({3}), {}, true)), ShapeMismatch);
  EXPECT_THROW(static_cast<void>(conv_bias(ones({1, 1, 3, 3}), ones({2, 2, 1, 4}), ones({4}), {.data_format = "channels_first"}, true)),
               InvalidArgument);
}

}  // namespace
}  // namespace namesake::ops
