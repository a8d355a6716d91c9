// The contract of every layer class that the registry knows: it builds, infers the shapes that come out, keeps the dtype policy,
// goes through its config and through a file unchanged, learns, and bears masks. One row or more a class; a class without a row
// is an error.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/serialization.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/reduce.h"
#include "namesake/optim/optimizer.h"
#include "namesake/saving/load_model.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

struct Row {
  const char* class_name;
  const char* config;             // as in a Keras config, without name and dtype
  std::vector<Shape> inputs;      // without the batch axis
  const char* dtype = "float32";  // of the inputs; integers are below 5
  bool whole_mask = false;        // the mask has the input's shape, not one axis less
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.class_name << " " << row.config; }

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"Activation", R"({"activation": "tanh"})", {{4}}},
      {"ActivityRegularization", R"({"l1": 0.1, "l2": 0.2})", {{4}}},
      {"Add", "{}", {{3, 2}, {3, 2}, {2}}},
      {"AdditiveAttention", "{}", {{3, 4}, {2, 4}}},
      {"AlphaDropout", R"({"rate": 0.3})", {{4}}},
      {"Attention", R"({"use_scale": true, "dropout": 0.2})", {{3, 4}, {2, 4}, {2, 4}}},
      {"Attention", R"({"score_mode": "concat"})", {{3, 4}, {2, 4}}},
      {"Average", "{}", {{3, 2}, {1, 2}}},
      {"BatchNormalization", "{}", {{4}}},
      {"BatchNormalization", R"({"axis": 1, "momentum": 0.5, "scale": false})", {{3, 2, 4}}},
      {"Concatenate", "{}", {{3, 2}, {3, 4}}},
      {"Concatenate", R"({"axis": 1})", {{3, 2}, {1, 2}}},
      {"Dense", R"({"units": 3})", {{4}}},
      {"Dense", R"({"units": 2, "activation": "relu", "use_bias": false})", {{3, 4}}},
      {"Dot", R"({"axes": 1})", {{4}, {4}}},
      {"Dot", R"({"axes": [2, 1], "normalize": true})", {{2, 3}, {3, 4}}},
      {"CustomScaleLayer", R"({"scale": 0.3})", {{3, 2}, {3, 2}}},
      {"Dropout", R"({"rate": 0.3, "noise_shape": [null, 1]})", {{4}}},
      {"ELU", R"({"alpha": 0.5})", {{4}}},
      {"EinsumDense", R"({"equation": "abc,cd->abd", "output_shape": [null, 3], "bias_axes": "d"})", {{2, 4}}},
      {"EinsumDense", R"({"equation": "...x,xy->...y", "output_shape": [3]})", {{2, 4}}},
      {"Embedding", R"({"input_dim": 5, "output_dim": 3})", {{4}}, "int32"},
      {"Embedding", R"({"input_dim": 5, "output_dim": 3, "mask_zero": true})", {{2, 2}}, "int32"},
      {"Flatten", R"({"data_format": "channels_first"})", {{2, 3, 2}}},
      {"GaussianDropout", R"({"rate": 0.3})", {{4}}},
      {"GaussianNoise", R"({"stddev": 0.3})", {{4}}},
      {"GroupNormalization", R"({"groups": 2})", {{3, 4}}},
      {"GroupQueryAttention", R"({"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2, "use_bias": false})", {{3, 4}, {2, 4}}},
      {"Identity", "{}", {{4}}},
      {"LayerNormalization", "{}", {{4}}},
      {"LayerNormalization", R"({"axis": [1, 2], "center": false})", {{2, 3}}},
      {"LayerScale", R"({"init_values": 0.01, "projection_dim": 4})", {{3, 4}}},
      {"LeakyReLU", "{}", {{4}}},
      {"Masking", R"({"mask_value": 1.0})", {{3, 2}}},
      {"Maximum", "{}", {{3, 2}, {3, 2}}},
      {"Minimum", "{}", {{3, 2}, {3, 2}}},
      {"MultiHeadAttention", R"({"num_heads": 2, "key_dim": 3, "use_bias": false})", {{3, 4}, {2, 5}}},
      {"MultiHeadAttention", R"({"num_heads": 2, "key_dim": 2, "use_gate": true, "dropout": 0.2, "sliding_window": 2, "use_bias": false})", {{3, 4}, {2, 5}, {2, 3}}},
      {"Multiply", "{}", {{3, 2}, {3, 2}}},
      {"Normalization", "{}", {{4}}},
      {"Normalization", R"({"mean": 1.0, "variance": 2.0, "invert": true})", {{4}}},
      {"PReLU", R"({"shared_axes": [1]})", {{3, 4}}},
      {"Permute", R"({"dims": [2, 1]})", {{3, 4}}},
      {"RMSNormalization", "{}", {{4}}},
      {"ReLU", R"({"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2})", {{4}}},
      {"RepeatVector", R"({"n": 3})", {{4}}},
      {"Rescaling", R"({"scale": 0.5, "offset": [1.0, 2.0]})", {{3, 2}}},
      {"Reshape", R"({"target_shape": [-1, 2]})", {{3, 4}}},
      {"Softmax", "{}", {{4}}, "float32", true},
      {"Softmax", R"({"axis": [1, 2]})", {{2, 3}}, "float32", true},
      {"SpatialDropout1D", R"({"rate": 0.3})", {{3, 2}}},
      {"SpatialDropout2D", R"({"rate": 0.3})", {{2, 3, 2}}},
      {"StochasticDepth", R"({"drop_path_rate": 0.3})", {{3, 2}}},
      {"Subtract", "{}", {{3, 2}, {3, 2}}},
      {"Bidirectional", R"({"layer": {"class_name": "LSTM", "config": {"name": "forward_lstm", "units": 2}},
                            "backward_layer": {"class_name": "GRU", "config": {"name": "backward_gru", "units": 3, "go_backwards": true}}})", {{4, 3}}},
      {"Bidirectional", R"({"merge_mode": "ave",
                            "layer": {"class_name": "GRU", "config": {"name": "gru", "units": 2, "return_sequences": true}},
                            "backward_layer": {"class_name": "GRU", "config": {"name": "back", "units": 2, "return_sequences": true, "go_backwards": true}}})", {{4, 3}}},
      {"TimeDistributed", R"({"layer": {"class_name": "Dense", "config": {"name": "inner", "units": 3}}})", {{2, 4}}},
      {"TimeDistributed", R"({"layer": {"class_name": "Conv1D", "config": {"name": "inner", "filters": 3, "kernel_size": 2}}})", {{2, 4, 3}}},
      {"TimeDistributed", R"({"layer": {"class_name": "BatchNormalization", "config": {"name": "inner"}}})", {{3, 4}}},
      {"UnitNormalization", "{}", {{4}}},
      // Convolution and pooling.
      {"AveragePooling1D", R"({"pool_size": 2})", {{4, 2}}},
      {"AveragePooling2D", R"({"pool_size": [2, 2], "padding": "same"})", {{5, 4, 2}}},
      {"Conv1D", R"({"filters": 3, "kernel_size": 2, "padding": "causal"})", {{5, 2}}},
      {"Conv2D", R"({"filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "groups": 2, "activation": "tanh"})", {{6, 5, 2}}},
      {"Conv1DTranspose", R"({"filters": 3, "kernel_size": 2, "strides": 2})", {{3, 2}}},
      {"Conv2DTranspose", R"({"filters": 3, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same"})", {{3, 4, 2}}},
      {"Cropping1D", R"({"cropping": [1, 2]})", {{5, 2}}},
      {"Cropping2D", R"({"cropping": [[1, 0], [0, 2]]})", {{3, 4, 2}}},
      {"DepthwiseConv1D", R"({"kernel_size": 2, "depth_multiplier": 2})", {{5, 2}}},
      {"DepthwiseConv2D", R"({"kernel_size": [2, 3], "padding": "same"})", {{4, 5, 2}}},
      {"GlobalAveragePooling1D", "{}", {{4, 2}}},
      {"GlobalAveragePooling2D", R"({"keepdims": true})", {{3, 4, 2}}},
      {"GlobalMaxPooling1D", "{}", {{4, 2}}},
      {"GlobalMaxPooling2D", "{}", {{3, 4, 2}}},
      {"MaxPooling1D", R"({"pool_size": 2})", {{4, 2}}},
      {"MaxPooling2D", R"({"pool_size": [2, 2], "strides": [1, 1]})", {{4, 3, 2}}},
      {"SeparableConv1D", R"({"filters": 3, "kernel_size": 2})", {{5, 2}}},
      {"SeparableConv2D", R"({"filters": 3, "kernel_size": [2, 3], "depth_multiplier": 2})", {{4, 5, 2}}},
      {"UpSampling1D", R"({"size": 2})", {{3, 2}}},
      {"UpSampling2D", R"({"size": [2, 3]})", {{2, 3, 2}}},
      {"ZeroPadding1D", R"({"padding": [1, 2]})", {{3, 2}}},
      {"ZeroPadding2D", R"({"padding": [[1, 0], [0, 2]]})", {{2, 3, 2}}},
      // Recurrent layers; a cell takes a step and its states.
      {"GRU", R"({"units": 3, "return_sequences": true})", {{4, 2}}},
      {"GRU", R"({"units": 2, "reset_after": false, "dropout": 0.2, "recurrent_dropout": 0.3})", {{4, 3}}},
      {"GRUCell", R"({"units": 3})", {{2}, {3}}},
      {"LSTM", R"({"units": 3})", {{4, 2}}},
      {"LSTM", R"({"units": 2, "return_sequences": true, "go_backwards": true, "dropout": 0.2})", {{4, 3}}},
      {"LSTMCell", R"({"units": 3, "dropout": 0.3})", {{2}, {3}, {3}}},
      {"RNN", R"({"return_sequences": true, "cell": {"module": "keras.layers", "class_name": "LSTMCell", "config": {"name": "inner", "units": 3}, "registered_name": null}})", {{4, 2}}},
      {"RNN", R"({"cell": {"module": "keras.layers", "class_name": "StackedRNNCells", "config": {"name": "both", "cells": [
         {"module": "keras.layers", "class_name": "LSTMCell", "config": {"name": "first", "units": 3}, "registered_name": null},
         {"module": "keras.layers", "class_name": "GRUCell", "config": {"name": "second", "units": 2}, "registered_name": null}]}, "registered_name": null}})", {{4, 2}}},
      {"SimpleRNN", R"({"units": 3, "return_sequences": true, "zero_output_for_mask": true})", {{4, 2}}},
      {"SimpleRNNCell", R"({"units": 3})", {{2}, {3}}},
      {"StackedRNNCells", R"({"cells": [
         {"module": "keras.layers", "class_name": "GRUCell", "config": {"name": "first", "units": 3}, "registered_name": null},
         {"module": "keras.layers", "class_name": "LSTMCell", "config": {"name": "second", "units": 2}, "registered_name": null}]})", {{2}, {3}, {2}, {2}}},
  };
  return all;
}

