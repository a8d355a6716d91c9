// Calls with arguments by name: of layers, in functional models, and in their configs.
#include <gtest/gtest.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/clone.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/functional_config.h"
#include "namesake/nn/layer_of.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/registry.h"
#include "namesake/ops/math.h"

namespace namesake {
namespace {

// Keras's call(self, x, shift=None, more=None, times=1): (x + shift + the sum of more) * times.
class MovedLayer : public LayerBase {
 public:
  static constexpr std::string_view kClassName = "Moved";
  struct Options {
    std::string name = "";
  };
  explicit MovedLayer(const Options&) {}
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override {
    static constexpr std::array<std::string_view, 4> kNames = {"x", "shift", "more", "times"};
    return kNames;
  }
  void build_call(std::span<const Shape> inputs, const CallArguments* arguments) override {
    shapes = inputs.size();
    has_shift = arguments != nullptr && arguments->find("shift") != nullptr;
  }
  Tensors call_many(const Tensors& inputs, CallContext& context) override {
    Tensor y = inputs[0];
    for (std::size_t i = 1; i < inputs.size(); ++i) y = add(y, inputs[i]);
    const JsonValue* times = context.arguments() != nullptr ? context.arguments()->values.find("times") : nullptr;
    return {times != nullptr ? multiply(y, Tensor(static_cast<float>(times->as_int()))) : y};
  }
  std::size_t shapes = 0;
  bool has_shift = false;
};
using Moved = LayerOf<MovedLayer>;

struct OuterLayer : LayerBase {
  static constexpr std::string_view kClassName = "Outer";
  struct Options {};
  explicit OuterLayer(const Options&) : inner(add_layer("inner", Moved({.name = "inner"}))) {}
  [[nodiscard]] std::span<const std::string_view> call_parameters() const override { return inner->call_parameters(); }
  Tensor call(const Tensor& x, CallContext&) override { return inner(x); }
  Moved inner;
};

CallOptions with(CallArguments arguments) { return {.arguments = std::make_shared<const CallArguments>(std::move(arguments))}; }

std::string call_of(const Model& model, std::string_view layer) {
  const JsonValue config = nn::functional_config(dynamic_cast<const nn::FunctionalBody&>(*model.ptr()), "m");
  for (const JsonValue& entry : config.find("layers")->items()) {
    if (entry.find("name")->as_string() != layer) continue;
    std::string text;
    for (const char* part : {"args", "kwargs"}) text += to_json(*entry.find("inbound_nodes")->items().at(0).find(part)) + "\n";
    for (std::size_t at; (at = text.find(R"({"class_name": "__keras_tensor__", "config": {"shape": [null, 2], "dtype": "float32", "keras_history": [)")) != std::string::npos;) {
      const std::size_t name = text.find('[', text.find("keras_history", at)) + 1, end = text.find("}}", name);
      text.replace(at, end + 2 - at, text.substr(name, text.find(',', name) - name));
    }
    return text;
  }
  return "none";
}

const Tensor kOne = Tensor::of<float>({1, 2}, {1, 2}), kTen = Tensor::of<float>({10, 20}, {1, 2});

TEST(CallArguments, ReachBuildAndCall) {
  const Moved layer;
  const Tensors y = layer(Tensors{kOne, kTen}, with({.named = {{"shift", 1}}, .values = JsonValue::object({{"times", 2}})}));
  EXPECT_EQ(y.at(0).to_vector<float>(), (std::vector<float>{22, 44}));
  EXPECT_EQ(layer->shapes, 2u);
  EXPECT_TRUE(layer->has_shift);
  EXPECT_EQ(layer(kOne, with({.values = JsonValue::object({{"times", 3}})})).to_vector<float>(), (std::vector<float>{3, 6}));
  EXPECT_EQ(layer(kOne).to_vector<float>(), (std::vector<float>{1, 2})) << "a call's arguments end with it";
}

TEST(CallArguments, OfOneCallAreNotThoseOfCallsInsideIt) {
  EXPECT_EQ(LayerOf<OuterLayer>()(kOne, with({.values = JsonValue::object({{"times", 3}})})).to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(CallArguments, ThatALayerDoesNotTakeAreRefused) {
  const Moved layer;
  EXPECT_THROW(static_cast<void>(layer(Tensors{kOne, kTen}, with({.named = {{"shifd", 1}}}))), InvalidArgument);
  EXPECT_THROW(static_cast<void>(layer(Tensors{kOne, kTen}, with({.named = {{"shift", 2}}}))), InvalidArgument) << "there is no input 2";
  EXPECT_THROW(static_cast<void>(layer(Tensors{kOne}, with({.values = JsonValue::object({{"time", 1}})}))), InvalidArgument);
}

TEST(CallArguments, StandInTheConfigOfAFunctionalModelAsKerasHasThem) {
  register_layer<Moved>("call_arguments");
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {2}, .name = "b"});
  struct Row {
    Tensors inputs;
    CallArguments arguments;
    std::string config;
    std::vector<float> result;  // of a = 1, 2 and b = 10, 20
  };
  const JsonValue twice = JsonValue::object({{"times", 2}});
  const Row rows[] = {
      {{a}, {.values = twice}, "[\"a\"]\n{\"times\": 2}\n", {2, 4}},
      {{a, b}, {.positional = 2}, "[\"a\", \"b\"]\n{}\n", {11, 22}},
      {{a, b}, {.positional = 2, .list = true}, "[[\"a\", \"b\"]]\n{}\n", {11, 22}},
      {{a, b}, {.named = {{"shift", 1}}}, "[\"a\"]\n{\"shift\": \"b\"}\n", {11, 22}},
      {{a, b, b}, {.named = {{"more", 1, 2, true}}}, "[\"a\"]\n{\"more\": [\"b\", \"b\"]}\n", {21, 42}},
      {{a, b, b}, {.positional = 0, .named = {{"x", 0}, {"shift", 1}, {"more", 2, 1, true}}, .values = twice},
       "[]\n{\"x\": \"a\", \"shift\": \"b\", \"more\": [\"b\"], \"times\": 2}\n", {42, 84}},
  };
  for (const Row& row : rows) {
    const Model model({a, b}, Moved({.name = "moved"})(row.inputs, with(row.arguments)).at(0) + b * Tensor(0.0f));
    EXPECT_EQ(call_of(model, "moved"), row.config);
    for (const Model& each : {model, clone_model(model)}) {
      EXPECT_EQ(each(Tensors{kOne, kTen}).at(0).to_vector<float>(), row.result) << row.config;
      EXPECT_EQ(call_of(each, "moved"), row.config);
    }
  }
}

}  // namespace
}  // namespace namesake
