// Recurrent layers beyond what the golden cases show: states between calls and from outside, cells of one's own, what is refused.
#include <gtest/gtest.h>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/nn/clone.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/functional_config.h"
#include "namesake/nn/layers/gru.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/lstm.h"
#include "namesake/nn/layers/masking.h"
#include "namesake/nn/layers/simple_rnn.h"
#include "namesake/nn/layers/stacked_rnn_cells.h"
#include "namesake/nn/registry.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

Tensor normals(const Shape& shape, int seed) { return stateless_random_normal(shape, random_seed(seed, 3)); }
double apart(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item<double>(); }

// The sum of all inputs so far, twice as much as output.
class SumCellBody : public RecurrentCellBase {
 public:
  static constexpr std::string_view kClassName = "SumCell";
  struct Options {
    std::string name = "";
  };
  explicit SumCellBody(const Options&) {}
  void build_many(std::span<const Shape> inputs) override { size_ = inputs[0].back(); }
  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override { return {size_}; }
  Tensors call_many(const Tensors& inputs, CallContext&) override {
    const Tensor total = inputs[0] + inputs.at(1);
    return {total * 2.0F, total};
  }

 private:
  std::int64_t size_ = 0;
};
using SumCell = LayerOf<SumCellBody>;

TEST(Recurrent, TakesItsFirstStatesAsFurtherInputs) {
  const Tensor x = normals({2, 6, 3}, 1);
  const LSTM lstm({.units = 4, .return_state = true});
  const Tensors whole = lstm(Tensors{x});
  ASSERT_EQ(whole.size(), 3u);
  const Tensors half = lstm(Tensors{slice_axis(x, 1, 0, 4)});
  const Tensors rest = lstm(Tensors{slice_axis(x, 1, 4, 6), half[1], half[2]});
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_LT(apart(rest[i], whole[i]), 1e-6) << i;
  EXPECT_EQ(apart(whole[0], whole[1]), 0) << "the output of an LSTM is its state h";
}

TEST(Recurrent, LetsGradientsFlowIntoFirstStates) {
  const GRU gru({.units = 2});
  const Tensor x = normals({2, 3, 2}, 1), h = normals({2, 2}, 2);
  GradientTape tape;
  tape.watch(h);
  const Tensor loss = sum(gru(Tensors{x, h}).at(0));
  EXPECT_GT(max(abs(tape.gradient(loss, h))).item<float>(), 0);
}

TEST(Recurrent, RefusesStatesOfOtherShapes) {
  const LSTM lstm({.units = 4});
  const Tensor x = normals({2, 6, 3}, 1);
  EXPECT_THROW(lstm(Tensors{x, normals({2, 4}, 2)}), ShapeMismatch) << "h without c";
  EXPECT_THROW(lstm(Tensors{x, normals({2, 4}, 2), normals({2, 3}, 2)}), ShapeMismatch);
  EXPECT_THROW(lstm(Tensors{x, normals({3, 4}, 2), normals({3, 4}, 2)}), ShapeMismatch);
}

TEST(Recurrent, GoesOnWhereTheCallBeforeEndedIfItIsStateful) {
  const Tensor x = normals({2, 6, 3}, 1);
  const GRU plain({.units = 4}), stateful({.units = 4, .stateful = true});
  const Tensor whole = plain(x);
  static_cast<void>(stateful(x));
  stateful.set_weights(plain.get_weights());
  EXPECT_EQ(stateful->states().size(), 1u);
  EXPECT_EQ(stateful.weights().size(), 3u) << "states are no weights";
  for (int time = 0; time < 2; ++time) {
    reset_states(stateful);
    static_cast<void>(stateful(slice_axis(x, 1, 0, 4)));
    EXPECT_LT(apart(stateful(slice_axis(x, 1, 4, 6)), whole), 1e-6);
  }
  EXPECT_GT(apart(stateful(x), whole), 1e-6) << "the states are still there";
  EXPECT_THROW(stateful(normals({3, 6, 3}, 1)), ShapeMismatch) << "another batch";
  EXPECT_THROW((GRU({.units = 2, .stateful = true})(Input({.shape = {4, 3}}))), ShapeMismatch) << "an open batch";
  EXPECT_EQ((GRU({.units = 2, .stateful = true})(Input({.shape = {4, 3}, .batch_size = 2}))).shape(), Shape({2, 2}));
}

