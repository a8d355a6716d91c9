// The float32 loops of every level that this machine has: accuracy, odd lengths, and nothing written beyond the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "namesake/ops/kernels/levels_test_support.h"

namespace namesake::ops::kernels {
namespace {

/// The distance of `value` from `exact`, in units of the last place of a float there.
double units_off(float value, double exact) {
  const auto nearest = static_cast<float>(exact);
  if (value == nearest || (std::isnan(value) && std::isnan(exact))) return 0;
  if (!std::isfinite(value) || !std::isfinite(nearest)) return std::numeric_limits<double>::infinity();
  const double unit = static_cast<double>(std::nextafter(std::abs(nearest), std::numeric_limits<float>::infinity())) -
                      std::abs(static_cast<double>(nearest));
  return std::abs(static_cast<double>(value) - exact) / unit;
}

struct Function {
  UnaryOp op;
  const char* name;
  double (*exact)(double);
  float low, high;
  double units;  // the error allowed
};
const Function kFunctions[] = {
    {kExp, "exp", [](double x) { return std::exp(x); }, -110, 95, 2},
    {kExpm1, "expm1", [](double x) { return std::expm1(x); }, -30, 95, 3},
    {kLog, "log", [](double x) { return std::log(x); }, 0, 1e6, 2},
    {kLog1p, "log1p", [](double x) { return std::log1p(x); }, -1, 10, 3},
    {kErf, "erf", [](double x) { return std::erf(x); }, -5, 5, 3},
    {kTanh, "tanh", [](double x) { return std::tanh(x); }, -12, 12, 3},
    {kSigmoid, "sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 30, 3},
    {kSoftplus, "softplus", [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }, -80, 30, 3},
    {kElu, "elu", [](double x) { return x > 0 ? x : std::expm1(x); }, -20, 5, 3},
    {kSelu, "selu", [](double x) { return x > 0 ? 1.0507009873554805 * x : 1.7580993408473766 * std::expm1(x); }, -20,
     5, 4},
    {kSqrt, "sqrt", [](double x) { return std::sqrt(x); }, 0, 1e6, 1},
    {kRsqrt, "rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1e-3f, 1e6, 2},
};

TEST(Kernels, AreAccurateToAFewUnitsInTheLastPlace) {
  for (const Table* table : levels()) {
    for (const Function& f : kFunctions) {
      std::vector<float> in(200001), out(in.size());
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = f.low + (f.high - f.low) * static_cast<float>(i) / 200000.0f;
      table->unary[f.op](out.data(), in.data(), static_cast<Int>(in.size()));
      double worst = 0;
      float where = 0;
      for (std::size_t i = 0; i < in.size(); ++i) {
        const double off = units_off(out[i], f.exact(static_cast<double>(in[i])));
        if (off > worst) worst = off, where = in[i];
      }
      EXPECT_LE(worst, f.units) << table->level << " " << f.name << " at " << where;
    }
  }
}

TEST(Kernels, HandleInfinitiesNansAndZeros) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> in = {-inf, -1e30f, -0.0f, 0.0f, 1e-40f, 1e30f, inf, nan, 1.0f, -1.0f};
  for (const Table* table : levels()) {
    for (const Function& f : kFunctions) {
      std::vector<float> out(in.size());
      table->unary[f.op](out.data(), in.data(), static_cast<Int>(in.size()));
      for (std::size_t i = 0; i < in.size(); ++i) {
        EXPECT_LE(units_off(out[i], f.exact(static_cast<double>(in[i]))), 3)
            << table->level << " " << f.name << "(" << in[i] << ") = " << out[i];
      }
    }
  }
}

std::vector<float> numbers(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(random() % 2001) / 500.0f - 2.0f;
  return values;
}

TEST(Kernels, GiveTheSameForAnElementWhereverItStands) {
  const std::vector<float> in = numbers(80, 3);
  for (const Table* table : levels()) {
    for (const Function& f : kFunctions) {
      std::vector<float> whole(in.size());
      table->unary[f.op](whole.data(), in.data(), 80);
      for (Int n = 0; n < 40; ++n) {
        std::vector<float> part(static_cast<std::size_t>(n) + 1, 77.0f);
        table->unary[f.op](part.data(), in.data() + 7, n);
        for (Int i = 0; i < n; ++i) {
          const float a = part[static_cast<std::size_t>(i)], b = whole[static_cast<std::size_t>(i) + 7];
          EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b)))
              << table->level << " " << f.name << " " << n << " " << i;
        }
        EXPECT_EQ(part.back(), 77.0f) << table->level << " " << f.name << " wrote beyond " << n;
      }
    }
  }
}

