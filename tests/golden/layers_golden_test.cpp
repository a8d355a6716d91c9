// Layers against Keras's: made of Keras's config through the registry, given its weights, called on its inputs. The cases are
// those of every tests/golden/layers/*.json, in the format that tools/golden/layer_cases.py describes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/formats/npz.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/layer.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/serialization.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"
#include "tests/support/golden.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
const fs::path kFolder = NAMESAKE_SOURCE_DIR "/tests/golden/layers";

// What we do not write has to ask for nothing in Keras's: older versions of Keras do not know these members.
bool may_be_missing(const JsonMember& member) {
  // build_config, compile_config: of a layer in another's config; the outer one knows the shape.
  return member.value.is_null() || member.value == JsonValue(false) || member.value == JsonValue::object() || member.key == "renorm_momentum" || member.key == "build_config";
}

// Equal but for the order of members and 1 against 1.0.
bool same_config(const JsonValue& ours, const JsonValue& theirs, const std::string& at, std::string& where) {
  bool same = false;
  if (ours.is_number() && theirs.is_number()) {
    same = ours.as_double() == theirs.as_double();
  } else if (ours.is_array() && theirs.is_array()) {
    same = ours.items().size() == theirs.items().size();
    for (std::size_t i = 0; same && i < ours.items().size(); ++i) {
      if (!same_config(ours.items()[i], theirs.items()[i], at + "[" + std::to_string(i) + "]", where)) return false;
    }
  } else if (ours.is_object() && theirs.is_object()) {
    for (const JsonMember& member : theirs.members()) {
      const JsonValue* mine = ours.find(member.key);
      if (member.key == "dtype" || (mine == nullptr && may_be_missing(member))) continue;
      if (!same_config(mine != nullptr ? *mine : JsonValue("missing"), member.value, at + "." + member.key, where)) return false;
    }
    same = std::all_of(ours.members().begin(), ours.members().end(), [&](const JsonMember& m) { return theirs.has(m.key); });
  } else {
    same = ours == theirs;
  }
  if (!same && where.empty()) where = at + ": ours " + to_json(ours) + ", Keras's " + to_json(theirs);
  return same;
}

class Case {
 public:
  Case(const JsonValue& row, const formats::NpzFile& arrays) : row_(row), arrays_(arrays), name_(row.find("case")->as_string()) {}

  void run() {
    const Layer layer = nn::deserialize_layer(JsonView(*row_.find("layer")));
    compare_config(layer);
    const Tensors inputs = read_inputs();
    if (::testing::Test::HasFatalFailure()) return;
    check_symbolic(layer, inputs);
    set_weights(layer);
    if (::testing::Test::HasFatalFailure()) return;
    compare_call(layer, inputs);
  }

 private:
  [[nodiscard]] bool has(const std::string& entry) const { return arrays_.has(name_ + "/" + entry); }
  [[nodiscard]] Tensor read(const std::string& entry) const { return arrays_.read(name_ + "/" + entry); }
  [[nodiscard]] std::int64_t number(const char* key) const { return row_.find(key)->as_int(); }

  void compare_config(const Layer& layer) const {
    const JsonValue written = nn::serialize_layer(*layer.ptr(), layer.name());
    std::string where;
    for (const char* key : {"module", "class_name", "config", "registered_name"}) {
      EXPECT_TRUE(same_config(*written.find(key), *row_.find("layer")->find(key), key, where)) << where;
    }
  }

  [[nodiscard]] Tensors read_inputs() const {
    Tensors inputs;
    for (std::int64_t i = 0; i < number("inputs"); ++i) {
      inputs.push_back(read("in" + std::to_string(i)));
      if (has("mask" + std::to_string(i))) inputs.back().set_mask(read("mask" + std::to_string(i)));
    }
    return inputs;
  }

  [[nodiscard]] Tensors called(const Layer& layer, const Tensors& inputs, CallOptions options) const {
    if (const JsonValue* call = row_.find("call")) {
      CallArguments given{.positional = static_cast<std::size_t>(call->find("positional")->as_int()), .list = call->find("list")->as_bool()};
      for (const JsonValue& name : call->find("named")->items()) given.named.push_back({name.as_string(), given.positional + given.named.size()});
      given.values = *call->find("values");
      options.arguments = std::make_shared<const CallArguments>(std::move(given));
      return layer(inputs, options);
    }
    return inputs.size() == 1 && number("outputs") == 1 ? Tensors{layer(inputs[0], options)} : layer(inputs, options);
  }

