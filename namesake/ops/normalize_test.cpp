// The fused normalizations: against the ops that they stand for, by central differences, and at sizes of every kind.
#include "namesake/ops/normalize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/gradient_check_test_support.h"
#include "namesake/ops/math.h"
#include "namesake/ops/normalize_records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

constexpr double kEpsilon = 1e-3;

Attrs attrs_of(NormalizeOver over) { return Attrs::of(static_cast<std::int64_t>(over), kEpsilon); }
Tensor normals(const Shape& shape, int seed) { return cast(normal_doubles(shape, seed), DType::kFloat32); }

/// The largest difference between two tensors, of numbers of about 1.
double apart(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  return max(abs(cast(a, DType::kFloat64) - cast(b, DType::kFloat64))).item<double>();
}

TEST(Normalize, HasTheGradientOfCentralDifferences) {
  for (const NormalizeOver over : {NormalizeOver::kRows, NormalizeOver::kColumns}) {
    const Attrs attrs = attrs_of(over);
    const Tensor x = normal_doubles({4, 2, 3}, 1), gamma = normal_doubles({3}, 2), beta = normal_doubles({3}, 3), dy = normal_doubles({4, 2, 3}, 4);
    check_gradient({&kNormalize, {x, gamma, beta}, {}, attrs});
    const Normalized result = normalize(x, gamma, beta, over, kEpsilon);
    check_gradient({&kNormalizeGrad, {dy, x, gamma, result.mean, result.variance}, {}, attrs}, 1e-5);
  }
  check_gradient({&kScaleColumns, {normal_doubles({4, 2, 3}, 1), normal_doubles({3}, 2), normal_doubles({3}, 3)}, {}});
}

// Sizes below and above a vector, a tile, a block and a piece for a thread; a mean far from 0.
TEST(Normalize, GivesWhatItsOpsGiveForEverySize) {
  const Shape shapes[] = {{1, 1}, {5, 3}, {33, 8}, {70, 17}, {2, 100}, {700, 16}, {3000, 64}, {4, 50, 300}, {9, 5000}};
  for (const Shape& shape : shapes) {
    const Tensor x = normals(shape, 1) * 2 + 7, gamma = normals({shape.back()}, 2), beta = normals({shape.back()}, 3), dy = normals(shape, 4);
    const Tensor wide = cast(x, DType::kFloat64), wide_dy = cast(dy, DType::kFloat64);
    for (const NormalizeOver over : {NormalizeOver::kRows, NormalizeOver::kColumns}) {
      const Normalized result = normalize(x, gamma, beta, over, kEpsilon);
      const Normalized exact = normalize(wide, cast(gamma, DType::kFloat64), cast(beta, DType::kFloat64), over, kEpsilon);
      EXPECT_LT(apart(result.y, exact.y), 2e-4) << to_string(shape);
      EXPECT_LT(apart(result.mean, exact.mean), 1e-5) << to_string(shape);
      EXPECT_LT(apart(result.variance, exact.variance), 1e-4) << to_string(shape);
      const Tensor inputs[] = {dy, x, gamma, result.mean, result.variance};
      const Tensor wide_inputs[] = {wide_dy, wide, cast(gamma, DType::kFloat64), exact.mean, exact.variance};
      std::array<Tensor, 3> gradients, exact_gradients;
      apply_into(kNormalizeGrad, inputs, attrs_of(over), gradients);
      apply_into(kNormalizeGrad, wide_inputs, attrs_of(over), exact_gradients);
      for (std::size_t i = 0; i < 3; ++i) {
        const double size = std::max(1.0, max(abs(exact_gradients[i])).item<double>());
        EXPECT_LT(apart(gradients[i], exact_gradients[i]) / size, 2e-4) << to_string(shape) << " gradient " << i;
      }
    }
    EXPECT_LT(apart(scale_columns(x, gamma, beta), x * gamma + beta), 1e-5) << to_string(shape);
  }
}

TEST(Normalize, OverRowsIsWhatTheMomentsSay) {
  const Tensor x = normals({6, 5, 4}, 1), gamma = normals({4}, 2), beta = normals({4}, 3);
  const Moments m = moments(x, {0, 1});
  const Normalized result = normalize(x, gamma, beta, NormalizeOver::kRows, kEpsilon);
  EXPECT_LT(apart(result.mean, m.mean), 1e-6);
  EXPECT_LT(apart(result.variance, m.variance), 1e-6);
  EXPECT_LT(apart(result.y, (x - m.mean) * rsqrt(m.variance + kEpsilon) * gamma + beta), 1e-5);
}

TEST(Normalize, OverColumnsMayHaveSeveralAxes) {
  const Tensor x = normals({6, 5, 4}, 1), gamma = normals({5, 4}, 2), beta = normals({5, 4}, 3);
  const Moments m = moments(x, {1, 2}, true);
  const Normalized result = normalize(x, gamma, beta, NormalizeOver::kColumns, kEpsilon);
  EXPECT_EQ(result.mean.shape(), (Shape{6}));
  EXPECT_LT(apart(result.y, (x - m.mean) * rsqrt(m.variance + kEpsilon) * gamma + beta), 1e-5);
}

TEST(Normalize, KeepsTheDigitsOfNumbersFarFromZero) {
  const Tensor x = normals({2000, 8}, 1) + 1000, gamma = ones({8}), beta = zeros({8});
  const Normalized result = normalize(x, gamma, beta, NormalizeOver::kRows, kEpsilon);
  EXPECT_LT(apart(result.variance, variance(cast(x, DType::kFloat64), 0)), 1e-4);
}

TEST(Normalize, RefusesAFactorThatDoesNotFit) {
  EXPECT_THROW(static_cast<void>(normalize(ones({2, 3}), ones({2}), ones({2}), NormalizeOver::kRows, kEpsilon)), ShapeMismatch);
  EXPECT_THROW(static_cast<void>(normalize(ones({2, 3}), ones({3}), ones({1}), NormalizeOver::kRows, kEpsilon)), ShapeMismatch);
  EXPECT_THROW(static_cast<void>(scale_columns(ones({2, 3}), ones({2}), ones({2}))), ShapeMismatch);
}

TEST(Normalize, OfNothingIsNothing) {
  const Normalized result = normalize(zeros({0, 3}), ones({3}), ones({3}), NormalizeOver::kRows, kEpsilon);
  EXPECT_EQ(result.y.shape(), (Shape{0, 3}));
  EXPECT_EQ(result.mean.to_vector<float>(), (std::vector<float>{0, 0, 0}));
}

}  // namespace
}  // namespace namesake::ops
