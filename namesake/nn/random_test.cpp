#include "namesake/nn/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/nn/random_seed.h"

namespace namesake {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

// The numbers of keras.random, Keras 3.15.1 on TensorFlow 2.21.
TEST(Random, GivesKerasNumbersForASeed) {
  EXPECT_THAT(random::uniform({3}, {.minval = -1, .maxval = 1, .seed = 7}).to_vector<float>(),
              ElementsAre(0.4941575527191162F, 0.3443603515625F, -0.8844408988952637F));
  EXPECT_THAT(random::normal({2}, {.seed = 3}).to_vector<float>(), ElementsAre(FloatNear(-0.67158478F, 1e-6F), FloatNear(1.67605042F, 1e-6F)));
  EXPECT_THAT(random::truncated_normal({2}, {.seed = 3}).to_vector<float>(), ElementsAre(FloatNear(-0.67158478F, 1e-6F), FloatNear(1.67605042F, 1e-6F)));
  EXPECT_THAT(random::randint({4}, 0, 100, {.seed = 5}).to_vector<std::int32_t>(), ElementsAre(83, 10, 57, 19));
  const Tensor counted = Tensor::of<std::int32_t>({0, 1, 2, 3, 4, 5}, {6});
  EXPECT_THAT(random::shuffle(counted, 0, 2).to_vector<std::int32_t>(), ElementsAre(4, 5, 2, 1, 3, 0));
}

TEST(Random, WithoutASeedFollowsTheProcessWideOne) {
  const auto draw = [] { return random::uniform({4}).to_vector<float>(); };
  set_random_seed(11);
  const auto first = draw(), second = draw();
  set_random_seed(11);
  EXPECT_EQ(draw(), first);
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace namesake
