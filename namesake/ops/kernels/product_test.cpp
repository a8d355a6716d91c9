// The product of small matrices at every level that this machine has. The matrices are of their exact size on the heap, so
// that the sanitizers see what is read beyond their ends.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "namesake/ops/kernels/levels_test_support.h"
#include "namesake/ops/onednn.h"

namespace namesake::ops::kernels {
namespace {

constexpr float kBeyond = 77.0f;

std::size_t at(Int row, Int cols, Int col) { return static_cast<std::size_t>(row * cols + col); }

std::vector<float> numbers(Int n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = static_cast<float>(random() % 2001) / 500.0f - 2.0f;
  return values;
}

struct Sizes {
  Int m, n, k;
};
std::string to_string(const Sizes& s) {
  return "(" + std::to_string(s.m) + ", " + std::to_string(s.k) + ") by (" + std::to_string(s.k) + ", " + std::to_string(s.n) + ")";
}

std::vector<float> transposed(const std::vector<float>& matrix, Int rows, Int cols) {
  std::vector<float> result(matrix.size());
  for (Int r = 0; r < rows; ++r) {
    for (Int c = 0; c < cols; ++c) result[at(c, rows, r)] = matrix[at(r, cols, c)];
  }
  return result;
}

/// Calls `check(got, which)` with the product of a (m, k) and b (k, n) by each level, each stored either way round.
template <class Check>
void each_product(const Sizes& s, const std::vector<float>& a, const std::vector<float>& b, const Check& check) {
  const std::vector<float> turned_a = transposed(a, s.m, s.k), turned_b = transposed(b, s.k, s.n);
  for (const Table* table : levels()) {
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        std::vector<float> c(static_cast<std::size_t>(s.m * s.n) + 1, kBeyond);
        table->small_product(c.data(), (ta ? turned_a : a).data(), (tb ? turned_b : b).data(), ta, tb, s.m, s.n, s.k);
        check(c, to_string(s) + " " + table->level + (ta ? " T" : " N") + (tb ? "T" : "N"));
      }
    }
  }
}

TEST(SmallProduct, IsThatOfDoublesUpToRoundingForAllSizes) {
  for (const Int m : {1, 2, 3, 4, 5, 6, 7, 8, 11, 17, 33}) {
    for (const Int n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 33, 64, 65}) {
      for (const Int k : {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 65, 256, 257, 515}) {
        const Sizes s{m, n, k};
        const std::vector<float> a = numbers(m * k, 1), b = numbers(k * n, 2);
        std::vector<double> exact(static_cast<std::size_t>(m * n)), sizes(exact.size());
        for (Int i = 0; i < m; ++i) {
          for (Int l = 0; l < k; ++l) {
            const double left = static_cast<double>(a[at(i, k, l)]);
            for (Int j = 0; j < n; ++j) {
              const double product = left * static_cast<double>(b[at(l, n, j)]);
              exact[at(i, n, j)] += product;
              sizes[at(i, n, j)] += std::abs(product);
            }
          }
        }
        each_product(s, a, b, [&](const std::vector<float>& c, const std::string& which) {
          for (std::size_t i = 0; i < exact.size(); ++i)
            ASSERT_NEAR(static_cast<double>(c[i]), exact[i], 1e-6 * sizes[i]) << which << " at " << i;
          ASSERT_EQ(c.back(), kBeyond) << which;
        });
      }
    }
  }
}

TEST(SmallProduct, SpreadsANanOverItsRowOrColumnAndNoFurther) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (const Sizes& s : {Sizes{1, 1, 1}, {1, 3, 4}, {2, 9, 5}, {5, 7, 3}, {6, 16, 8}, {7, 17, 9}, {3, 37, 261}, {9, 3, 270}, {13, 1, 20}, {8, 70, 300}}) {
    for (const float bad : {nan, inf}) {  // inf times 0 is NaN, too
      const Int row = s.m / 2, col = s.n - 1, inner = s.k - 1;
      const std::vector<float> zeros_a(static_cast<std::size_t>(s.m * s.k)), zeros_b(static_cast<std::size_t>(s.k * s.n));
      std::vector<float> a = zeros_a, b = zeros_b;
      a[at(row, s.k, inner)] = bad;
      b[at(inner, s.n, col)] = bad;
      const auto expect = [&](bool in_row) {
        return [&s, in_row, row, col](const std::vector<float>& c, const std::string& which) {
          for (Int i = 0; i < s.m; ++i) {
            for (Int j = 0; j < s.n; ++j) {
              const float value = c[at(i, s.n, j)];
              EXPECT_TRUE((in_row ? i == row : j == col) ? std::isnan(value) : value == 0.0f) << which << " at " << i << ", " << j << ": " << value;
            }
          }
        };
      };
      each_product(s, a, zeros_b, expect(true));
      each_product(s, zeros_a, b, expect(false));
    }
  }
}

/// Clang leaves some multiply-adds in two steps where a sanitizer's check stands between them.
constexpr bool fuses_as_it_likes() {
#if defined(__clang__) && defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
  return true;
#endif
#endif
  return false;
}

TEST(SmallProduct, GivesARowTheSameWhateverTheNumberOfRows) {
  if (fuses_as_it_likes()) GTEST_SKIP() << "clang's sanitizers change what is rounded";
  for (const Table* table : levels()) {
    for (const Sizes& s : {Sizes{37, 1, 19}, {37, 3, 300}, {37, 10, 64}, {37, 65, 270}}) {
      const std::vector<float> a = numbers(s.m * s.k, 3), b = numbers(s.k * s.n, 4);
      std::vector<float> all(static_cast<std::size_t>(s.m * s.n));
      table->small_product(all.data(), a.data(), b.data(), false, false, s.m, s.n, s.k);
      for (const Int rows : {1, 2, 3, 8, 20}) {
        std::vector<float> some(static_cast<std::size_t>(rows * s.n));
        const Int from = s.m - rows;
        table->small_product(some.data(), a.data() + from * s.k, b.data(), false, false, rows, s.n, s.k);
        for (std::size_t i = 0; i < some.size(); ++i)
          ASSERT_EQ(some[i], all[static_cast<std::size_t>(from * s.n) + i]) << table->level << " " << to_string(s) << " of " << rows;
      }
    }
  }
}

TEST(Sgemm, GivesTheSameUpToRoundingWhicheverCodeMultiplies) {
  const Int n = 64, k = 64, few = 32, many = 33;  // few rows are multiplied by our own kernel
  const std::vector<float> a = numbers(many * k, 5), b = numbers(k * n, 6);
  std::vector<float> own(static_cast<std::size_t>(few * n)), whole(static_cast<std::size_t>(many * n));
  sgemm(false, false, few, n, k, a.data(), b.data(), own.data());
  sgemm(false, false, many, n, k, a.data(), b.data(), whole.data());
  for (std::size_t i = 0; i < own.size(); ++i) ASSERT_NEAR(own[i], whole[i], 2e-4f) << i;
}

TEST(Sgemm, OfNoProductsIsZeroAndOfNoElementsWritesNothing) {
  const std::vector<float> some = numbers(12, 7);
  std::vector<float> c(13, kBeyond);
  sgemm(false, true, 0, 4, 3, some.data(), some.data(), c.data());
  sgemm(true, false, 4, 0, 3, some.data(), some.data(), c.data());
  EXPECT_EQ(c, std::vector<float>(13, kBeyond));
  sgemm(false, false, 3, 4, 0, some.data(), some.data(), c.data());
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(c[i], 0.0f);
  EXPECT_EQ(c.back(), kBeyond);
}

}  // namespace
}  // namespace namesake::ops::kernels
