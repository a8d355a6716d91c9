// Keras 2's words one by one. Whole models of real files are in tests/golden/keras2_golden_test.cpp.
#include "namesake/saving/keras2/keras2_dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "namesake/base/error.h"
#include "namesake/formats/container/json.h"

namespace namesake::saving {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

JsonValue json(std::string text) {
  for (char& c : text) {
    if (c == '\'') c = '"';
  }
  return formats::parse_json(text, {.file = "test"});
}

// A Sequential of Keras 2 with one layer after its input.
JsonValue with_layer(const std::string& layer) {
  return json("{'class_name': 'Sequential', 'config': {'name': 's', 'layers': [{'class_name': 'InputLayer', 'config': {'batch_input_shape': [null, 4], "
              "'dtype': 'float32', 'sparse': false, 'ragged': false, 'name': 'in'}}, " + layer + "]}}");
}
JsonValue config_of_layer(const std::string& layer) {
  const JsonValue given = with_layer(layer);
  return *keras3_config(JsonView(given)).find("config")->find("layers")->items()[1].find("config");
}

TEST(Keras2Dialect, SaysEachKeyInKeras3sWords) {
  const struct {
    const char *layer, *config;
  } rows[] = {
      {"{'class_name': 'LeakyReLU', 'config': {'name': 'l', 'alpha': 0.25}}", "{'name': 'l', 'negative_slope': 0.25}"},
      {"{'class_name': 'ELU', 'config': {'name': 'l', 'alpha': 0.25}}", "{'name': 'l', 'alpha': 0.25}"},
      {"{'class_name': 'Dense', 'config': {'name': 'd', 'dtype': {'class_name': 'Policy', 'config': {'name': 'mixed_float16'}}}}", "{'name': 'd', 'dtype': 'mixed_float16'}"},
      {"{'class_name': 'Dense', 'config': {'batch_input_shape': [null, 3], 'name': 'd'}}", "{'name': 'd'}"},
      {"{'class_name': 'DepthwiseConv2D', 'config': {'name': 'd', 'groups': 1, 'kernel_initializer': 'zeros'}}", "{'name': 'd'}"},
      {"{'class_name': 'Conv2D', 'config': {'name': 'd', 'groups': 2}}", "{'name': 'd', 'groups': 2}"},
      {"{'class_name': 'LSTM', 'config': {'name': 'r', 'time_major': false, 'implementation': 2, 'recurrent_activation': 'hard_sigmoid'}}",
       "{'name': 'r', 'recurrent_activation': 'keras2_hard_sigmoid'}"},
      {"{'class_name': 'GRU', 'config': {'name': 'r', 'implementation': 1}}", "{'name': 'r', 'reset_after': false}"},
      {"{'class_name': 'BatchNormalizationV1', 'config': {'name': 'b', 'axis': [3], 'fused': true}}", "{'name': 'b', 'axis': 3}"},
      {"{'class_name': 'LayerNormalization', 'config': {'name': 'b', 'axis': [1, 2]}}", "{'name': 'b', 'axis': [1, 2]}"},
      {"{'class_name': 'ReLU', 'config': {'name': 'r', 'threshold': {'class_name': '__numpy__', 'config': {'value': 0.5, 'dtype': 'float32'}}}}", "{'name': 'r', 'threshold': 0.5}"},
      {"{'class_name': 'Dense', 'config': {'name': 'd', 'kernel_initializer': {'class_name': 'VarianceScaling', 'config': {'distribution': 'normal'}}}}",
       "{'name': 'd', 'kernel_initializer': {'class_name': 'VarianceScaling', 'config': {'distribution': 'truncated_normal'}, 'registered_name': null}}"},
  };
  for (const auto& row : rows) {
    const JsonValue config = config_of_layer(row.layer);
    EXPECT_EQ(to_json(config), to_json(json(row.config))) << row.layer;
  }
}

TEST(Keras2Dialect, NamesWhatKeras3NoLongerHas) {
  const struct {
    const char *layer, *said, *fix;
  } rows[] = {
      {"{'class_name': 'ThresholdedReLU', 'config': {'name': 'cut', 'theta': 1.0}}", "the layer \"cut\" is a ThresholdedReLU, which Keras 3 no longer has", "ReLU(threshold=theta)"},
      {"{'class_name': 'CuDNNLSTM', 'config': {'name': 'fast', 'units': 1}}", "the layer \"fast\" is a CuDNNLSTM", "CuDNNLSTM by LSTM"},
      {"{'class_name': 'TimeDistributed', 'config': {'name': 't', 'layer': {'class_name': 'LocallyConnected1D', 'config': {'name': 'here'}}}}", "the layer \"here\" is a LocallyConnected1D", "of your own"},
      {"{'class_name': 'LSTM', 'config': {'name': 'r', 'time_major': true}}", "time_major = true", "swap the first two axes"},
      {"{'class_name': 'DepthwiseConv2D', 'config': {'name': 'd', 'groups': 3}}", "groups = 3", ""},
      {"{'class_name': 'BatchNormalization', 'config': {'name': 'b', 'axis': [1, 2]}}", "over the axes [1, 2], Keras 3 over one axis", "with a Reshape before"},
      {"{'class_name': 'SeparableConv1D', 'config': {'name': 's', 'padding': 'causal'}}", "padding = \"causal\"", "put ZeroPadding1D"},
      {"{'class_name': 'Dense', 'config': {'name': 'd', 'activation': {'class_name': 'LeakyReLU', 'config': {}}}}", "the layer LeakyReLU as its activation", "of its own after"},
  };
  for (const auto& row : rows) {
    const JsonValue given = with_layer(row.layer);
    try {
      static_cast<void>(keras3_config(JsonView(given, "old.h5")));
      ADD_FAILURE() << "taken: " << row.layer;
    } catch (const Unsupported& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.said));
      EXPECT_THAT(error.what(), HasSubstr("old.h5: config.layers[1]"));
      EXPECT_THAT(error.parts().fix, HasSubstr(row.fix));
    }
  }
}

