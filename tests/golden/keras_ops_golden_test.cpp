// The operations of keras.ops in functional models: each model is made of Keras's config, gives Keras's numbers, and writes Keras's
// config again. The cases are described in tools/golden/keras_ops.py.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/npz.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional_config.h"
#include "namesake/ops/create.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

const std::string kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/keras_ops/";

JsonValue input_layer(const std::string& name, const Tensor& x) {
  JsonValue shape = JsonValue::array({nullptr});
  for (const std::int64_t size : x.shape().sizes().subspan(1)) shape.push_back(size);
  return JsonValue::object({{"module", "keras.layers"},
                            {"class_name", "InputLayer"},
                            {"config", JsonValue::object({{"batch_shape", shape}, {"dtype", to_string(x.dtype())}, {"sparse", false}, {"name", name}})},
                            {"registered_name", nullptr},
                            {"name", name},
                            {"inbound_nodes", JsonValue::array()}});
}

// The numbers of all outputs, case after case.
class Results {
 public:
  explicit Results(const Tensor& values) : values_(values.to_vector<float>()) {}
  [[nodiscard]] Tensor next(const JsonValue& shape) {
    std::vector<std::int64_t> sizes;
    std::int64_t count = 1;
    for (const JsonValue& size : shape.items()) {
      sizes.push_back(size.as_int());
      count *= size.as_int();
    }
    const std::span<const float> values = std::span(values_).subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return Tensor::of(values, Shape(std::span<const std::int64_t>(sizes)));
  }
  [[nodiscard]] bool at_end() const { return at_ == values_.size(); }

 private:
  std::vector<float> values_;
  std::size_t at_ = 0;
};

JsonValue config_of(const JsonValue& row, const formats::NpzFile& arrays) {
  JsonValue layers = JsonValue::array(), inputs = JsonValue::array();
  for (const JsonValue& key : row.find("inputs")->items()) {
    layers.push_back(input_layer(key.as_string(), arrays.read("in/" + key.as_string())));
    inputs.push_back(JsonValue::array({key, 0, 0}));
  }
  for (const JsonValue& operation : row.find("operations")->items()) layers.push_back(operation);
  return JsonValue::object({{"name", "model"}, {"trainable", true}, {"layers", layers}, {"input_layers", inputs}, {"output_layers", *row.find("outputs")}});
}

void compare_config(const JsonValue& ours, const JsonValue& theirs) {
  std::vector<std::string> wanted, written;
  for (const JsonValue& layer : theirs.items()) wanted.push_back(to_json(layer));
  for (const JsonValue& layer : ours.find("layers")->items()) {
    if (layer.find("class_name")->as_string() != "InputLayer") written.push_back(to_json(layer));
  }
  std::sort(wanted.begin(), wanted.end());  // inputs stand elsewhere among them
  std::sort(written.begin(), written.end());
  EXPECT_EQ(written, wanted);
}

void run(const JsonValue& row, const formats::NpzFile& arrays, const Tensors& expected) {
  const JsonValue config = config_of(row, arrays);
  const Layer layer = nn::functional_from_config(JsonView(config));
  const auto* body = dynamic_cast<const nn::FunctionalBody*>(layer.ptr().get());
  ASSERT_NE(body, nullptr);
  compare_config(nn::functional_config(*body, "model"), *row.find("operations"));
  Tensors inputs;
  for (const JsonValue& key : row.find("inputs")->items()) inputs.push_back(arrays.read("in/" + key.as_string()));
  const Tensors outputs = layer(inputs);
  const JsonArray& results = row.find("results")->items();
  ASSERT_EQ(outputs.size(), results.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(to_string(outputs[i].dtype()), results[i].items()[0].as_string());
    EXPECT_TRUE(body->outputs()[i].shape().compatible_with(outputs[i].shape()))
        << to_string(body->outputs()[i].shape()) << " stands for " << to_string(outputs[i].shape());
    const Tensor ours = cast(outputs[i], DType::kFloat32);
    EXPECT_LE(testing::difference(ours, expected[i]), 1e-5) << to_string(outputs[i]) << "\n" << to_string(expected[i]);
  }
}

TEST(KerasOpsGolden, GiveKerassNumbersAndConfigs) {
  const JsonValue file = testing::read_golden_json(kFolder + "cases.json");
  const formats::NpzFile arrays(kFolder + "arrays.npz");
  Results results(arrays.read("values"));
  int cases = 0;
  for (const JsonValue& row : file.find("cases")->items()) {
    SCOPED_TRACE(row.find("case")->as_string());
    reset_names();
    Tensors expected;
    for (const JsonValue& result : row.find("results")->items()) expected.push_back(results.next(result.items()[1]));
    try {
      run(row, arrays, expected);
    } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
    }
    ++cases;
  }
  EXPECT_TRUE(results.at_end());
  EXPECT_GE(cases, 300);
}

}  // namespace
}  // namespace namesake