TEST(Recurrent, GivesAnOpenNumberOfStepsBack) {
  const Tensor x = Input({.shape = {-1, 3}});
  EXPECT_EQ(LSTM({.units = 2, .return_sequences = true})(x).shape(), Shape({-1, -1, 2}));
  EXPECT_EQ(LSTM({.units = 2})(x).shape(), Shape({-1, 2}));
  const Tensors outputs = LSTM({.units = 2, .return_state = true})(Tensors{x});
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_EQ(outputs[2].shape(), Shape({-1, 2}));
  EXPECT_THROW((LSTM({.units = 2, .unroll = true})(x)), ShapeMismatch);
  const Model model(x, LSTM({.units = 2})(x));
  for (const std::int64_t steps : {1, 7}) EXPECT_EQ(model(normals({2, steps, 3}, 1)).shape(), Shape({2, 2}));
}

TEST(Recurrent, SaysWhatToDoAboutSeveralOutputsOfASingleTensor) {
  try {
    static_cast<void>(LSTM({.units = 2, .return_state = true})(normals({2, 3, 4}, 1)));
    ADD_FAILURE();
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("Tensors{x}"), std::string::npos) << e.what();
  }
}

TEST(Recurrent, RefusesWhatIsNoSequence) {
  EXPECT_THROW((SimpleRNN({.units = 2})(normals({2, 3}, 1))), ShapeMismatch);
  EXPECT_THROW((SimpleRNN({.units = 2})(zeros({2, 0, 3}))), ShapeMismatch);
  const SimpleRNN built({.units = 2});
  static_cast<void>(built(normals({2, 3, 4}, 1)));
  EXPECT_THROW(built(normals({2, 3, 5}, 1)), ShapeMismatch);
  EXPECT_THROW(SimpleRNN({.units = 0}), InvalidArgument);
  EXPECT_THROW(SimpleRNN({.units = 2, .dropout = 1.5}), InvalidArgument);
  EXPECT_THROW(RNN(), InvalidArgument);
  EXPECT_THROW(RNN({.cell = Masking()}), InvalidArgument);
  EXPECT_THROW(StackedRNNCells(), InvalidArgument);
  EXPECT_THROW(LSTMCell({.units = 2})(normals({2, 3}, 1)), InvalidArgument) << "a cell without states";
}

TEST(Recurrent, NamesTheWeightsOfItsCellAsKerasDoes) {
  reset_names();
  const auto paths = [](const Layer& layer) {
    static_cast<void>(layer(normals({2, 3, 4}, 1)));
    std::string text;
    for (const NamedWeight& weight : layer.named_weights()) text += weight.path + " ";
    return text;
  };
  EXPECT_EQ(paths(LSTM({.units = 2})), "lstm/lstm_cell/kernel lstm/lstm_cell/recurrent_kernel lstm/lstm_cell/bias ");
  EXPECT_EQ(paths(GRU({.units = 2, .use_bias = false})), "gru/gru_cell/kernel gru/gru_cell/recurrent_kernel ");
  EXPECT_EQ(paths(RNN({.cell = StackedRNNCells({.cells = {GRUCell({.units = 2, .use_bias = false}), GRUCell({.units = 2, .use_bias = false})}})})),
            "rnn/stacked_rnn_cells/gru_cell/kernel rnn/stacked_rnn_cells/gru_cell/recurrent_kernel "
            "rnn/stacked_rnn_cells/gru_cell_1/kernel rnn/stacked_rnn_cells/gru_cell_1/recurrent_kernel ");
}