TEST(Keras2Dialect, GivesASequentialItsInputFromTheFirstLayersShape) {
  for (const char* form : {"{'name': 's', 'layers': [%]}", "[%]"}) {  // a bare list until Keras 2.2.2
    std::string config = form;
    config.replace(config.find('%'), 1, "{'class_name': 'Dense', 'config': {'name': 'd', 'batch_input_shape': [null, 3], 'dtype': 'float32', 'units': 2}}");
    const JsonValue given = json("{'class_name': 'Sequential', 'config': " + config + "}");
    const JsonValue result = keras3_config(JsonView(given));
    const JsonArray& layers = result.find("config")->find("layers")->items();
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_EQ(to_json(*layers[0].find("config")->find("batch_shape")), "[null, 3]");
    EXPECT_EQ(*layers[0].find("config")->find("name"), JsonValue("d_input"));
  }
}

TEST(Keras2Dialect, LeavesAKeras3ConfigAsItIs) {
  const JsonValue given = json(
      "{'module': 'keras', 'class_name': 'Sequential', 'config': {'name': 's', 'layers': [{'class_name': 'InputLayer', 'config': {'batch_shape': [null, 4]}}, "
      "{'class_name': 'Dense', 'config': {'activation': 'hard_sigmoid', 'dtype': {'class_name': 'DTypePolicy', 'config': {'name': 'float32'}}}}]}}");
  EXPECT_FALSE(is_keras2_config(given));
  EXPECT_EQ(keras3_config(JsonView(given)), given);
}

JsonValue functional(const std::string& layers, const std::string& outputs) {
  return json("{'class_name': 'Functional', 'config': {'name': 'm', 'layers': [{'class_name': 'InputLayer', 'config': {'batch_input_shape': [null, 4], 'name': 'x'}, "
              "'name': 'x', 'inbound_nodes': []}, " + layers + "], 'input_layers': [['x', 0, 0]], 'output_layers': " + outputs + "}}");
}
std::string nodes_of(const JsonValue& given, std::size_t layer) {
  const JsonValue result = keras3_config(JsonView(given));
  return to_json(*result.find("config")->find("layers")->items()[layer].find("inbound_nodes"));
}
std::string tensor(const std::string& layer, int call, int output = 0) {
  return "{'class_name': '__keras_tensor__', 'config': {'keras_history': ['" + layer + "', " + std::to_string(call) + ", " + std::to_string(output) + "]}}";
}