class LayerContract : public ::testing::TestWithParam<Row> {
 protected:
  void SetUp() override { reset_names(); }

  // A layer in another's options has a dtype policy of its own.
  [[nodiscard]] static JsonValue with_dtype(JsonValue value, std::string_view dtype) {
    if (value.is_object() && value.has("class_name")) {
      JsonValue& config = *value.find("config");
      config.set("dtype", dtype);
      for (JsonMember& member : config.members()) member.value = with_dtype(std::move(member.value), dtype);
    }
    if (value.is_array()) {
      for (JsonValue& item : value.items()) item = with_dtype(std::move(item), dtype);
    }
    return value;
  }

  [[nodiscard]] static Layer make(std::string_view dtype = "float32") {
    JsonValue config = JsonValue::object({{"name", "tried"}, {"dtype", dtype}});
    const JsonValue options = formats::parse_json(GetParam().config, {});
    for (const JsonMember& member : options.members()) config.add(member.key, with_dtype(member.value, dtype));
    const JsonValue object = JsonValue::object(
        {{"module", "keras.layers"}, {"class_name", GetParam().class_name}, {"config", config}, {"registered_name", nullptr}});
    return nn::deserialize_layer(JsonView(object));
  }

  [[nodiscard]] static Tensors inputs_of(std::int64_t batch, DType floating = DType::kFloat32) {
    Tensors inputs;
    for (const Shape& features : GetParam().inputs) {
      Shape shape({batch});
      for (const std::int64_t size : features.sizes()) shape.push_back(size);
      const Tensor seed = random_seed(static_cast<int>(inputs.size()), 5);
      const bool whole = GetParam().dtype == std::string("int32");
      inputs.push_back(whole ? stateless_random_randint(shape, seed, 0, 5) : stateless_random_normal(shape, seed, 0, 1, floating));
    }
    return inputs;
  }

