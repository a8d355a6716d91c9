#include "namesake/ops/random.h"

#include <gtest/gtest.h>

#include <cmath>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/statistics.h"

namespace namesake {
namespace {

// TensorFlow 2.21: tf.random.stateless_*(shape=(5,), seed=(1, 2), alg="philox").
TEST(Random, UniformsAreTensorFlowsBitByBit) {
  EXPECT_EQ(stateless_random_uniform({5}, random_seed(1, 2)).to_vector<float>(),
            (std::vector<float>{0.8440604209899902f, 0.19204533100128174f, 0.9962232112884521f, 0.16038739681243896f,
                                0.27199018001556396f}));
  EXPECT_EQ(stateless_random_uniform({3}, random_seed(-5, 7), 0, 1, DType::kFloat64).to_vector<double>(),
            (std::vector<double>{0.3739742623066009, 0.07231093886066753, 0.8874376219236015}));
}

TEST(Random, NormalsAreTensorFlowsUpToRounding) {
  const std::vector<float> normal = {0.5441101f, 0.20738031f, 0.07356432f, 0.04643455f, -1.3015898f};
  const std::vector<float> truncated = {0.5441101f, 0.20738031f, 0.07356432f, 0.04643455f, 0.16820592f};
  const Tensor a = stateless_random_normal({5}, random_seed(1, 2)),
               b = stateless_truncated_normal({5}, random_seed(1, 2));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(a.data<float>()[i], normal[i], 1e-6);
    EXPECT_NEAR(b.data<float>()[i], truncated[i], 1e-6);
  }
}

TEST(Random, IntegersAreTensorFlows) {
  EXPECT_EQ(stateless_random_randint({5}, random_seed(1, 2), 0, 100).to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{40, 49, 94, 79, 27}));
  EXPECT_EQ(
      stateless_random_randint({3}, random_seed(1, 2), -7, 1000000000000, DType::kInt64).to_vector<std::int64_t>(),
      (std::vector<std::int64_t>{146228360277, 637746823956, 318042325135}));
}

TEST(Random, IsAFunctionOfItsSeed) {
  const auto draw = [](int a, int b) { return stateless_random_uniform({8}, random_seed(a, b)).to_vector<float>(); };
  EXPECT_EQ(draw(3, 4), draw(3, 4));
  EXPECT_NE(draw(3, 4), draw(4, 3));
  EXPECT_NE(draw(3, 4), draw(3, 5));
}

TEST(Random, ALongDrawBeginsAsAShortOne) {
  const auto many = stateless_random_normal({103}, random_seed(9, 9)).to_vector<float>();
  for (const std::int64_t n : {1, 2, 3, 4, 5, 8, 102}) {
    const auto few = stateless_random_normal({n}, random_seed(9, 9)).to_vector<float>();
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin())) << n;
  }
}

TEST(Random, HasTheMomentsItSays) {
  const Shape shape = {200, 200};
  const Tensor uniform = stateless_random_uniform(shape, random_seed(1, 1), -2, 4);
  EXPECT_NEAR(mean(uniform).item<float>(), 1, 0.05);
  EXPECT_GE(min(uniform).item<float>(), -2);
  EXPECT_LT(max(uniform).item<float>(), 4);
  const Tensor normal = stateless_random_normal(shape, random_seed(2, 1), 3, 2);
  EXPECT_NEAR(mean(normal).item<float>(), 3, 0.05);
  EXPECT_NEAR(variance(normal).item<float>(), 4, 0.1);
  const Tensor truncated = stateless_truncated_normal(shape, random_seed(3, 1), 0, 1);
  EXPECT_LE(max(truncated).item<float>(), 2);
  EXPECT_NEAR(variance(truncated).item<float>(), 0.774, 0.02);
}

}  // namespace
}  // namespace namesake