TEST(Keras2Dialect, SaysEachFormOfACallInKeras3sWords) {
  const auto layer = [](const std::string& class_name, const std::string& nodes) {
    return "{'class_name': '" + class_name + "', 'config': {'name': 'l'}, 'name': 'l', 'inbound_nodes': " + nodes + "}";
  };
  const std::string x = tensor("x", 0);
  const struct {
    std::string layer, nodes;
  } rows[] = {
      {layer("Dense", "[[['x', 0, 0, {}]], [['x', 0, 0]]]"), "[{'args': [" + x + "], 'kwargs': {}}, {'args': [" + x + "], 'kwargs': {}}]"},
      {layer("Add", "[[['x', 0, 0, {}], ['x', 0, 0, {}]]]"), "[{'args': [[" + x + ", " + x + "]], 'kwargs': {}}]"},
      {layer("Dropout", "[[['x', 0, 0, {'training': true, 'noise': null}]]]"), "[{'args': [" + x + "], 'kwargs': {'training': true}}]"},
      {layer("MultiHeadAttention", "[[['x', 0, 0, {'value': ['x', 0, 0]}]]]"), "[{'args': [" + x + "], 'kwargs': {'value': " + x + "}}]"},
      {"{'class_name': 'Attention', 'config': {'name': 'l', 'causal': true}, 'name': 'l', 'inbound_nodes': [[['x', 0, 0, {}], ['x', 0, 0, {}]]]}",
       "[{'args': [[" + x + ", " + x + "]], 'kwargs': {'use_causal_mask': true}}]"},
      {layer("LSTM", "[[['x', 0, 0, {}], ['x', 0, 0, {}], ['x', 0, 0, {}]]]"), "[{'args': [" + x + "], 'kwargs': {'initial_state': [" + x + ", " + x + "]}}]"},
  };
  for (const auto& row : rows) EXPECT_EQ(nodes_of(functional(row.layer, "[['l', 0, 0]]"), 1), to_json(json(row.nodes))) << row.layer;
}

TEST(Keras2Dialect, CountsTheCallsOfAModelInAModelAsKeras3Does) {
  const std::string inner =
      "{'class_name': 'Sequential', 'config': {'name': 'in', 'layers': [{'class_name': 'Dense', 'config': {'name': 'd', 'units': 4%}}]}, 'name': 'in', 'inbound_nodes': [[['x', 0, 0, {}]]]}";
  for (const bool shaped : {true, false}) {  // a Sequential without a shape has no graph of its own that would count
    std::string model = inner;
    model.replace(model.find('%'), 1, shaped ? ", 'batch_input_shape': [null, 4]" : "");
    const std::string call = shaped ? "1" : "0";
    const JsonValue given = functional(model + ", {'class_name': 'Dense', 'config': {'name': 'l'}, 'name': 'l', 'inbound_nodes': [[['in', " + call + ", 0, {}]]]}", "[['in', " + call + ", 0]]");
    EXPECT_EQ(nodes_of(given, 2), to_json(json("[{'args': [" + tensor("in", 0) + "], 'kwargs': {}}]")));
    EXPECT_EQ(to_json(*keras3_config(JsonView(given)).find("config")->find("output_layers")), "[\"in\", 0, 0]");
  }
}

