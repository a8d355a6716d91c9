#include "namesake/nn/initializers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/random_seed.h"

namespace namesake {
namespace {

TEST(Initializer, GivesTheNumbersThatKerasMakesOfTheSameSeed) {
  struct Row {
    Initializer initializer;
    Shape shape;
    std::vector<float> expected;  // Keras 3.15.1 on TensorFlow 2.21
  };
  const Row rows[] = {
      {GlorotUniform({.seed = 7}), {2, 3}, {0.54132247F, 0.377227902F, -0.968856514F, 0.315955281F, -0.941406786F, 0.368408799F}},
      {GlorotNormal({.seed = 7}), {2, 3}, {-0.48473382F, -0.257901877F, -1.35142934F, -1.05901802F, -0.521454692F, 0.546701431F}},
      {HeUniform({.seed = 1}),
       {2, 2, 3},
       {0.927102923F, -0.0980279446F, 0.245662451F, -0.263080895F, -0.6045506F, -0.136438489F, -0.384782076F, 0.677216172F, -1.11421108F,
        0.777431846F, -1.22365606F, -0.0499638319F}},
      {HeNormal({.seed = 1}), {3}, {0.117560849F, -0.457633704F, 0.585891366F}},
      {LecunNormal({.seed = 5}),
       {4, 2},
       {0.658341289F, 0.108914867F, -0.073769398F, 0.515473366F, 0.725596368F, -0.597696662F, 0.18674922F, 0.370880425F}},
      {LecunUniform({.seed = 123456789}), {3, 2}, {0.509028196F, 0.524339437F, -0.955229998F, 0.440004587F, -0.804284573F, 0.0899329185F}},
      {RandomNormal({.mean = 1, .stddev = 0.5, .seed = 2}), {2, 2}, {0.680285335F, 0.906497121F, 0.585772395F, 0.906338215F}},
      {RandomUniform({.minval = -1, .maxval = 2, .seed = 3}), {4}, {-0.412261486F, 1.8180356F, 0.5968256F, 1.52312398F}},
      {TruncatedNormal({.stddev = 1, .seed = 9}), {5}, {-0.555082083F, -0.497033775F, -0.747932315F, -0.146498561F, 0.398884445F}},
      {VarianceScaling({.scale = 2, .mode = "fan_out", .distribution = "untruncated_normal", .seed = 4}),
       {3, 2},
       {-0.581848681F, 0.865359068F, -1.56618762F, 0.197838917F, 0.664968491F, -0.871374488F}},
      {VarianceScaling({.scale = 2, .mode = "fan_out", .seed = 4, .input_axes = {0}, .output_axes = {1, 2}}),
       {3, 2, 2},
       {-0.467732102F, 0.695638299F, -1.25901496F, 0.159037247F, -1.4451642F, 0.784098208F, -0.485833913F, -1.25224483F, 0.0235821232F,
        0.51786691F, 1.13798141F, -0.43512693F}},
      {HeUniform({.seed = 4294967295}), {3}, {-0.860088348F, 1.24265587F, 0.0912880898F}},
      {HeUniform({.seed = 2147483646}), {3}, {-0.817371666F, 0.582684159F, 0.848707318F}},
      {Orthogonal({.gain = 2, .seed = 3}), {3, 2}, {-0.7870965F, 1.49683249F, -1.10665441F, 0.541788459F, 1.46826243F, 1.21076751F}},
      {Orthogonal({.seed = 4}),
       {2, 4},
       {-0.317924976F, -0.855772674F, 0.363342047F, 0.185902253F, 0.628798902F, -0.440401345F, -0.600938678F, 0.222555935F}},
      {Orthogonal({.seed = 5}),
       {2, 2, 3},
       {-0.883642912F, 0.360830307F, 0.263458252F, -0.0557942055F, 0.547779322F, -0.681195498F, -0.401773304F, -0.684169948F,
        -0.0909792855F, -0.233752981F, -0.318827301F, -0.67696768F}},
      {IdentityInitializer({.gain = 0.5}), {2, 3}, {0.5F, 0, 0, 0, 0.5F, 0}},
  };
  for (const Row& row : rows) {
    const Tensor values = row.initializer(row.shape);
    ASSERT_EQ(values.shape(), row.shape) << row.initializer.class_name();
    for (std::size_t i = 0; i < row.expected.size(); ++i) {
      EXPECT_NEAR(values.data<float>()[i], row.expected[i], 2e-6) << row.initializer.class_name() << " number " << i;
    }
  }
}

TEST(Initializer, FillsWithAConstant) {
  const std::pair<Initializer, float> rows[] = {{"zeros", 0.0F}, {"ones", 1.0F}, {Zeros{}, 0.0F}, {Ones{}, 1.0F}, {Constant({.value = -2.5}), -2.5F}};
  for (const auto& [initializer, value] : rows) {
    EXPECT_EQ(initializer({2, 2}).to_vector<float>(), std::vector<float>(4, value)) << initializer.class_name();
  }
  EXPECT_EQ(Initializer("ones")(Shape::scalar(), DType::kInt64).item<std::int64_t>(), 1);
}

TEST(Initializer, DrawsItsSeedsFromTheProcessWhenItHasNone) {
  const Initializer initializer("glorot_uniform");
  set_random_seed(3);
  const auto first = initializer({4, 4}).to_vector<float>();
  EXPECT_NE(initializer({4, 4}).to_vector<float>(), first);
  set_random_seed(3);
  EXPECT_EQ(initializer({4, 4}).to_vector<float>(), first);
}

TEST(Initializer, RepeatsItselfWhenItHasASeed) {
  const Initializer initializer = HeNormal({.seed = 11});
  EXPECT_EQ(initializer({3, 3}).to_vector<float>(), initializer({3, 3}).to_vector<float>());
}

TEST(Initializer, HasTheVarianceOfItsScale) {
  struct Row {
    Initializer initializer;
    double variance;
  };
  // (2, 50, 20): 100 inputs and 40 outputs of a unit.
  const Row rows[] = {{GlorotUniform({.seed = 1}), 1.0 / 70},
                      {GlorotNormal({.seed = 1}), 1.0 / 70},
                      {HeNormal({.seed = 1}), 2.0 / 100},
                      {LecunUniform({.seed = 1}), 1.0 / 100},
                      {VarianceScaling({.scale = 3, .mode = "fan_out", .seed = 1}), 3.0 / 40}};
  for (const Row& row : rows) {
    const auto values = row.initializer({2, 50, 20}).to_vector<float>();
    double squares = 0;
    for (const float v : values) squares += static_cast<double>(v) * static_cast<double>(v);
    EXPECT_NEAR(squares / static_cast<double>(values.size()) / row.variance, 1.0, 0.06) << row.initializer.class_name();
  }
}

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
TEST(Initializer, WritesWhatKerasWritesAndReadsItBack) {
  struct Row {
    Initializer initializer;
    std::string class_name, config;
  };
  const std::string unseeded = R"({"seed": null, "input_axes": null, "output_axes": null})";
  const Row rows[] = {
      {"glorot_uniform", "GlorotUniform", unseeded},
      {GlorotNormal({.seed = 3}), "GlorotNormal", R"({"seed": 3, "input_axes": null, "output_axes": null})"},
      {"he_uniform", "HeUniform", unseeded},
      {"he_normal", "HeNormal", unseeded},
      {"lecun_normal", "LecunNormal", unseeded},
      {"lecun_uniform", "LecunUniform", unseeded},
      {"zeros", "Zeros", "{}"},
      {"ones", "Ones", "{}"},
      {Constant({.value = 0.5}), "Constant", R"({"value": 0.5})"},
      {"random_normal", "RandomNormal", R"({"seed": null, "mean": 0.0, "stddev": 0.05})"},
      {"random_uniform", "RandomUniform", R"({"seed": null, "minval": -0.05, "maxval": 0.05})"},
      {"truncated_normal", "TruncatedNormal", R"({"seed": null, "mean": 0.0, "stddev": 0.05})"},
      {"variance_scaling", "VarianceScaling",
       R"({"seed": null, "scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "input_axes": null, "output_axes": null})"},
      {VarianceScaling({.scale = 2, .mode = "fan_out", .distribution = "Normal", .seed = 1}), "VarianceScaling",
       R"({"seed": 1, "scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal", "input_axes": null, "output_axes": null})"},
      {VarianceScaling({.input_axes = {0}, .output_axes = {1, 2}}), "VarianceScaling",
       R"({"seed": null, "scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "input_axes": [0], "output_axes": [1, 2]})"},
      {"orthogonal", "Orthogonal", R"({"seed": null, "gain": 1.0})"},
      {"identity", "Identity", "{}"},
      {IdentityInitializer({.gain = 3}), "Identity", R"({"gain": 3.0})"},
  };
  for (const Row& row : rows) {
    const JsonValue json = row.initializer.serialize();
    EXPECT_EQ(to_json(json), R"({"module": "keras.initializers", "class_name": ")" + row.class_name + R"(", "config": )" + row.config +
                                 R"(, "registered_name": null})");
    EXPECT_EQ(Initializer::deserialize(json), row.initializer) << to_json(json);
  }
}

