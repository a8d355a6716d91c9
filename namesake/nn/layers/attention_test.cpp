// Calls of attention layers, and what golden cases cannot show. Their numbers are held against Keras's in tests/golden/layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/error.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/attention.h"
#include "namesake/nn/layers/grouped_query_attention.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/nn/layers/multi_head_attention.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

Tensor numbers(const Shape& shape, int seed) { return stateless_random_normal(shape, random_seed(seed, 1)); }
std::vector<float> values(const Tensor& x) { return x.to_vector<float>(); }

TEST(MultiHeadAttention, TakesItsArgumentsByPositionAndByName) {
  const MultiHeadAttention mha({.num_heads = 2, .key_dim = 3});
  const Tensor q = numbers({2, 3, 4}, 1), v = numbers({2, 5, 6}, 2), k = numbers({2, 5, 2}, 3);
  const Tensor y = mha(q, v, {.key = k});
  EXPECT_EQ(y.shape(), Shape({2, 3, 4}));
  EXPECT_EQ(values(mha(Tensors{q, v, k})), values(y));
  EXPECT_NE(values(mha(q, v, {.key = k, .use_causal_mask = true})), values(y));
  EXPECT_THROW(mha(q, v), ShapeMismatch);  // built for keys of 2 features
  const auto [output, scores] = mha.with_scores(q, v, {.key = k});
  EXPECT_THAT(values(output), Pointwise(FloatNear(1e-6F), values(y)));
  EXPECT_EQ(scores.shape(), Shape({2, 2, 3, 5}));
  EXPECT_THAT(values(sum(scores, -1)), ::testing::Each(FloatNear(1.0F, 1e-5F)));
}

TEST(MultiHeadAttention, LooksOnlyWhereTheMasksAllow) {
  const MultiHeadAttention mha({.num_heads = 1, .key_dim = 2});
  const Tensor q = numbers({1, 3, 4}, 1);
  const Tensor only_first = Tensor::of<bool>({true, false, false}, {1, 1, 3});
  const Tensor scores = mha.with_scores(q, q, {.attention_mask = only_first}).scores;
  EXPECT_THAT(values(scores), ElementsAre(1, 0, 0, 1, 0, 0, 1, 0, 0));
  const std::vector<float> causal = values(mha.with_scores(q, q, {.use_causal_mask = true}).scores);
  EXPECT_EQ(causal[0], 1);
  EXPECT_EQ(causal[1] + causal[2] + causal[5], 0);
}

TEST(MultiHeadAttention, ComputesTheSameForOpenAndForKnownLengths) {
  const MultiHeadAttention mha({.num_heads = 2, .key_dim = 3, .sliding_window = 2});
  const Tensor x = Input({.shape = {-1, 4}}), v = Input({.shape = {-1, 3}});
  const Model model(Feed({x, v}), mha(x, v, {.use_causal_mask = true}));
  const Tensor some_x = numbers({2, 3, 4}, 1), some_v = numbers({2, 5, 3}, 2);
  EXPECT_EQ(values(model(Tensors{some_x, some_v}).at(0)), values(mha(some_x, some_v, {.use_causal_mask = true})));
}

TEST(MultiHeadAttention, TakesAMaskThatIsNoInputOfTheModel) {
  const MultiHeadAttention mha({.num_heads = 1, .key_dim = 2});
  const Tensor x = Input({.shape = {2, 3}});
  const Tensor mask = Tensor::of<bool>({true, false, true, true}, {1, 2, 2});
  const Model model(x, mha(x, x, {.attention_mask = mask}));
  const Tensor some = numbers({2, 2, 3}, 4);
  EXPECT_EQ(values(model(some)), values(mha(some, some, {.attention_mask = mask})));
}

TEST(MultiHeadAttention, TakesTheMasksOfItsInputsAwayAsKeras3Does) {
  for (const bool keeps : {false, true}) {
    const MultiHeadAttention mha({.num_heads = 1, .key_dim = 2, .keeps_masks = keeps});
    const Tensor x = numbers({1, 2, 3}, 5);
    x.set_mask(Tensor::of<bool>({true, false}, {1, 2}));
    const Tensor y = mha(x, x);
    EXPECT_EQ(y.mask().to_vector<bool>(), (std::vector<bool>{true, false}));
    EXPECT_EQ(x.has_mask(), keeps);
    EXPECT_EQ(Add()({x, y}).has_mask(), keeps);
  }
}

