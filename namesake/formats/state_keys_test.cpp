#include "namesake/formats/state_keys.h"

#include <gtest/gtest.h>

namespace namesake::formats {
namespace {

TEST(StateKeys, AreToldFromWeightsByTheirNames) {
  const std::unordered_set<std::string> weights = {"dense_1/kernel", "net/conv/kernel", "plain"};
  for (const char* key : {"dense_1/kernel/Adam", "dense_1/kernel/Adam_1", "training/Adam/dense_1/kernel/m", "training/net/conv/kernel/Momentum", "plain/ExponentialMovingAverage", "beta1_power",
                          "training/beta2_power", "global_step", "training/Adam/iter", "training/Adam/learning_rate", "optimizer/_momentums/0", "model/optimizer/iteration"}) {
    EXPECT_TRUE(is_state_key(key, weights)) << key;
  }
  for (const char* key : {"dense_1/kernel", "dense_1/bias", "dense_1/kernels/Adam", "conv/kernel", "plain", "powers", "iteration", "", "/", "dense_1/kernel_1"}) {
    EXPECT_FALSE(is_state_key(key, weights)) << key;
  }
}

}  // namespace
}  // namespace namesake::formats