TEST(Initializer, ReadsWordsAndWhatKeras2Wrote) {
  const auto keras_2 = [](const char* class_name, JsonValue config) {
    return JsonValue::object({{"class_name", class_name}, {"config", std::move(config)}});
  };
  const std::pair<JsonValue, Initializer> rows[] = {
      {"glorot_uniform", "glorot_uniform"},
      {"GlorotUniform", "glorot_uniform"},
      {"normal", "random_normal"},
      {"uniform", "random_uniform"},
      {"zero", "zeros"},
      {keras_2("GlorotUniform", JsonValue::object({{"seed", nullptr}})), "glorot_uniform"},
      {keras_2("RandomNormal", JsonValue::object({{"mean", 0.0}, {"stddev", 0.1}, {"seed", 4}})), RandomNormal({.stddev = 0.1, .seed = 4})},
      {keras_2("Constant", JsonValue::object({{"value", 2}})), Constant({.value = 2})},
  };
  for (const auto& [json, expected] : rows) EXPECT_EQ(Initializer::deserialize(json), expected) << to_json(json);
}

TEST(Initializer, TellsItsOptionsApart) {
  EXPECT_EQ(Initializer(RandomNormal{}), Initializer("random_normal"));
  EXPECT_FALSE(Initializer(RandomNormal({.stddev = 0.1})) == Initializer("random_normal"));
  EXPECT_FALSE(Initializer(GlorotUniform({.seed = 1})) == Initializer("glorot_uniform"));
  EXPECT_FALSE(Initializer("zeros") == Initializer(Constant{}));
}

