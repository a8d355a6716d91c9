// One step of each update against the formula, in double.
#include "namesake/ops/update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace namesake::ops {
namespace {

std::vector<float> wave(std::size_t n, double step) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(std::sin(static_cast<double>(i) * step));
  return values;
}

/// The numbers of one variable and its state before a step.
struct State {
  explicit State(std::size_t n) : param(wave(n, 0.3)), m(wave(n, 0.5)), v(wave(n, 0.7)), grad(wave(n, 0.9)) {
    for (float& value : v) value = std::abs(value) + 0.01f;
  }
  std::vector<float> param, m, v, grad;
};

/// What a step makes of one number, in double.
struct Expected {
  double param, m, v;
};

struct Row {
  std::string name;
  std::function<void(State&)> step;
  std::function<Expected(double w, double m, double v, double g)> formula;
};

double sign(double x) { return x > 0 ? 1 : (x < 0 ? -1 : 0); }
double adam_m(double m, double g) { return m + (g - m) * 0.1; }
double adam_v(double v, double g) { return v + (g * g - v) * 0.01; }

std::vector<Row> rows() {
  return {
      {"sgd", [](State& s) { sgd_update(s.param, s.grad, {.learning_rate = 0.1f}); },
       [](double w, double m, double v, double g) { return Expected{w - 0.1 * g, m, v}; }},
      {"sgd momentum", [](State& s) { sgd_update(s.param, s.m, s.grad, {.learning_rate = 0.1f, .momentum = 0.8f}); },
       [](double w, double m, double v, double g) { return Expected{w + 0.8 * m - 0.1 * g, 0.8 * m - 0.1 * g, v}; }},
      {"sgd nesterov", [](State& s) { sgd_update(s.param, s.m, s.grad, {.learning_rate = 0.1f, .momentum = 0.8f, .nesterov = true}); },
       [](double w, double m, double v, double g) {
         const double next = 0.8 * m - 0.1 * g;
         return Expected{w + 0.8 * next - 0.1 * g, next, v};
       }},
      {"adam",
       [](State& s) {
         adam_update(s.param, s.m, s.v, s.grad, {.alpha = 0.01f, .one_minus_beta_1 = 0.1f, .one_minus_beta_2 = 0.01f, .epsilon = 1e-3f});
       },
       [](double w, double m, double v, double g) {
         return Expected{w - adam_m(m, g) * 0.01 / (std::sqrt(adam_v(v, g)) + 1e-3), adam_m(m, g), adam_v(v, g)};
       }},
      {"adamax", [](State& s) { adamax_update(s.param, s.m, s.v, s.grad, {.learning_rate = 0.1f, .beta_2 = 0.9f, .correction = 0.5f, .epsilon = 1e-3f}); },
       [](double w, double m, double v, double g) {
         const double u = std::max(0.9 * v, std::abs(g));
         return Expected{w - 0.1 * adam_m(m, g) / (0.5 * (u + 1e-3)), adam_m(m, g), u};
       }},
      {"nadam",
       [](State& s) {
         nadam_update(s.param, s.m, s.v, s.grad, {.learning_rate = 0.1f, .one_minus_beta_2 = 0.01f, .of_momentum = 0.7f, .of_gradient = 0.4f, .of_velocity = 2, .epsilon = 1e-3f});
       },
       [](double w, double m, double v, double g) {
         const double update = (0.7 * adam_m(m, g) + 0.4 * g) / (std::sqrt(2 * adam_v(v, g)) + 1e-3);
         return Expected{w - 0.1 * update, adam_m(m, g), adam_v(v, g)};
       }},
      {"rmsprop", [](State& s) { rmsprop_update(s.param, s.v, {}, {}, s.grad, {.learning_rate = 0.1f, .epsilon = 1e-3f}); },
       [](double w, double m, double v, double g) {
         const double next = 0.9 * v + 0.1 * g * g;
         return Expected{w - 0.1 * g / std::sqrt(next + 1e-3), m, next};
       }},
      {"rmsprop momentum", [](State& s) { rmsprop_update(s.param, s.v, s.m, {}, s.grad, {.learning_rate = 0.1f, .momentum = 0.5f, .epsilon = 1e-3f}); },
       [](double w, double m, double v, double g) {
         const double next = 0.9 * v + 0.1 * g * g, mean = 0.5 * m + 0.1 * g / std::sqrt(next + 1e-3);
         return Expected{w - mean, mean, next};
       }},
      {"rmsprop centered",
       [](State& s) {
         for (float& value : s.v) value += 2;  // above the square of the mean
         rmsprop_update(s.param, s.v, {}, s.m, s.grad, {.learning_rate = 0.1f, .epsilon = 1e-3f});
       },
       [](double w, double m, double v, double g) {
         const double next = 0.9 * (v + 2) + 0.1 * g * g, mean = 0.9 * m + 0.1 * g;
         return Expected{w - 0.1 * g / std::sqrt(next - mean * mean + 1e-3), mean, next};
       }},
      {"adagrad", [](State& s) { adagrad_update(s.param, s.v, s.grad, {.learning_rate = 0.1f, .epsilon = 1e-3f}); },
       [](double w, double m, double v, double g) { return Expected{w - 0.1 * g / std::sqrt(v + g * g + 1e-3), m, v + g * g}; }},
      {"adadelta",
       [](State& s) {
         for (float& value : s.m) value = std::abs(value);
         adadelta_update(s.param, s.v, s.m, s.grad, {.learning_rate = 0.5f, .rho = 0.9f, .one_minus_rho = 0.1f, .epsilon = 1e-3f});
       },
       [](double w, double m, double v, double g) {
         const double grads = 0.9 * v + 0.1 * g * g, delta = -g * std::sqrt(std::abs(m) + 1e-3) / std::sqrt(grads + 1e-3);
         return Expected{w + 0.5 * delta, 0.9 * std::abs(m) + 0.1 * delta * delta, grads};
       }},
      {"ftrl", [](State& s) { ftrl_update(s.param, s.v, s.m, s.grad, {.learning_rate = 0.1f, .l1 = 0.2f, .two_l2 = 0.3f, .two_shrinkage = 0.4f}); },
       [](double w, double m, double v, double g) {
         const double line = m + g + 0.4 * w - (std::sqrt(v + g * g) - std::sqrt(v)) / 0.1 * w;
         return Expected{(std::clamp(line, -0.2, 0.2) - line) / (std::sqrt(v + g * g) / 0.1 + 0.3), line, v + g * g};
       }},
      {"ftrl power", [](State& s) { ftrl_update(s.param, s.v, s.m, s.grad, {.learning_rate = 0.1f, .power = 0.3f}); },
       [](double w, double m, double v, double g) {
         const double line = m + g - (std::pow(v + g * g, 0.3) - std::pow(v, 0.3)) / 0.1 * w;
         return Expected{-line / (std::pow(v + g * g, 0.3) / 0.1), line, v + g * g};
       }},
      {"lion", [](State& s) { lion_update(s.param, s.m, s.grad, {.learning_rate = 0.1f}); },
       [](double w, double m, double v, double g) { return Expected{w - 0.1 * sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g, v}; }},
      {"lamb", [](State& s) { lamb_update(s.param, s.m, s.v, s.grad, {.one_minus_beta_2 = 0.01f, .momentum_correction = 0.5f, .velocity_correction = 0.25f, .epsilon = 1e-3f}); },
       [](double, double m, double v, double g) {
         return Expected{adam_m(m, g) / 0.5 / (std::sqrt(adam_v(v, g) / 0.25) + 1e-3), adam_m(m, g), adam_v(v, g)};
       }},
  };
}