TEST(Recurrent, BeginsWithTheBiasOfTheForgetGateAtOne) {
  const LSTM lstm({.units = 2}), plain({.units = 2, .unit_forget_bias = false});
  for (const Layer& layer : {Layer(lstm), Layer(plain)}) static_cast<void>(layer(normals({1, 1, 1}, 1)));
  EXPECT_EQ(lstm.get_weights()[2].to_vector<float>(), (std::vector<float>{0, 0, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(plain.get_weights()[2].to_vector<float>(), std::vector<float>(8, 0));
}

TEST(Recurrent, ComputesInTheNarrowDtypeOfAMixedPolicy) {
  const LSTM whole({.units = 3, .return_state = true}), mixed({.units = 3, .return_state = true, .stateful = true, .dtype = "mixed_float16"});
  const Tensor x = normals({2, 4, 3}, 1);
  const Tensors expected = whole(Tensors{x});
  static_cast<void>(mixed(Tensors{x}));
  mixed.set_weights(whole.get_weights());
  reset_states(mixed);
  GradientTape tape;
  const Tensors outputs = mixed(Tensors{x});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ(outputs[i].dtype(), DType::kFloat16) << i;
    EXPECT_LT(apart(cast(outputs[i], DType::kFloat32), expected[i]), 5e-3) << i;
  }
  EXPECT_EQ(mixed->states()[0].dtype(), DType::kFloat32);
  for (const Tensor& gradient : tape.gradient(sum(cast(outputs[0], DType::kFloat32)), mixed.trainable_variables())) EXPECT_EQ(gradient.dtype(), DType::kFloat32);
}

TEST(Recurrent, RunsCellsOfOnesOwn) {
  const Tensor x = Tensor::of<float>({1, 2, 3}, {1, 3, 1});
  const RNN rnn({.cell = SumCell(), .return_sequences = true});
  EXPECT_EQ(rnn(x).to_vector<float>(), (std::vector<float>{2, 6, 12}));
  x.set_mask(Tensor::of<bool>({true, false, true}, {1, 3}));
  EXPECT_EQ(rnn(x).to_vector<float>(), (std::vector<float>{2, 2, 8}));
  const RNN stacked({.cell = StackedRNNCells({.cells = {SumCell(), SumCell()}}), .return_state = true});
  const Tensors outputs = stacked(Tensors{Tensor::of<float>({1, 2}, {1, 2, 1})});
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_EQ(outputs[0].item<float>(), 16) << "2 (2 + 6)";
  EXPECT_EQ(outputs[1].item<float>(), 3);
  EXPECT_EQ(outputs[2].item<float>(), 8);
}

TEST(Recurrent, DrawsItsNoiseOncePerCall) {
  const Tensor x = ones({1, 5, 8});
  const RNN rnn({.cell = SimpleRNNCell({.units = 8, .activation = "linear", .use_bias = false, .kernel_initializer = IdentityInitializer{}, .recurrent_initializer = "zeros",
                                        .dropout = 0.5, .seed = 3}),
                 .return_sequences = true});
  const Tensor y = rnn(x, {.training = true});
  for (std::int64_t step = 1; step < 5; ++step) EXPECT_EQ(apart(take_one(y, 1, step), take_one(y, 1, 0)), 0) << step;
  EXPECT_GT(apart(rnn(x, {.training = true}), y), 0) << "another call has other noise";
  EXPECT_EQ(apart(rnn(x), x), 0);
}

// What Keras 3 wrote of lstm(x, initial_state=[h, c]), whose states come by name.
TEST(Recurrent, StandsInTheConfigOfAFunctionalModelWithItsStatesByName) {
  const Tensor x = Input({.shape = {-1, 3}, .name = "x"}), h = Input({.shape = {2}, .name = "h"}), c = Input({.shape = {2}, .name = "c"});
  const Tensors encoded = LSTM({.units = 2, .return_state = true, .name = "encoder"})(Tensors{x, h, c});
  const Tensor decoded = GRU({.units = 2, .name = "decoder"})(Tensors{x, encoded[1]}).at(0);
  const Model model({x, h, c}, {decoded, encoded[2]});
  const JsonValue config = nn::functional_config(dynamic_cast<const nn::FunctionalBody&>(*model.ptr()), "m");
  std::vector<std::string> calls;
  for (const JsonValue& layer : config.find("layers")->items()) {
    if (layer.find("class_name")->as_string() == "InputLayer") continue;
    const JsonValue& call = layer.find("inbound_nodes")->items().at(0);
    EXPECT_EQ(call.find("args")->items().size(), 1u);
    EXPECT_TRUE(call.find("args")->items()[0].is_object()) << "one tensor, no list";
    const JsonValue* states = call.find("kwargs")->find("initial_state");
    ASSERT_NE(states, nullptr);
    calls.push_back(layer.find("name")->as_string() + " " + std::to_string(states->items().size()));
  }
  EXPECT_EQ(calls, (std::vector<std::string>{"encoder 2", "decoder 1"}));
  const Tensors inputs = {normals({2, 4, 3}, 1), normals({2, 2}, 2), normals({2, 2}, 3)};
  const Model again = clone_model(model);
  again.set_weights(model.get_weights());
  const Tensors ours = model(inputs), theirs = again(inputs);
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(apart(ours[i], theirs[i]), 0) << i;
}

}  // namespace
}  // namespace namesake