TEST(Initializer, NamesWhatItDoesNotKnow) {
  try {
    (void)Initializer("glorot_unifrom");
    FAIL() << "an unknown word passed";
  } catch (const Unsupported& error) {
    EXPECT_EQ(error.subject(), "glorot_unifrom");
    EXPECT_NE(error.fix().find("\"glorot_uniform\""), std::string::npos) << error.what();
    EXPECT_NE(error.parts().expected.find("he_normal"), std::string::npos) << error.what();
  }
  EXPECT_THROW((void)Initializer::deserialize(JsonValue::object({{"class_name", "STFT"}, {"config", JsonValue::object()}})), Unsupported);
}

TEST(Initializer, MakesOrthogonalRowsOrColumns) {
  for (const auto& [shape, rows, columns] : {std::tuple{Shape({7, 5}), 7, 5}, {Shape({4, 9}), 4, 9}, {Shape({3, 2, 2, 6}), 12, 6}}) {
    const auto q = Initializer(Orthogonal({.seed = 8}))(shape, DType::kFloat64).to_vector<double>();
    const bool by_rows = rows < columns;
    const int count = by_rows ? rows : columns, length = by_rows ? columns : rows;
    const auto at = [&, width = columns](int vector, int i) { return q[static_cast<std::size_t>(by_rows ? vector * width + i : i * width + vector)]; };
    for (int a = 0; a < count; ++a) {
      for (int b = 0; b < count; ++b) {
        double product = 0;
        for (int i = 0; i < length; ++i) product += at(a, i) * at(b, i);
        EXPECT_NEAR(product, a == b ? 1 : 0, 1e-12) << to_string(shape) << " vectors " << a << ", " << b;
      }
    }
  }
}

TEST(Initializer, RefusesOptionsThatKerasRefuses) {
  EXPECT_THROW((void)Initializer("orthogonal")({3}), ShapeMismatch);
  EXPECT_THROW((void)Initializer("identity")({3}), ShapeMismatch);
  EXPECT_THROW(Initializer(VarianceScaling({.scale = 0})), InvalidArgument);
  EXPECT_THROW(Initializer(VarianceScaling({.mode = "fan"})), InvalidArgument);
  EXPECT_THROW(Initializer(VarianceScaling({.distribution = "gamma"})), InvalidArgument);
}

}  // namespace
}  // namespace namesake