TEST(Keras2Dialect, SaysCallsOfTensorFlowAsOperations) {
  const auto op = [](const std::string& function, const std::string& node) {
    return functional("{'class_name': 'TFOpLambda', 'config': {'name': 'o', 'function': '" + function + "'}, 'name': 'o', 'inbound_nodes': [" + node + "]}", "[['o', 0, 0]]");
  };
  const std::string x = tensor("x", 0);
  const struct {
    std::string function, node, class_name, args, config;
  } rows[] = {
      {"math.subtract", "['_CONSTANT_VALUE', -1, 1.0, {'y': ['x', 0, 0], 'name': null}]", "Subtract", "[1.0, " + x + "]", "{'name': 'o'}"},
      {"concat", "[['x', 0, 0, {'axis': 1}], ['x', 0, 0, {'axis': 1}]]", "Concatenate", "[[" + x + ", " + x + "]]", "{'axis': 1, 'name': 'o'}"},
      {"compat.v1.transpose", "['x', 0, 0, {'perm': [1, 0]}]", "Transpose", "[" + x + "]", "{'axes': [1, 0], 'name': 'o'}"},
      {"nn.leaky_relu", "['x', 0, 0, {}]", "LeakyRelu", "[" + x + "]", "{'negative_slope': 0.2, 'name': 'o'}"},
      {"split", "['x', 0, 0, {'num_or_size_splits': [1, 2, 1], 'axis': 1}]", "Split", "[" + x + "]", "{'indices_or_sections': [1, 3], 'axis': 1, 'name': 'o'}"},
      {"linalg.matmul", "['x', 0, 0, {'b': ['x', 0, 0], 'transpose_b': true}]", "Einsum", "[" + x + ", " + x + "]", "{'subscripts': '...ij,...kj->...ik', 'name': 'o'}"},
      {"slice", "['x', 0, 0, {'begin': [0, 1], 'size': [-1, 2]}]", "GetItem",
       "[" + x + ", [{'class_name': '__slice__', 'config': {'start': 0, 'stop': null, 'step': null}}, {'class_name': '__slice__', 'config': {'start': 1, 'stop': 3, 'step': null}}]]", "{'name': 'o'}"},
      {"compat.v1.pad", "['x', 0, 0, {'paddings': [[0, 0], [1, 2]], 'mode': 'REFLECT', 'constant_values': 0}]", "Pad", "[" + x + "]", "{'pad_width': [[0, 0], [1, 2]], 'mode': 'reflect', 'name': 'o'}"},
      {"linalg.trace", "['x', 0, 0, {}]", "Trace", "[" + x + "]", "{'axis1': -2, 'axis2': -1, 'name': 'o'}"},
      {"math.add_n", "[['x', 0, 0, {}], ['x', 0, 0, {}]]", "Add", "[[" + x + ", " + x + "]]", "{'name': 'o'}"},
      {"__operators__.getitem", "['x', 0, 0, {'slice_spec': [{'start': null, 'stop': 2, 'step': null}, 0]}]", "GetItem",
       "[" + x + ", [{'class_name': '__slice__', 'config': {'start': null, 'stop': 2, 'step': null}}, 0]]", "{'name': 'o'}"},
  };
  for (const auto& row : rows) {
    const JsonValue given = op(row.function, row.node), result = keras3_config(JsonView(given));
    const JsonValue& layer = result.find("config")->find("layers")->items()[1];
    EXPECT_EQ(*layer.find("class_name"), JsonValue(row.class_name));
    EXPECT_EQ(to_json(*layer.find("inbound_nodes")->items()[0].find("args")), to_json(json(row.args))) << row.function;
    EXPECT_EQ(to_json(*layer.find("config")), to_json(json(row.config))) << row.function;
  }
  for (const auto& [function, node, said] : {std::array{"linalg.matmul", "['x', 0, 0, {'b': ['x', 0, 0], 'adjoint_b': true}]", "adjoint_b = true"},
                                             std::array{"einsum", "['_CONSTANT_VALUE', -1, 'ij,jk', {}]", "of which Keras 2 saves no inputs"},
                                             std::array{"split", "['x', 0, 0, {'num_or_size_splits': [1, -1]}]", "of which one has no size"},
                                             std::array{"signal.fft", "['x', 0, 0, {}]", "a call of tf.signal.fft, which is not done here"}}) {
    const JsonValue given = op(function, node);
    try {
      static_cast<void>(keras3_config(JsonView(given)));
      ADD_FAILURE() << function;
    } catch (const Unsupported& error) {
      EXPECT_THAT(error.what(), HasSubstr(said));
    }
  }
}

TEST(Keras2Dialect, SaysOldCompileSettingsInKeras3sWords) {
  const JsonValue given = json(
      "{'loss': 'mse', 'metrics': null, 'sample_weight_mode': null, 'loss_weights': null, 'optimizer_config': {'class_name': 'Custom>SGD', "
      "'config': {'lr': 0.1, 'decay': 0.5, 'momentum': 0.9, 'nesterov': false, 'jit_compile': true}}}");
  const JsonValue result = keras3_compile_config(JsonView(given));
  const JsonValue& optimizer = *result.find("optimizer");
  EXPECT_EQ(*optimizer.find("class_name"), JsonValue("SGD"));
  const JsonValue& rate = *optimizer.find("config")->find("learning_rate");
  EXPECT_EQ(*rate.find("class_name"), JsonValue("InverseTimeDecay"));
  EXPECT_EQ(*rate.find("config")->find("decay_rate"), JsonValue(0.5));
  EXPECT_FALSE(result.has("sample_weight_mode"));
  EXPECT_FALSE(optimizer.find("config")->has("jit_compile"));
}