  [[nodiscard]] static Tensors symbols(std::string_view floating = "float32") {
    Tensors inputs;
    for (const Shape& features : GetParam().inputs) {
      const bool whole = GetParam().dtype == std::string("int32");
      inputs.push_back(Input({.shape = features, .dtype = std::string(whole ? "int32" : floating)}));
    }
    return inputs;
  }

  [[nodiscard]] static Tensor call(const Layer& layer, const Tensors& inputs, CallOptions options = {}) {
    return inputs.size() == 1 ? layer(inputs[0], options) : layer(inputs, options).at(0);
  }

  static Model model_of(const Layer& layer) {
    const Tensors inputs = symbols();
    const Tensor output = call(layer, inputs);
    return inputs.size() == 1 ? Model(inputs[0], output) : Model(Feed(inputs), output);
  }

  [[nodiscard]] static std::vector<float> numbers(const Tensor& x) { return cast(x, DType::kFloat32).to_vector<float>(); }
};

TEST_P(LayerContract, InfersTheShapeThatComesOutOfEveryBatch) {
  const Layer layer = make();
  const Tensor symbolic = call(layer, symbols());
  EXPECT_TRUE(layer.built());
  ASSERT_TRUE(symbolic.is_symbolic());
  EXPECT_EQ(symbolic.shape()[0], Shape::kOpen);
  for (const std::int64_t batch : {3, 1}) {
    for (const bool training : {false, true}) {
      const Tensor y = call(layer, inputs_of(batch), {.training = training});
      Shape expected = symbolic.shape();
      expected.set(0, batch);
      EXPECT_EQ(y.shape(), expected);
      EXPECT_EQ(y.dtype(), symbolic.dtype());
    }
  }
}

