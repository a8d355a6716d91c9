// One step of each update against the formula, in double.
#include "namesake/ops/update.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace namesake::ops {
namespace {

std::vector<float> wave(std::size_t n, double step) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(std::sin(static_cast<double>(i) * step));
  return values;
}

TEST(AdamUpdate, IsKerassFormula) {
  for (const std::size_t n : {0u, 1u, 7u, 8u, 9u, 100u}) {
    std::vector<float> p = wave(n, 0.3), m = wave(n, 0.5), v = wave(n, 0.7);
    for (float& value : v) value = std::abs(value);
    const std::vector<float> g = wave(n, 0.9), p0 = p, m0 = m, v0 = v;
    adam_update(p, m, v, g, {.alpha = 0.01, .beta_1 = 0.9, .beta_2 = 0.99, .epsilon = 1e-3});
    for (std::size_t i = 0; i < n; ++i) {
      const double m1 = m0[i] + (g[i] - m0[i]) * 0.1, v1 = v0[i] + (g[i] * g[i] - v0[i]) * 0.01;
      EXPECT_NEAR(m[i], m1, 1e-6);
      EXPECT_NEAR(v[i], v1, 1e-6);
      EXPECT_NEAR(p[i], p0[i] - m1 * 0.01 / (std::sqrt(v1) + 1e-3), 1e-6);
    }
  }
}

TEST(AdamUpdate, KeepsTheLargestVelocityWithAmsgrad) {
  std::vector<float> p = {1, 1}, m = {0, 0}, v = {0.5f, 0.5f}, v_hat = {4, 0.1f};
  adam_update(p, m, v, v_hat, std::vector<float>{1, 1}, {.alpha = 0.1, .beta_1 = 0.5, .beta_2 = 0.5, .epsilon = 0});
  EXPECT_FLOAT_EQ(v[0], 0.75f);
  EXPECT_FLOAT_EQ(v_hat[0], 4);
  EXPECT_FLOAT_EQ(v_hat[1], 0.75f);
  EXPECT_FLOAT_EQ(p[0], 1 - 0.5f * 0.1f / 2);
  EXPECT_FLOAT_EQ(p[1], static_cast<float>(1 - 0.05 / std::sqrt(0.75)));
}

TEST(SgdUpdate, MovesAgainstTheGradientWithOrWithoutMomentum) {
  std::vector<float> p = {1, 2}, plain = p, nesterov = p, m = {0.5f, -0.5f}, m_nesterov = m;
  const std::vector<float> g = {1, -1};
  sgd_update(plain, g, 0.1);
  EXPECT_FLOAT_EQ(plain[0], 0.9f);
  EXPECT_FLOAT_EQ(plain[1], 2.1f);
  sgd_update(p, m, g, 0.1, 0.8, false);
  EXPECT_FLOAT_EQ(m[0], 0.3f);
  EXPECT_FLOAT_EQ(p[0], 1.3f);
  sgd_update(nesterov, m_nesterov, g, 0.1, 0.8, true);
  EXPECT_FLOAT_EQ(m_nesterov[0], 0.3f);
  EXPECT_FLOAT_EQ(nesterov[0], 1 + 0.3f * 0.8f - 0.1f);
}

TEST(Norms, SumSquaresAndScaleInPlace) {
  std::vector<float> values(1001, 2.0f);
  EXPECT_FLOAT_EQ(sum_of_squares(values), 4004);
  scale_in_place(values, 0.5);
  EXPECT_FLOAT_EQ(sum_of_squares(values), 1001);
  EXPECT_EQ(sum_of_squares({}), 0);
}

}  // namespace
}  // namespace namesake::ops
