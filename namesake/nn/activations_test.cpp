#include "namesake/nn/activations.h"

#include <gtest/gtest.h>

#include <vector>

#include "namesake/base/error.h"

namespace namesake {
namespace {

// keras.activations.get(name)([-3, -0.4, 0, 0.7, 2.5]), Keras 3.15.1.
const std::pair<const char*, std::vector<float>> kValues[] = {
    {"celu", {-0.950212955f, -0.329679966f, 0.f, 0.699999988f, 2.5f}},
    {"elu", {-0.950212955f, -0.329679966f, 0.f, 0.699999988f, 2.5f}},
    {"exponential", {0.0497870669f, 0.670320034f, 1.f, 2.0137527f, 12.1824942f}},
    {"gelu", {-0.00404969556f, -0.137831315f, 0.f, 0.530625403f, 2.48447585f}},
    {"hard_shrink", {-3.f, 0.f, 0.f, 0.699999988f, 2.5f}},
    {"hard_sigmoid", {0.f, 0.433333308f, 0.5f, 0.616666675f, 0.916666687f}},
    {"hard_silu", {-0.f, -0.173333332f, 0.f, 0.431666672f, 2.29166675f}},
    {"hard_swish", {-0.f, -0.173333332f, 0.f, 0.431666672f, 2.29166675f}},
    {"hard_tanh", {-1.f, -0.400000006f, 0.f, 0.699999988f, 1.f}},
    {"leaky_relu", {-0.600000024f, -0.0800000057f, 0.f, 0.699999988f, 2.5f}},
    {"linear", {-3.f, -0.400000006f, 0.f, 0.699999988f, 2.5f}},
    {"log_sigmoid", {-3.04858732f, -0.913015246f, -0.693147182f, -0.403186053f, -0.078889735f}},
    {"log_softmax", {-5.76734734f, -3.16734719f, -2.7673471f, -2.06734705f, -0.267347127f}},
    {"mish", {-0.145647466f, -0.188916489f, 0.f, 0.561148405f, 2.47139239f}},
    {"relu", {0.f, 0.f, 0.f, 0.699999988f, 2.5f}},
    {"relu6", {0.f, 0.f, 0.f, 0.699999988f, 2.5f}},
    {"selu", {-1.6705687f, -0.579610109f, 0.f, 0.73549068f, 2.62675261f}},
    {"sigmoid", {0.0474258736f, 0.401312321f, 0.5f, 0.668187797f, 0.924141824f}},
    {"silu", {-0.142277628f, -0.160524935f, 0.f, 0.467731446f, 2.31035447f}},
    {"soft_shrink", {-2.5f, 0.f, 0.f, 0.199999988f, 2.f}},
    {"softmax", {0.00312804477f, 0.0421151705f, 0.0628284663f, 0.126520991f, 0.765407324f}},
    {"softplus", {0.048587352f, 0.51301527f, 0.693147182f, 1.10318601f, 2.57888985f}},
    {"softsign", {-0.75f, -0.285714298f, 0.f, 0.411764681f, 0.714285731f}},
    {"sparse_plus", {0.f, 0.0900000036f, 0.25f, 0.722500026f, 2.5f}},
    {"sparse_sigmoid", {0.f, 0.300000012f, 0.5f, 0.850000024f, 1.f}},
    {"squareplus", {0.302775621f, 0.819803894f, 1.f, 1.40948105f, 2.85078096f}},
    {"swish", {-0.142277628f, -0.160524935f, 0.f, 0.467731446f, 2.31035447f}},
    {"tanh", {-0.995054722f, -0.379948974f, 0.f, 0.604367733f, 0.986614347f}},
    {"tanh_shrink", {-2.00494528f, -0.0200510323f, 0.f, 0.0956322551f, 1.51338565f}},
};

TEST(ActivationFunction, GivesKerasesNumbersByKerasesNames) {
  const Tensor x = Tensor::of<float>({-3.0F, -0.4F, 0.0F, 0.7F, 2.5F}, {1, 5});
  for (const auto& [name, expected] : kValues) {
    const Tensor y = ActivationFunction(name)(x);
    ASSERT_EQ(y.shape(), x.shape()) << name;
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(y.data<float>()[i], expected[i], 2e-6) << name << " number " << i;
  }
}

TEST(ActivationFunction, WritesItsWordAndReadsItBack) {
  for (const auto& [word, values] : kValues) {
    const ActivationFunction activation(word);
    const std::string expected = word == std::string("swish") ? "silu" : word == std::string("hard_swish") ? "hard_silu" : word;
    EXPECT_EQ(to_json(activation.serialize()), '"' + expected + '"');
    EXPECT_EQ(ActivationFunction::deserialize(activation.serialize()), activation) << word;
  }
}

TEST(ActivationFunction, ReadsTheFormsThatKerasWrites) {
  const JsonValue function =
      JsonValue::object({{"module", "builtins"}, {"class_name", "function"}, {"config", "relu"}, {"registered_name", "function"}});
  EXPECT_EQ(ActivationFunction::deserialize(function), ActivationFunction("relu"));
  EXPECT_EQ(ActivationFunction::deserialize(nullptr), ActivationFunction("linear"));
  const JsonValue layer = JsonValue::object({{"class_name", "LeakyReLU"}, {"config", JsonValue::object()}});
  EXPECT_THROW((void)ActivationFunction::deserialize(layer), Unsupported);
}

TEST(ActivationFunction, IsLinearWhenNothingIsSaid) {
  const Tensor x = Tensor::of<float>({1, 2}, {2});
  EXPECT_TRUE(ActivationFunction().is_linear());
  EXPECT_EQ(ActivationFunction()(x).id(), x.id());
}

TEST(ActivationFunction, RemembersTheLogitsOfSoftmaxAndSigmoidOnly) {
  const Tensor x = Tensor::of<float>({1, 2}, {1, 2});
  for (const auto& [name, values] : kValues) {
    const Tensor logits = ActivationFunction(name)(x).logits();
    const bool expected = name == std::string("softmax") || name == std::string("sigmoid");
    EXPECT_EQ(logits.defined(), expected) << name;
    if (expected && logits.defined()) {
      EXPECT_EQ(logits.id(), x.id()) << name;
    }
  }
}

TEST(ActivationFunction, SaysWhichNameWasProbablyMeant) {
  for (const auto& [word, meant] : {std::pair("Relu", "relu"), std::pair("sofmax", "softmax"), std::pair("leakyrelu", "leaky_relu")}) {
    try {
      (void)ActivationFunction(word);
      ADD_FAILURE() << word << " passed";
    } catch (const InvalidArgument& error) {
      EXPECT_EQ(error.fix(), "did you mean \"" + std::string(meant) + "\"?");
    }
  }
}

TEST(ActivationFunction, SaysWhatToDoForThresholdWhichNeedsNumbers) {
  try {
    (void)ActivationFunction("threshold");
    FAIL() << "threshold passed";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(error.fix().find("threshold(layer(x), 0.1, 0.0)"), std::string::npos) << error.fix();
  }
}

}  // namespace
}  // namespace namesake