TEST(GroupQueryAttention, IsMultiHeadAttentionWhereEachHeadHasItsOwnKeys) {
  const GroupQueryAttention gqa({.head_dim = 3, .num_query_heads = 2, .num_key_value_heads = 2});
  const MultiHeadAttention mha({.num_heads = 2, .key_dim = 3});
  const Tensor q = numbers({2, 3, 4}, 1), v = numbers({2, 5, 4}, 2);
  static_cast<void>(gqa(q, v));
  static_cast<void>(mha(q, v));
  gqa.set_weights(mha.get_weights());
  EXPECT_THAT(values(gqa(q, v, {.use_causal_mask = true})), Pointwise(FloatNear(1e-6F), values(mha(q, v, {.use_causal_mask = true}))));
}

TEST(Attention, GivesTheMeanOfWhatAllScoresAreEqualFor) {
  const Tensor q = zeros({1, 2, 2}), v = Tensor::of<float>({2, 4, 6, 8}, {1, 2, 2});
  EXPECT_THAT(values(Attention()({q, v})), ElementsAre(4, 6, 4, 6));
  const auto [output, scores] = Attention().with_scores({q, v}, {.use_causal_mask = true});
  EXPECT_THAT(values(output), ElementsAre(2, 4, 4, 6));
  EXPECT_THAT(values(scores), ElementsAre(1, 0, 0.5F, 0.5F));
  q.set_mask(Tensor::of<bool>({true, false}, {1, 2}));
  const Tensor masked = AdditiveAttention({.use_scale = false})({q, v, q});
  EXPECT_THAT(values(masked), ElementsAre(4, 6, 0, 0));
  EXPECT_TRUE(masked.has_mask());
}

TEST(AttentionLayers, RefuseOptionsThatKerasRefuses) {
  const std::pair<const char*, std::function<void()>> rows[] = {
      {"num_heads", [] { MultiHeadAttention({.num_heads = 0}); }},
      {"key_dim", [] { MultiHeadAttention({.key_dim = -1}); }},
      {"value_dim", [] { MultiHeadAttention({.value_dim = 0}); }},
      {"sliding_window", [] { MultiHeadAttention({.sliding_window = 0}); }},
      {"rate", [] { MultiHeadAttention({.dropout = 1.5}); }},
      {"multiple", [] { GroupQueryAttention({.num_query_heads = 3, .num_key_value_heads = 2}); }},
      {"head_dim", [] { GroupQueryAttention({.head_dim = 0}); }},
      {"score_mode", [] { Attention({.score_mode = "sum"}); }},
      {"rate", [] { AdditiveAttention({.dropout = -0.1}); }},
  };
  for (const auto& [word, make] : rows) {
    try {
      make();
      FAIL() << "nothing was wrong with " << word;
    } catch (const InvalidArgument& e) {
      EXPECT_THAT(e.what(), HasSubstr(word));
    }
  }
}

TEST(AttentionLayers, RefuseInputsThatDoNotFitByTheLayersName) {
  const Tensor q = zeros({2, 3, 4}), flat = zeros({2, 4}), v = zeros({2, 5, 6}), long_key = zeros({2, 6, 6});
  const std::pair<const char*, std::function<void()>> rows[] = {
      {"flat", [&] { MultiHeadAttention({.name = "flat"})(flat, flat); }},
      {"ranks", [&] { MultiHeadAttention({.name = "ranks"})(q, zeros({2, 5, 5, 6})); }},
      {"keys", [&] { MultiHeadAttention({.name = "keys"})(q, v, {.key = long_key}); }},
      {"axes", [&] { MultiHeadAttention({.attention_axes = 2, .name = "axes"})(q, v); }},
      {"groups", [&] { GroupQueryAttention({.name = "groups"})(q, v); }},
      {"one", [&] { Attention({.name = "one"})({q}); }},
  };
  for (const auto& [name, call] : rows) {
    try {
      call();
      FAIL() << name << " took what does not fit";
    } catch (const ShapeMismatch& e) {
      EXPECT_THAT(e.what(), HasSubstr(name));
    }
  }
}

}  // namespace
}  // namespace namesake