TEST(Keras2Dialect, NamesOptimizersThatKeras3CannotBe) {
  for (const char* optimizer : {"{'class_name': 'TFOptimizer', 'config': {}}",
                                "{'class_name': 'LossScaleOptimizer', 'config': {'inner_optimizer': {'class_name': 'SGD', 'config': {}}, 'dynamic': false}}"}) {
    const JsonValue given = json("{'loss': 'mse', 'optimizer_config': " + std::string(optimizer) + "}");
    EXPECT_THROW(static_cast<void>(keras3_compile_config(JsonView(given))), Unsupported) << optimizer;
  }
}

TEST(Keras2Dialect, KnowsTheLayerOfInceptionResNetV2ByTheNameThatItIsRegisteredUnder) {
  for (const char* layer : {"{'class_name': 'Custom>CustomScaleLayer', 'config': {'name': 'l', 'trainable': true, 'scale': 0.17}}",
                            "{'module': null, 'class_name': 'CustomScaleLayer', 'config': {'name': 'l', 'scale': 0.17}, 'registered_name': 'Custom>CustomScaleLayer'}"}) {
    const JsonValue given = with_layer(layer), common = keras3_config(JsonView(given));
    const JsonValue& entry = common.find("config")->find("layers")->items()[1];
    EXPECT_EQ(*entry.find("module"), JsonValue("keras.src.applications.inception_resnet_v2"));
    EXPECT_EQ(*entry.find("class_name"), JsonValue("CustomScaleLayer"));
  }
  const JsonValue users = with_layer("{'class_name': 'Custom>Dense', 'config': {'name': 'l'}}");
  EXPECT_EQ(*keras3_config(JsonView(users)).find("config")->find("layers")->items()[1].find("registered_name"), JsonValue("Custom>Dense")) << "a user's class stays one";
}

// What Keras 2 reads of it is tried in tests/interop; here: it comes back as it was.
TEST(Keras2Dialect, TheCommonWordsAreReadAsKeras2s) {
  const JsonValue given = json(
      "{'module': 'keras.src.models.functional', 'class_name': 'Functional', 'registered_name': 'Functional', 'config': {'name': 'm', 'layers': ["
      "{'module': 'keras.layers', 'class_name': 'InputLayer', 'config': {'name': 'x', 'batch_shape': [null, 4]}, 'registered_name': null, 'name': 'x', 'inbound_nodes': []}, "
      "{'module': 'keras.layers', 'class_name': 'LeakyReLU', 'config': {'name': 'l', 'negative_slope': 0.25}, 'registered_name': null, 'name': 'l', 'inbound_nodes': "
      "[{'args': [" + tensor("x", 0) + "], 'kwargs': {}}]}, "
      "{'module': 'keras.layers', 'class_name': 'Add', 'config': {'name': 'a'}, 'registered_name': null, 'name': 'a', 'inbound_nodes': "
      "[{'args': [[" + tensor("x", 0) + ", " + tensor("l", 0) + "]], 'kwargs': {}}]}], 'input_layers': ['x', 0, 0], 'output_layers': ['a', 0, 0]}}");
  DialectObstacles obstacles;
  const JsonValue common = common_dialect_config(given, obstacles);
  EXPECT_THAT(obstacles.keras2, IsEmpty());
  EXPECT_TRUE(is_keras2_config(common));
  EXPECT_THAT(to_json(common), HasSubstr("\"alpha\": 0.25"));
  EXPECT_THAT(to_json(common), HasSubstr("[[[\"x\", 0, 0, {}], [\"l\", 0, 0, {}]]]"));
  const JsonValue back = keras3_config(JsonView(common));
  EXPECT_EQ(to_json(*back.find("config")), to_json(*given.find("config")));
}