  // The shapes that are inferred for an open batch must be those that come out.
  void check_symbolic(const Layer& layer, const Tensors& inputs) const {
    Tensors symbols;
    for (const Tensor& x : inputs) {
      symbols.push_back(Input({.shape = Shape(x.shape().sizes().subspan(1)), .dtype = std::string(to_string(x.dtype()))}));
    }
    const Tensors outputs = called(layer, symbols, {});
    ASSERT_EQ(static_cast<std::int64_t>(outputs.size()), number("outputs"));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Tensor expected = read("out" + std::to_string(i));
      EXPECT_TRUE(outputs[i].shape().known_rank() && outputs[i].shape().compatible_with(expected.shape()))
          << to_string(outputs[i].shape()) << " stands for " << to_string(expected.shape());
      EXPECT_EQ(outputs[i].dtype(), expected.dtype());
    }
  }

  void set_weights(const Layer& layer) const {
    const JsonArray& names = row_.find("weights")->items();
    const std::vector<Variable> weights = layer.weights();
    ASSERT_EQ(weights.size(), names.size());
    Tensors values;
    for (std::size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(weights[i].name(), names[i].as_string());
      values.push_back(read("weight" + std::to_string(i)));
    }
    layer.set_weights(values);
  }

  void compare(const Tensor& ours, const std::string& entry, const char* tolerance) const {
    const Tensor theirs = read(entry);
    ASSERT_TRUE(ours.defined()) << entry;
    EXPECT_EQ(ours.shape(), theirs.shape()) << entry;
    const double apart = testing::difference(cast(ours, DType::kFloat32), cast(theirs, DType::kFloat32));
    EXPECT_LE(apart, row_.find(tolerance)->as_double()) << entry << "\n" << to_string(ours) << "\n" << to_string(theirs);
  }
  void compare_gradient(const Tensor& ours, const std::string& entry) const {
    if (has(entry)) return compare(ours, entry, "gradient_tolerance");
    if (!ours.defined()) return;
    EXPECT_EQ(max(abs(ours)).item<float>(), 0) << entry << ": nothing depends on it in Keras";
  }

  void compare_call(const Layer& layer, const Tensors& inputs) const {
    GradientTape tape({.persistent = true});
    for (const Tensor& x : inputs) {
      if (is_floating(x.dtype())) tape.watch(x);
    }
    const CallOptions options{.training = row_.find("training")->as_bool()};
    const Tensors outputs = called(layer, inputs, options);
    Tensor total = 0.0F;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      total = total + sum(cast(outputs[i], DType::kFloat32) * read("cotangent" + std::to_string(i)));
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      compare(outputs[i], "out" + std::to_string(i), "tolerance");
      const std::string mask = "outmask" + std::to_string(i);
      EXPECT_EQ(outputs[i].has_mask(), has(mask)) << mask;
      if (has(mask) && outputs[i].has_mask()) compare(outputs[i].mask(), mask, "tolerance");
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (is_floating(inputs[i].dtype())) compare_gradient(tape.gradient(total, inputs[i]), "gradin" + std::to_string(i));
    }
    const std::vector<Variable> weights = layer.weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::string place = std::to_string(i);
      if (weights[i].trainable()) compare_gradient(tape.gradient(total, weights[i]), "gradweight" + place);
      compare(weights[i].value(), has("after" + place) ? "after" + place : "weight" + place, "tolerance");
    }
    compare_losses(layer);
  }

  void compare_losses(const Layer& layer) const {
    const Tensors losses = layer.losses();
    EXPECT_EQ(losses.empty(), !has("losses"));
    if (!has("losses")) return;
    std::vector<float> values;
    for (const Tensor& loss : losses) values.push_back(loss.item<float>());
    compare(Tensor::of<float>(std::span<const float>(values), {static_cast<std::int64_t>(values.size())}), "losses", "tolerance");
  }

  const JsonValue& row_;
  const formats::NpzFile& arrays_;
  std::string name_;
};

TEST(LayersGolden, GiveKerassOutputsGradientsWeightsMasksLossesAndConfigs) {
  int cases = 0;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    const JsonValue file = testing::read_golden_json(path.string());
    const formats::NpzFile arrays((kFolder / file.find("arrays")->as_string()).string());
    for (const JsonValue& row : file.find("cases")->items()) {
      SCOPED_TRACE(row.find("case")->as_string());
      reset_names();
      try {
        Case(row, arrays).run();
      } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
      }
      ++cases;
    }
  }
  EXPECT_GE(cases, 5);
}

}  // namespace
}  // namespace namesake