TEST_P(LayerContract, ComputesInTheDtypeOfItsPolicy) {
  const Layer layer = make("float64");
  const Tensor y = call(layer, inputs_of(2), {.training = true});  // float32 is cast on the way in
  EXPECT_EQ(y.dtype(), DType::kFloat64);
  EXPECT_EQ(call(layer, symbols("float64")).dtype(), DType::kFloat64);
  for (const Variable& weight : layer.weights()) {
    EXPECT_TRUE(weight.dtype() == DType::kFloat64 || !is_floating(weight.dtype())) << weight.name();
  }
}

TEST_P(LayerContract, ComesBackFromItsConfig) {
  const Layer layer = make("float64");
  const JsonValue written = nn::serialize_layer(*layer.ptr(), layer.name());
  const Layer again = nn::deserialize_layer(JsonView(written));
  EXPECT_EQ(to_json(nn::serialize_layer(*again.ptr(), again.name())), to_json(written));
  EXPECT_EQ(again.ptr()->describe(), layer.ptr()->describe());
  EXPECT_EQ(again.ptr()->dtype_policy(), "float64");
}

TEST_P(LayerContract, ComputesTheSameAfterSavingAndLoading) {
  const testing::TempFolder folder;
  const Layer layer = make();
  const Model model = model_of(layer);
  Tensors values;  // other ones than the initial
  for (const Variable& weight : layer.weights()) {
    const Tensor seed = random_seed(static_cast<int>(values.size()), 9);
    values.push_back(cast(stateless_random_uniform(weight.shape(), seed, 0.5, 1.5), weight.dtype()));
  }
  layer.set_weights(values);
  model.save(folder / "one.keras");
  const Model loaded = load_model(folder / "one.keras");
  ASSERT_EQ(loaded.weights().size(), model.weights().size());
  EXPECT_EQ(to_json(loaded.get_layer("tried").get_config()), to_json(layer.get_config()));
  const Tensors inputs = inputs_of(3);
  EXPECT_EQ(numbers(call(loaded, inputs)), numbers(call(model, inputs)));
}