TEST(Keras2Dialect, NamesWhatHasNoCommonWords) {
  const auto model = [](const std::string& layer) {
    return json("{'class_name': 'Sequential', 'config': {'name': 's', 'layers': [" + layer + "]}}");
  };
  const struct {
    const char *layer, *said;
  } rows[] = {
      {"{'class_name': 'RMSNormalization', 'config': {'name': 'n'}}", "Keras 2 has no RMSNormalization"},
      {"{'module': 'keras.src.applications.convnext', 'class_name': 'LayerScale', 'config': {'name': 'n'}}", "Keras 2 finds no LayerScale, for files of its own neither"},
      {"{'class_name': 'LayerNormalization', 'config': {'name': 'n', 'rms_scaling': true}}", "Keras 2 has no rms_scaling = true"},
      {"{'class_name': 'Dense', 'config': {'name': 'n', 'activation': 'hard_sigmoid'}}", "hard_sigmoid is another function in Keras 2"},
      {"{'class_name': 'Dense', 'config': {'name': 'n', 'dtype': {'module': 'keras', 'class_name': 'QuantizedDTypePolicy', 'config': {'name': 'int8'}}}}",
       "Keras 2 has no QuantizedDTypePolicy"},
  };
  for (const auto& row : rows) {
    DialectObstacles obstacles;
    static_cast<void>(common_dialect_config(model(row.layer), obstacles));
    EXPECT_THAT(obstacles.keras2, ElementsAre("the layer \"n\": " + std::string(row.said))) << row.layer;
  }
}

TEST(Keras2Dialect, TellsEverythingThatHasNoCommonWords) {
  DialectObstacles obstacles;
  static_cast<void>(common_dialect_config(json("{'class_name': 'Sequential', 'config': {'name': 's', 'layers': [{'class_name': 'RMSNormalization', 'config': {'name': 'a'}}, "
                                               "{'class_name': 'Dense', 'config': {'name': 'b', 'activation': 'hard_sigmoid'}}]}}"),
                                          obstacles));
  EXPECT_THAT(obstacles.keras2, ElementsAre(HasSubstr("\"a\""), HasSubstr("\"b\"")));
}

// Keras 3 has them as arguments of their own, which it does not find in Keras 2's lists.
TEST(Keras2Dialect, WritesArgumentsThatAreTensorsForKeras2Alone) {
  const struct {
    const char *class_name, *args, *kwargs, *written, *said;
  } rows[] = {
      {"LSTM", "[X]", "{'initial_state': [Y, Y]}", R"([[["x", 0, 0, {}], ["y", 0, 0, {}], ["y", 0, 0, {}]]])", "initial_state"},
      {"GRU", "[X]", "{'initial_state': Y, 'training': false}", R"([[["x", 0, 0, {"training": false}], ["y", 0, 0, {"training": false}]]])", "initial_state"},
      {"MultiHeadAttention", "[X, Y]", "{'use_causal_mask': true}", R"([[["x", 0, 0, {"use_causal_mask": true, "value": ["y", 0, 0]}]]])", "value"},
      {"MultiHeadAttention", "[]", "{'query': X, 'value': Y, 'key': X}", R"([[["x", 0, 0, {"value": ["y", 0, 0], "key": ["x", 0, 0]}]]])", "value"},
      {"Attention", "[[X, Y]]", "{'use_causal_mask': true}", R"([[["x", 0, 0, {"use_causal_mask": true}], ["y", 0, 0, {"use_causal_mask": true}]]])", nullptr},
  };
  for (const auto& row : rows) {
    const auto filled = [](std::string text) {
      for (const char name : {'X', 'Y'}) {
        for (std::size_t at; (at = text.find(name)) != std::string::npos;) text.replace(at, 1, tensor(name == 'X' ? "x" : "y", 0));
      }
      return text;
    };
    const auto input = [](const std::string& name) {
      return "{'class_name': 'InputLayer', 'config': {'name': '" + name + "', 'batch_shape': [null, 4]}, 'name': '" + name + "', 'inbound_nodes': []}";
    };
    const JsonValue given = json("{'class_name': 'Functional', 'config': {'name': 'm', 'layers': [" + input("x") + ", " + input("y") + ", {'class_name': '" + row.class_name +
                                 "', 'config': {'name': 'l'}, 'name': 'l', 'inbound_nodes': [{'args': " + filled(row.args) + ", 'kwargs': " + filled(row.kwargs) +
                                 "}]}], 'input_layers': [['x', 0, 0], ['y', 0, 0]], 'output_layers': ['l', 0, 0]}}");
    DialectObstacles obstacles;
    const JsonValue words = common_dialect_config(given, obstacles);
    EXPECT_EQ(to_json(*words.find("config")->find("layers")->items()[2].find("inbound_nodes")), row.written);
    EXPECT_THAT(obstacles.keras2, IsEmpty()) << row.written;
    if (row.said == nullptr) {
      EXPECT_THAT(obstacles.keras3, IsEmpty()) << row.written;
    } else {
      EXPECT_THAT(obstacles.keras3, ::testing::Contains("the layer \"l\": Keras 3 finds no tensor for " + std::string(row.said) + " in Keras 2's words"));
    }
  }
}