TEST(Kernels, ReduceRowsOfAnyShape) {
  for (const Table* table : levels()) {
    for (const Int rows : {1, 3, 4, 8, 9, 100, 1100}) {
      for (const Int cols : {1, 2, 3, 4, 7, 8, 10, 31, 63, 64, 65, 130}) {
        const std::vector<float> in = numbers(static_cast<std::size_t>(rows * cols), 5);
        std::vector<float> down(static_cast<std::size_t>(cols)), across(static_cast<std::size_t>(rows));
        table->sum_rows(down.data(), in.data(), rows, cols);
        table->sum_each_row(across.data(), in.data(), rows, cols);
        std::vector<double> wide_down(down.size()), wide_across(across.size());
        for (Int r = 0; r < rows; ++r) {
          for (Int c = 0; c < cols; ++c) {
            wide_down[static_cast<std::size_t>(c)] += in[static_cast<std::size_t>(r * cols + c)];
            wide_across[static_cast<std::size_t>(r)] += in[static_cast<std::size_t>(r * cols + c)];
          }
        }
        for (std::size_t i = 0; i < down.size(); ++i)
          EXPECT_NEAR(down[i], wide_down[i], 1e-3) << table->level << " " << rows << "x" << cols;
        for (std::size_t i = 0; i < across.size(); ++i)
          EXPECT_NEAR(across[i], wide_across[i], 1e-4) << table->level << " " << rows << "x" << cols;
      }
    }
  }
}

TEST(Kernels, ReduceRunsOfAnyLength) {
  for (const Table* table : levels()) {
    for (const Int n : {1, 2, 7, 8, 9, 63, 64, 100, 5000}) {
      const std::vector<float> in = numbers(static_cast<std::size_t>(n), 6);
      EXPECT_NEAR(table->sum(in.data(), n), std::accumulate(in.begin(), in.end(), 0.0), 1e-3)
          << table->level << " " << n;
      EXPECT_EQ(table->max(in.data(), n), *std::max_element(in.begin(), in.end())) << table->level << " " << n;
      EXPECT_EQ(table->min(in.data(), n), *std::min_element(in.begin(), in.end())) << table->level << " " << n;
      const double squares = std::inner_product(in.begin(), in.end(), in.begin(), 0.0);
      EXPECT_NEAR(table->sum_of_squares(in.data(), n), squares, squares * 1e-6 + 1e-6) << table->level << " " << n;
    }
    const std::vector<float> with_nan = {1, 2, std::numeric_limits<float>::quiet_NaN(), 3, 4, 5, 6, 7, 8, 9};
    EXPECT_TRUE(std::isnan(table->max(with_nan.data(), 10))) << table->level;
    EXPECT_TRUE(std::isnan(table->min(with_nan.data(), 10))) << table->level;
  }
}

TEST(Kernels, TransposeMatricesOfAnyShape) {
  for (const Table* table : levels()) {
    for (const Int rows : {1, 2, 3, 4, 5, 8, 33, 100}) {
      for (const Int cols : {1, 3, 4, 6, 10, 31, 65}) {
        const std::vector<float> in = numbers(static_cast<std::size_t>(rows * cols), 7);
        std::vector<float> out(in.size() + 1, 77.0f);
        table->transpose(out.data(), in.data(), rows, cols);
        for (Int r = 0; r < rows; ++r) {
          for (Int c = 0; c < cols; ++c) {
            ASSERT_EQ(out[static_cast<std::size_t>(c * rows + r)], in[static_cast<std::size_t>(r * cols + c)])
                << table->level << " " << rows << "x" << cols;
          }
        }
        EXPECT_EQ(out.back(), 77.0f);
      }
    }
  }
}