TEST_P(LayerContract, ChangesEveryTrainableWeightInOneStep) {
  const Layer layer = make();
  const Tensors inputs = inputs_of(4);
  static_cast<void>(call(layer, inputs));
  const std::vector<Variable> weights = layer.trainable_variables();
  std::vector<std::vector<float>> before;
  for (const Variable& weight : weights) before.push_back(weight.value().to_vector<float>());
  GradientTape tape;
  const Tensor y = call(layer, inputs, {.training = true});
  const Tensor loss = sum(y * stateless_random_normal(y.shape(), random_seed(1, 2)));
  if (weights.empty()) return;
  const SGD optimizer({.learning_rate = 0.1});
  optimizer.apply_gradients(tape.gradient(loss, weights));
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NE(weights[i].value().to_vector<float>(), before[i]) << weights[i].name();
}

TEST_P(LayerContract, BearsMasks) {
  const Layer layer = make();
  Tensors inputs = inputs_of(3);
  const Tensor open = call(layer, inputs);
  for (const Tensor& x : inputs) {
    const Shape shape = GetParam().whole_mask ? x.shape() : Shape(x.shape().sizes().first(static_cast<std::size_t>(x.rank() - 1)));
    x.set_mask(stateless_random_uniform(shape, random_seed(3, 4)) < 0.7);
  }
  for (const bool training : {false, true}) {
    const Tensor y = call(layer, inputs, {.training = training});
    EXPECT_EQ(y.shape(), open.shape());
    const bool steps_stay = inputs.size() == 1 && y.rank() >= inputs[0].rank();  // else compute_mask() may end the mask
    EXPECT_TRUE(y.has_mask() || !layer.ptr()->supports_masking() || !steps_stay);
  }
}

std::string test_name(const ::testing::TestParamInfo<Row>& row) {
  const auto end = rows().begin() + static_cast<std::ptrdiff_t>(row.index);
  const auto before = std::count_if(rows().begin(), end, [&](const Row& other) { return std::string(other.class_name) == row.param.class_name; });
  return row.param.class_name + (before == 0 ? std::string() : "_" + std::to_string(before));
}
INSTANTIATE_TEST_SUITE_P(EveryClass, LayerContract, ::testing::ValuesIn(rows()), test_name);

TEST(LayerContracts, CoverEveryRegisteredClass) {
  // Models are made of layers; an input layer stands before every row above.
  std::set<std::string> covered = {"Functional", "InputLayer", "Model", "Sequential"};
  for (const Row& row : rows()) covered.insert(row.class_name);
  for (const std::string& known : nn::known_layer_classes()) EXPECT_TRUE(covered.contains(known)) << known << " has no row";
}

TEST(LayerContracts, RefuseWhatIsNotKnownWithAWayOut) {
  for (const auto& [class_name, way_out] : {std::pair("Lambda", "put a layer of a class in its place"), {"Lambda", "model.export"}, {"Unheard", "model.export"}}) {
    const JsonValue object = JsonValue::object({{"module", "keras.layers"}, {"class_name", class_name}, {"config", JsonValue::object({{"name", "l"}})}});
    try {
      static_cast<void>(nn::deserialize_layer(JsonView(object)));
      ADD_FAILURE() << class_name;
    } catch (const Unsupported& e) {
      EXPECT_NE(std::string(e.what()).find(way_out), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace namesake