TEST(Updates, AreKerasesFormulas) {
  for (const Row& row : rows()) {
    for (const std::size_t n : {0u, 1u, 7u, 8u, 9u, 100u}) {
      State state(n);
      const State before = state;
      row.step(state);
      for (std::size_t i = 0; i < n; ++i) {
        const Expected expected = row.formula(before.param[i], before.m[i], before.v[i], before.grad[i]);
        EXPECT_NEAR(state.param[i], expected.param, 3e-6 * std::max(1.0, std::abs(expected.param))) << row.name << ", number " << i;
        EXPECT_NEAR(state.m[i], expected.m, 3e-6 * std::max(1.0, std::abs(expected.m))) << row.name << ", number " << i;
        EXPECT_NEAR(state.v[i], expected.v, 3e-6 * std::max(1.0, std::abs(expected.v))) << row.name << ", number " << i;
      }
    }
  }
}

TEST(AdamUpdate, KeepsTheLargestVelocityWithAmsgrad) {
  std::vector<float> p = {1, 1}, m = {0, 0}, v = {0.5f, 0.5f}, v_hat = {4, 0.1f};
  adam_update(p, m, v, v_hat, std::vector<float>{1, 1}, {.alpha = 0.1f, .one_minus_beta_1 = 0.5f, .one_minus_beta_2 = 0.5f, .epsilon = 0});
  EXPECT_FLOAT_EQ(v[0], 0.75f);
  EXPECT_FLOAT_EQ(v_hat[0], 4);
  EXPECT_FLOAT_EQ(v_hat[1], 0.75f);
  EXPECT_FLOAT_EQ(p[0], 1 - 0.5f * 0.1f / 2);
  EXPECT_FLOAT_EQ(p[1], static_cast<float>(1 - 0.05 / std::sqrt(0.75)));
}

TEST(Blend, MovesAnAverageTowardsTheValues) {
  std::vector<float> average = {1, 2, -3};
  blend(average, std::vector<float>{3, 2, 1}, 0.75f);
  EXPECT_EQ(average, (std::vector<float>{1.5f, 2, -2}));
  add_scaled(average, std::vector<float>{2, 4, 8}, 0.5f);
  EXPECT_EQ(average, (std::vector<float>{2.5f, 4, 2}));
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