TEST(Kernels, TakeTheSoftmaxAndItsCrossEntropyOfRowsOfAnyLength) {
  for (const Table* table : levels()) {
    for (const Int rows : {1, 5, 8, 19}) {
      for (const Int cols : {1, 2, 4, 10, 64, 65, 300, 5000}) {
        const auto n = static_cast<std::size_t>(rows * cols), height = static_cast<std::size_t>(rows);
        const std::vector<float> in = numbers(n, 8);
        std::vector<float> labels(n), out(n), logs(n), backprop(n), loss(height), sparse_loss(height),
            sparse_backprop(n);
        std::vector<std::int32_t> classes(height);
        for (std::size_t r = 0; r < height; ++r) {
          classes[r] = static_cast<std::int32_t>(r * 7 % static_cast<std::size_t>(cols));
          labels[r * static_cast<std::size_t>(cols) + static_cast<std::size_t>(classes[r])] = 1;
        }
        table->softmax(out.data(), in.data(), rows, cols);
        table->log_softmax(logs.data(), in.data(), rows, cols);
        table->softmax_cross_entropy(loss.data(), backprop.data(), in.data(), labels.data(), rows, cols);
        table->sparse_cross_entropy_int32(sparse_loss.data(), sparse_backprop.data(), in.data(), classes.data(), rows,
                                          cols);
        for (std::size_t r = 0; r < height; ++r) {
          const float* row = in.data() + r * static_cast<std::size_t>(cols);
          double total = 0;
          for (Int c = 0; c < cols; ++c) total += std::exp(static_cast<double>(row[c]));
          const double expected = std::log(total) - static_cast<double>(row[classes[r]]);
          EXPECT_NEAR(loss[r], expected, 3e-6) << table->level << " " << rows << "x" << cols;
          EXPECT_NEAR(sparse_loss[r], expected, 3e-6) << table->level << " " << rows << "x" << cols;
          for (Int c = 0; c < cols; ++c) {
            const std::size_t at = r * static_cast<std::size_t>(cols) + static_cast<std::size_t>(c);
            const double p = std::exp(static_cast<double>(row[c])) / total;
            EXPECT_NEAR(out[at], p, 1e-6) << table->level << " " << rows << "x" << cols;
            EXPECT_NEAR(logs[at], std::log(p), 3e-6) << table->level << " " << rows << "x" << cols;
            EXPECT_NEAR(backprop[at], p - static_cast<double>(labels[at]), 1e-6)
                << table->level << " " << rows << "x" << cols;
            EXPECT_NEAR(sparse_backprop[at], p - static_cast<double>(labels[at]), 1e-6)
                << table->level << " " << rows << "x" << cols;
          }
        }
      }
    }
  }
}

TEST(Kernels, LevelsAgreeUpToRounding) {
  const std::vector<float> a = numbers(1000, 9), b = numbers(1000, 10);
  for (int op = 0; op < kBinaryOps; ++op) {
    for (int walk = 0; walk < kWalks; ++walk) {
      std::vector<float> first(1000);
      for (const Table* table : levels()) {
        std::vector<float> out(1000);
        table->binary[op][walk](out.data(), a.data(), b.data(), 1000);
        if (table == &kBaseline) first = out;
        for (std::size_t i = 0; i < 1000; ++i) {
          EXPECT_TRUE(out[i] == first[i] || std::isnan(out[i])) << table->level << " binary " << op << " " << walk;
        }
      }
    }
  }
}

TEST(Kernels, PoolWhatLiesUnderTheWindowAndNotOverTheEdge) {
  for (const Int channels : {1, 3, 4, 8, 19}) {
    const PoolWindow w{2, 5, 6, 3, 6, channels, 3, 2, 2, 1, 1, 0};
    const auto inputs = static_cast<std::size_t>(2 * 5 * 6 * channels), outputs = static_cast<std::size_t>(2 * 3 * 6 * channels);
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    std::vector<float> in(inputs), grad(outputs), most(outputs), mean(outputs), most_back(inputs), mean_back(inputs);
    for (float& x : in) x = normal(random);
    for (float& x : grad) x = normal(random);
    for (std::size_t at = 0; at < outputs; ++at) {
      const Int c = static_cast<Int>(at) % channels, place = static_cast<Int>(at) / channels, x = place % 6, y = place / 6 % 3, n = place / 18;
      std::vector<std::size_t> under;
      for (Int iy = 2 * y - 1; iy < 2 * y + 2; ++iy) {
        for (Int ix = x; ix < x + 2; ++ix) {
          if (iy >= 0 && iy < 5 && ix < 6) under.push_back(static_cast<std::size_t>(((n * 5 + iy) * 6 + ix) * channels + c));
        }
      }
      const auto best = *std::max_element(under.begin(), under.end(), [&](std::size_t a, std::size_t b) { return in[a] < in[b]; });
      most[at] = in[best];
      most_back[best] += grad[at];
      for (const std::size_t i : under) {
        mean[at] += in[i] / static_cast<float>(under.size());
        mean_back[i] += grad[at] / static_cast<float>(under.size());
      }
    }
    for (const Table* table : levels()) {
      SCOPED_TRACE(std::string(table->level) + ", channels " + std::to_string(channels));
      std::vector<float> out(outputs), back(inputs, 5.0f);
      table->max_pool(out.data(), in.data(), w);
      EXPECT_EQ(out, most);
      table->max_pool_grad(back.data(), in.data(), out.data(), grad.data(), w);
      for (std::size_t i = 0; i < inputs; ++i) ASSERT_NEAR(back[i], most_back[i], 1e-5f) << i;
      table->average_pool(out.data(), in.data(), w);
      for (std::size_t i = 0; i < outputs; ++i) ASSERT_NEAR(out[i], mean[i], 1e-5f) << i;
      table->average_pool_grad(back.data(), grad.data(), w);
      for (std::size_t i = 0; i < inputs; ++i) ASSERT_NEAR(back[i], mean_back[i], 1e-5f) << i;
    }
  }
}

}  // namespace
}  // namespace namesake::ops::kernels
