#include "namesake/view/name_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layers/advanced_activations.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/conv.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/depthwise_conv.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/group_normalization.h"
#include "namesake/nn/layers/layer_normalization.h"
#include "namesake/nn/layers/normalization.h"
#include "namesake/nn/sequential.h"
#include "namesake/view/inventory.h"
#include "namesake/view/keras_graph.h"
#include "namesake/view/keras_names.h"
#include "namesake/view/open_file.h"
#include "tests/support/temp_folder.h"

namespace namesake::view {
namespace {

const std::string kModels = std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/models/";

Sequential scoped_model() {
  const NameScope scope("model_0");
  const Sequential encoder({Dense({.units = 2, .name = "a"})}, {.name = "encoder"});
  return Sequential({Dense({.units = 3, .input_shape = {4}, .name = "dense_1"}), encoder, Dropout({.name = "drop"})});
}

TEST(NameTree, ShowsScopesLayersAndWeights) {
  const Sequential model = scoped_model();
  EXPECT_EQ(namesake::name_tree(model, {.ascii = true}), model.name() + R"(
+-- model_0
    +-- dense_1 (Dense)
    |   +-- kernel (4, 3) float32
    |   +-- bias (3,) float32
    +-- encoder (Sequential)
    |   +-- a (Dense)
    |       +-- kernel (3, 2) float32
    |       +-- bias (2,) float32
    +-- drop (Dropout)
)");
}

TEST(NameTree, ShowsTheOptimizersStateIfAsked) {
  const Sequential model({Dense({.units = 3, .use_bias = false, .input_shape = {4}, .name = "dense_1"})});
  model.compile({.optimizer = SGD({.momentum = 0.5}), .loss = "mse"});
  const std::string kernel = "dense_1/kernel";
  model.optimizer().build(model.trainable_variables(), {&kernel, 1});
  EXPECT_EQ(namesake::name_tree(model, {.ascii = true}), model.name() + "\n+-- dense_1 (Dense)\n    +-- kernel (4, 3) float32\n");
  EXPECT_THAT(namesake::name_tree(model, {.ascii = true, .optimizer = true}),
              ::testing::EndsWith("+-- optimizer (SGD)\n    +-- iteration () int64\n    +-- learning_rate () float32\n"
                                  "    +-- dense_1_kernel_momentum (4, 3) float32\n"));
}

TEST(NameTree, ShowsTwoEntriesOfOnePathBesideEachOther) {
  Inventory sick;
  sick.layers = {{"a", "Dense", "a"}, {"a", "Dropout", "a"}};
  sick.weights = {{"a/kernel", {1}, DType::kFloat32, 4, {}, {}}, {"a/kernel", {2}, DType::kFloat32, 8, {}, {}}, {"b", {}, DType::kInvalid, 0, {}, "a virtual dataset"}};
  EXPECT_EQ(name_tree(sick, "x.keras", {.ascii = true}), R"(x.keras
+-- a (Dense)
|   +-- kernel (1,) float32
|   +-- kernel (2,) float32
+-- a (Dropout)
+-- b (not readable: a virtual dataset)
)");
}

TEST(NameTree, OfAFileSaysWhatItCannotRead) {
  const testing::TempFolder folder;
  EXPECT_THROW((void)name_tree_of_file(folder / "none.keras"), IoError);
  EXPECT_THROW((void)name_tree_of_file(folder.path()), Unsupported);
  testing::write_text(folder / "model.pb", "anything");
  EXPECT_THROW((void)name_tree_of_file(folder / "model.pb"), FormatError);
  testing::write_text(folder / "model.keras", "no archive");
  EXPECT_THROW((void)name_tree_of_file(folder / "model.keras"), FormatError);
}

std::vector<std::string> texts(const JsonValue& list) {
  std::vector<std::string> all;
  for (const JsonValue& item : list.items()) all.push_back(item.as_string());
  return all;
}

TEST(Inventory, OfAKerasFileHasItsLayersAndWeightsInKerasOrder) {
  const JsonValue cases = formats::parse_json(testing::read_text(kModels + "models.json"), {});
  ASSERT_GE(cases.find("cases")->items().size(), 10u);
  for (const JsonValue& row : cases.find("cases")->items()) {
    const std::string file = row.find("file")->as_string();
    const Inventory found = inventory_of(open_model_file(kModels + file));
    EXPECT_EQ(found.name, row.find("name")->as_string());
    std::vector<std::string> layers, weights, expected;
    for (const LayerRow& layer : found.layers) layers.push_back(layer.path);
    EXPECT_EQ(layers, texts(*row.find("layers"))) << file;
    for (const WeightRow& weight : found.weights) weights.push_back(weight.path + " " + to_string(weight.shape));
    for (const JsonValue& weight : row.find("weights")->items()) {
      Shape shape = Shape::scalar();
      for (const JsonValue& size : weight.find("shape")->items()) shape.push_back(size.as_int());
      std::string path = weight.find("path")->as_string();
      if (path == "custom_dense_1/weight") path = "custom_dense_1/vars/0";  // only its own class knows these names
      if (path == "custom_dense_1/bias") path = "custom_dense_1/vars/1";
      expected.push_back(path + " " + to_string(shape));
    }
    EXPECT_EQ(weights, expected) << file;
    EXPECT_EQ(found.optimizer.empty(), row.find("iterations")->as_int() == 0) << file;
  }
}

TEST(Inventory, OfAModelHasPathsAndSizes) {
  const Inventory found = inventory_of(scoped_model());
  ASSERT_EQ(found.weights.size(), 4u);
  EXPECT_EQ(found.weights[2].path, "model_0/encoder/a/kernel");
  EXPECT_EQ(found.weights[2].bytes, 24u);
  ASSERT_EQ(found.layers.size(), 4u);
  EXPECT_EQ(found.layers[2].path, "model_0/encoder/a");
  EXPECT_EQ(found.layers[2].class_name, "Dense");
}

TEST(KerasNames, AreThoseOfTheLayersHere) {
  const std::vector<std::pair<Layer, Shape>> cases = {
      {Dense({.units = 3}), {-1, 2}},
      {Dense({.units = 3, .use_bias = false}), {-1, 2}},
      {Conv2D({.filters = 2, .kernel_size = {3, 3}}), {-1, 8, 8, 4}},
      {DepthwiseConv2D({.kernel_size = {3, 3}, .use_bias = false}), {-1, 8, 8, 4}},
      {BatchNormalization({.center = false}), {-1, 4}},
      {LayerNormalization({.scale = false}), {-1, 4}},
      {RMSNormalization(), {-1, 4}},
      {GroupNormalization({.groups = 2}), {-1, 3, 4}},
      {Normalization(), {-1, 4}},
      {Embedding({.input_dim = 5, .output_dim = 2}), {-1, 4}},
      {PReLU(), {-1, 4}},
  };
  for (const auto& [layer, input] : cases) {
    layer.build(input);
    std::vector<std::string> names;
    for (const Variable& weight : layer.ptr()->own_weights()) names.push_back(weight.name());
    EXPECT_EQ(keras_weight_names(layer.class_name(), layer.get_config(), names.size()), names) << layer.class_name();
  }
}

JsonValue call_of(const std::string& layer, int number) {
  return JsonValue::object({{"args", JsonValue::array({JsonValue::object({{"class_name", "__keras_tensor__"}, {"config", JsonValue::object({{"keras_history", JsonValue::array({layer, number, 0})}})}})})},
                            {"kwargs", JsonValue::object({{"mask", nullptr}})}});
}

JsonValue layer_entry(const std::string& name, JsonValue calls) {
  return JsonValue::object({{"module", "keras.layers"}, {"class_name", "Dense"}, {"config", JsonValue::object({{"name", name}})}, {"name", name}, {"inbound_nodes", std::move(calls)}});
}

TEST(KerasGraph, OrdersLayersByTheGraphNotByTheList) {
  const auto graph = [](JsonValue first_call) {
    return JsonValue::object({{"layers", JsonValue::array({layer_entry("last", JsonValue::array({call_of("middle", 0)})),
                                                           layer_entry("unneeded", JsonValue::array({call_of("in", 0)})),
                                                           layer_entry("middle", JsonValue::array({std::move(first_call)})),
                                                           layer_entry("in", JsonValue::array()), layer_entry("unused", JsonValue::array())})},
                              {"input_layers", JsonValue::array({JsonValue::array({"in", 0, 0}), JsonValue::array({"unused", 0, 0})})},
                              {"output_layers", JsonValue::array({"last", 0, 0})}});
  };
  EXPECT_EQ(keras_layer_order(graph(call_of("in", 0))), (std::vector<std::size_t>{3, 2, 4, 0}));
  const std::vector<std::size_t> as_listed = {0, 1, 2, 3, 4};
  EXPECT_EQ(keras_layer_order(graph(call_of("last", 0))), as_listed) << "a loop";
  EXPECT_EQ(keras_layer_order(graph(call_of("nobody", 0))), as_listed);
  EXPECT_EQ(keras_layer_order(graph(call_of("in", 7))), as_listed) << "a call that was not made";
}

TEST(KerasNames, AreLeftOutWhereTheNumberIsAnother) {
  const JsonValue none = JsonValue::object();
  EXPECT_EQ(keras_weight_names("Dense", none, 3), std::nullopt);
  EXPECT_EQ(keras_weight_names("Unheard", none, 1), std::nullopt);
  EXPECT_EQ(keras_weight_names("BatchNormalization", JsonValue::object({{"scale", false}}), 3),
            (std::vector<std::string>{"beta", "moving_mean", "moving_variance"}));
  EXPECT_EQ(keras_weight_names("EinsumDense", JsonValue::object({{"bias_axes", nullptr}}), 1), std::vector<std::string>{"kernel"});
  EXPECT_EQ(keras_optimizer_names("Adam", none, {"a/kernel"}, 3), std::nullopt);
  EXPECT_EQ(keras_optimizer_names("SGD", JsonValue::object({{"momentum", 0.0}}), {"a/kernel"}, 2),
            (std::vector<std::string>{"iteration", "learning_rate"}));
  EXPECT_EQ(keras_optimizer_names("Adam", JsonValue::object({{"amsgrad", true}}), {"a/k", "b"}, 8),
            (std::vector<std::string>{"iteration", "learning_rate", "a_k_momentum", "a_k_velocity", "b_momentum", "b_velocity",
                                      "a_k_velocity_hat", "b_velocity_hat"}));
  const JsonValue averaged = JsonValue::object({{"learning_rate", JsonValue::object()}, {"use_ema", true}, {"gradient_accumulation_steps", 2}});
  EXPECT_EQ(keras_optimizer_names("Nadam", averaged, {"k"}, 6),
            (std::vector<std::string>{"iteration", "k_average", "k_gradient_accumulator", "k_momentum", "k_velocity", "variable"}));
  EXPECT_EQ(keras_optimizer_names("RMSprop", JsonValue::object({{"momentum", 0.5}, {"centered", true}}), {"k"}, 5),
            (std::vector<std::string>{"iteration", "learning_rate", "k_velocity", "k_momentum", "k_average_gradient"}));
}

TEST(KerasNames, SubLayersAreWhatTheConfigOfTheirOwnerSays) {
  const JsonValue lstm = JsonValue::object({{"class_name", "LSTM"}, {"config", JsonValue::object({{"name", "lstm"}, {"use_bias", false}})}});
  const JsonValue both = JsonValue::object({{"name", "both"}, {"layer", lstm}});
  for (const auto& [key, name] : {std::pair("forward_layer", "forward_lstm"), {"backward_layer", "backward_lstm"}}) {
    const JsonValue child = keras_child("Bidirectional", both, key);
    ASSERT_TRUE(child.is_object()) << key;
    EXPECT_EQ(child.find("config")->find("name")->as_string(), name);
    const JsonValue cell = keras_child("LSTM", *child.find("config"), "cell");
    EXPECT_EQ(keras_weight_names(cell.find("class_name")->as_string(), *cell.find("config"), 2), (std::vector<std::string>{"kernel", "recurrent_kernel"}));
  }
  EXPECT_EQ(*keras_child("TimeDistributed", both, "layer").find("class_name"), JsonValue("LSTM"));
  EXPECT_TRUE(keras_child("Dense", both, "cell").is_null());
}

}  // namespace
}  // namespace namesake::view