// Keras 2 counts from 1 the calls of a functional model in a model, Keras 3 from 0: written twice, each is under one number in both.
TEST(Keras2Dialect, WritesCallsOfAFunctionalModelInAModelUnderNumbersOfBoth) {
  const std::string inner =
      "{'class_name': 'Functional', 'config': {'name': 'in', 'layers': [], 'input_layers': [], 'output_layers': []}, 'name': 'in', 'inbound_nodes': "
      "[{'args': [" + tensor("x", 0) + "], 'kwargs': {}}, {'args': [" + tensor("in", 0) + "], 'kwargs': {}}]}";
  const JsonValue given = json("{'class_name': 'Functional', 'config': {'name': 'm', 'layers': [{'class_name': 'InputLayer', 'config': {'name': 'x', 'batch_shape': [null, 4]}, "
                               "'name': 'x', 'inbound_nodes': []}, " + inner + "], 'input_layers': ['x', 0, 0], 'output_layers': ['in', 2, 0]}}");
  DialectObstacles obstacles;
  const JsonValue common = common_dialect_config(given, obstacles);
  EXPECT_EQ(to_json(*common.find("config")->find("layers")->items()[1].find("inbound_nodes")), "[[[\"x\", 0, 0, {}]], [[\"x\", 0, 0, {}]], [[\"in\", 1, 0, {}]], [[\"in\", 1, 0, {}]]]");
  EXPECT_EQ(to_json(*common.find("config")->find("output_layers")), "[[\"in\", 3, 0]]");
  EXPECT_THAT(obstacles.keras2, IsEmpty());
  const JsonValue back = keras3_config(JsonView(common));
  EXPECT_EQ(to_json(*back.find("config")->find("layers")->items()[1].find("inbound_nodes")), to_json(*given.find("config")->find("layers")->items()[1].find("inbound_nodes")));
  EXPECT_EQ(to_json(*back.find("config")->find("output_layers")), to_json(*given.find("config")->find("output_layers")));
}

TEST(CommonCompileConfig, TellsOptimizersLossesAndOptionsThatKeras2HasNot) {
  const struct {
    const char *config, *said;
  } rows[] = {
      {"{'optimizer': {'class_name': 'Muon', 'config': {}}, 'loss': 'mse'}", "Keras 2 has no Muon"},
      {"{'optimizer': {'class_name': 'Adam', 'config': {'gradient_accumulation_steps': 4}}, 'loss': 'mse'}", "Keras 2 has no gradient_accumulation_steps = 4"},
      {"{'optimizer': 'adam', 'loss': ['mse', 'dice']}", "Keras 2 has no dice"},
      {"{'optimizer': 'adam', 'loss': {'class_name': 'MeanSquaredError', 'config': {'reduction': 'mean'}}}", "Keras 2 has no reduction = \"mean\""},
  };
  for (const auto& row : rows) {
    std::vector<std::string> obstacles;
    static_cast<void>(common_compile_config(json(row.config), obstacles));
    EXPECT_THAT(obstacles, ElementsAre(row.said));
  }
}

TEST(CommonCompileConfig, LeavesOutWhatIsOff) {
  std::vector<std::string> obstacles;
  const JsonValue common = common_compile_config(json("{'optimizer': {'class_name': 'Adam', 'config': {'loss_scale_factor': null, 'beta_1': 0.5}}, 'loss': {'class_name': 'Huber', 'config': "
                                                      "{'reduction': null, 'dtype': {'class_name': 'DTypePolicy', 'config': {'name': 'float32'}}}}, 'jit_compile': 'auto', 'auto_scale_loss': true, 'run_eagerly': null}"),
                                                 obstacles);
  EXPECT_EQ(to_json(common), "{\"optimizer\": {\"class_name\": \"Adam\", \"config\": {\"beta_1\": 0.5}}, \"loss\": {\"class_name\": \"Huber\", \"config\": {\"reduction\": \"none\", \"dtype\": \"float32\"}}}");
  EXPECT_THAT(obstacles, IsEmpty());
}

}  // namespace
}  // namespace namesake::saving
