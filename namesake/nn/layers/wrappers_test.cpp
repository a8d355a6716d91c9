// TimeDistributed and Bidirectional: names, copies, axes that are open, states, and what they refuse. Values: layers_golden_test.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "namesake/base/error.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/bidirectional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/gru.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/lstm.h"
#include "namesake/nn/layers/simple_rnn.h"
#include "namesake/nn/layers/time_distributed.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/reversing.h"

namespace namesake {
namespace {

std::vector<std::string> paths_of(const Layer& layer) {
  std::vector<std::string> paths;
  for (const NamedWeight& weight : layer.named_weights()) paths.push_back(weight.path);
  return paths;
}

Tensor normals(const Shape& shape) { return stateless_random_normal(shape, random_seed(1, 2)); }

std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(TimeDistributed, NamesItsLayerInTheOrderThatKerasDoes) {
  reset_names();
  const Sequential model({TimeDistributed({.layer = Dense({.units = 2}), .input_shape = {3, 4}}), Flatten(), Dense({.units = 1})});
  EXPECT_EQ(paths_of(model), (std::vector<std::string>{"time_distributed/dense/kernel", "time_distributed/dense/bias", "dense_1/kernel", "dense_1/bias"}));
}

TEST(TimeDistributed, StandsUnderTheScopeThatItWasMadeIn) {
  reset_names();
  const NameScope scope("model_0");
  const Sequential model({TimeDistributed({.layer = Dense({.units = 2, .name = "step"}), .input_shape = {3, 4}, .name = "steps"})});
  EXPECT_EQ(paths_of(model), (std::vector<std::string>{"model_0/steps/step/kernel", "model_0/steps/step/bias"}));
}

TEST(TimeDistributed, TakesAnyNumberOfStepsAndAnyBatch) {
  const TimeDistributed layer({.layer = TimeDistributed({.layer = Dense({.units = 2})})});
  const Tensor x = Input({.shape = {-1, -1, 3}});
  const Tensor y = layer(x);
  EXPECT_EQ(y.shape(), (Shape{-1, -1, -1, 2}));
  const Model model(x, y);
  for (const Shape& shape : {Shape{2, 4, 1, 3}, Shape{1, 1, 5, 3}, Shape{0, 2, 2, 3}}) {
    Shape expected = shape;
    expected.set(3, 2);
    EXPECT_EQ(model(normals(shape)).shape(), expected);
  }
}

TEST(TimeDistributed, SaysWhatItNeeds) {
  EXPECT_NE(error_of([] { TimeDistributed layer; }).find("TimeDistributed got no layer"), std::string::npos);
  const TimeDistributed layer({.layer = Dense({.units = 2})});
  EXPECT_NE(error_of([&] { static_cast<void>(layer(normals({2, 3}))); }).find("(batch, time, ...)"), std::string::npos);
}

TEST(TimeDistributed, SharesTheLayerThatItWasGiven) {
  const Dense dense({.units = 2});
  const TimeDistributed layer({.layer = dense, .trainable = false});
  const Tensor x = normals({2, 3, 4});
  EXPECT_EQ(layer(x).to_vector<float>(), dense(x).to_vector<float>());
  EXPECT_TRUE(layer.trainable_variables().empty());
}

TEST(Bidirectional, CopiesItsLayerUnderNamesThatSayTheDirection) {
  reset_names();
  const LSTM lstm({.units = 2});
  const Bidirectional layer({.layer = lstm});
  layer.build({-1, 3, 4});
  EXPECT_FALSE(lstm.built()) << "the layer that was given is only a pattern";
  EXPECT_EQ(paths_of(layer),
            (std::vector<std::string>{"bidirectional/forward_lstm/lstm_cell/kernel", "bidirectional/forward_lstm/lstm_cell/recurrent_kernel",
                                      "bidirectional/forward_lstm/lstm_cell/bias", "bidirectional/backward_lstm/lstm_cell/kernel",
                                      "bidirectional/backward_lstm/lstm_cell/recurrent_kernel", "bidirectional/backward_lstm/lstm_cell/bias"}));
}

TEST(Bidirectional, ReadsTheSequenceFromBothEnds) {
  const Bidirectional layer({.layer = GRU({.units = 2, .return_sequences = true}), .merge_mode = std::nullopt});
  const Tensor x = normals({2, 5, 3});
  static_cast<void>(layer(Tensors{x}));
  layer->backward_layer().set_weights(layer->forward_layer().get_weights());
  const Tensors ways = layer(Tensors{x}), turned = layer(Tensors{flip(x, {1})});
  ASSERT_EQ(ways.size(), 2u);
  EXPECT_EQ(ways[0].to_vector<float>(), flip(turned[1], {1}).to_vector<float>());
  EXPECT_EQ(ways[1].to_vector<float>(), flip(turned[0], {1}).to_vector<float>());
}

TEST(Bidirectional, GivesHalfOfTheStatesToEachLayer) {
  const Bidirectional layer({.layer = LSTM({.units = 2, .return_state = true}), .merge_mode = std::nullopt});
  const Tensor x = normals({2, 4, 3});
  Tensors states;
  for (int i = 0; i < 4; ++i) states.push_back(stateless_random_normal({2, 2}, random_seed(i, 7)));
  Tensors inputs{x};
  inputs.insert(inputs.end(), states.begin(), states.end());
  CallArguments arguments;
  arguments.named.push_back({"initial_state", 1, 4, true});
  const Tensors outputs = layer(inputs, {.arguments = std::make_shared<const CallArguments>(arguments)});
  ASSERT_EQ(outputs.size(), 6u);  // y, y_rev, h and c of both
  CallArguments half;
  half.named.push_back({"initial_state", 1, 2, true});
  const CallOptions options{.arguments = std::make_shared<const CallArguments>(half)};
  const Tensors forward = layer->forward_layer()({x, states[0], states[1]}, options);
  const Tensors backward = layer->backward_layer()({x, states[2], states[3]}, options);
  for (const auto& [ours, theirs] : {std::pair(0, forward[0]), {1, backward[0]}, {2, forward[1]}, {3, forward[2]}, {4, backward[1]}, {5, backward[2]}}) {
    EXPECT_EQ(outputs[static_cast<std::size_t>(ours)].to_vector<float>(), theirs.to_vector<float>()) << ours;
  }
}

TEST(Bidirectional, SaysWhatItCannotDo) {
  const struct {
    const char* words;
    BidirectionalOptions options;
  } rows[] = {
      {"Bidirectional got no layer", {}},
      {"cannot run backwards", {.layer = Dense({.units = 2})}},
      {"cannot run backwards", {.layer = GRU({.units = 2}), .backward_layer = Dense({.units = 2})}},
      {"merge_mode that it does not know", {.layer = GRU({.units = 2}), .merge_mode = "max"}},
      {".go_backwards = true", {.layer = GRU({.units = 2}), .backward_layer = GRU({.units = 2})}},
      {".return_sequences = false", {.layer = GRU({.units = 2}), .backward_layer = GRU({.units = 2, .return_sequences = true, .go_backwards = true})}},
  };
  for (const auto& row : rows) {
    EXPECT_NE(error_of([&] { const Bidirectional layer(row.options); }).find(row.words), std::string::npos) << row.words;
  }
  const Bidirectional layer({.layer = GRU({.units = 2, .return_state = true})});
  EXPECT_NE(error_of([&] { static_cast<void>(layer(normals({2, 3, 4}))); }).find("several outputs"), std::string::npos);
}

TEST(Bidirectional, TakesABackwardLayerAsItIs) {
  reset_names();
  const GRU back({.units = 2, .go_backwards = true, .name = "back"});
  const Bidirectional layer({.layer = SimpleRNN({.units = 2, .name = "there"}), .merge_mode = "sum", .backward_layer = back, .name = "both"});
  const Tensor x = normals({2, 3, 4});
  EXPECT_EQ(layer(x).to_vector<float>(), (layer->forward_layer()(x) + back(x)).to_vector<float>());
  EXPECT_EQ(paths_of(layer).back(), "both/back/gru_cell/bias");
}

}  // namespace
}  // namespace namesake
