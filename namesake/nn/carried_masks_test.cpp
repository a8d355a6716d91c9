#include "namesake/nn/carried_masks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/nn/clone.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/global_pooling.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/merging.h"
#include "namesake/ops/math.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const nn::FunctionalBody& body_of(const Model& model) { return dynamic_cast<const nn::FunctionalBody&>(*model.ptr()); }

TEST(CarriedMasks, AreThoseThatTensorsBringAlong) {
  const Tensor words = Input({.shape = {5}, .name = "words"});  // of float32, as Keras leaves it
  const Tensor vectors = Embedding({.input_dim = 7, .output_dim = 3, .mask_zero = true, .name = "e"})(words);
  const Tensor both = Add({.name = "sum"})({vectors, vectors});
  const Model model(words, {GlobalAveragePooling1D({.name = "a"})(vectors), GlobalAveragePooling1D({.name = "b"})(both)});
  for (const Model& each : {model, clone_model(model)}) {  // the copy's masks were read from a config
    const nn::CarriedMasks masks = nn::carried_masks(body_of(each));
    EXPECT_THAT(masks.calls, ElementsAre(Pair("a", 0u), Pair("b", 0u)));
    EXPECT_EQ(masks.operations.size(), 2u) << "not_equal, and logical_or for the sum";
  }
}

TEST(CarriedMasks, AreNotThoseThatACallIsToldOfItsOwn) {
  const Tensor words = Input({.shape = {5}, .dtype = "int32", .name = "words"});
  const Tensor vectors = Embedding({.input_dim = 7, .output_dim = 3, .mask_zero = true, .name = "e"})(words);
  Tensor told = Tensor::symbolic(vectors.dtype(), vectors.shape(), base::RefPtr<Producer>::share(vectors.producer()), vectors.output_index());
  told.set_mask(not_equal(words, Tensor(1)));
  const Model model(words, GlobalAveragePooling1D({.name = "a"})(told));
  EXPECT_THAT(nn::carried_masks(body_of(clone_model(model))).calls, IsEmpty());
  EXPECT_THAT(nn::carried_masks(body_of(clone_model(model))).operations, IsEmpty());
}

TEST(CarriedMasks, OperationsThatAreUsedOtherwiseStay) {
  const Tensor words = Input({.shape = {5}, .dtype = "int32", .name = "words"});
  const Tensor vectors = Embedding({.input_dim = 7, .output_dim = 3, .mask_zero = true, .name = "e"})(words);
  const Model model(words, {GlobalAveragePooling1D({.name = "a"})(vectors), vectors.mask()});
  const nn::CarriedMasks masks = nn::carried_masks(body_of(model));
  EXPECT_THAT(masks.calls, ElementsAre(Pair("a", 0u)));
  EXPECT_THAT(masks.operations, IsEmpty());
}

TEST(CarriedMasks, ComparesOperationsAndWhatTheyAreOf) {
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {2}, .name = "b"});
  EXPECT_TRUE(nn::same_computation(a, a));
  EXPECT_FALSE(nn::same_computation(a, b));
  EXPECT_TRUE(nn::same_computation(add(a, b), add(a, b)));
  EXPECT_FALSE(nn::same_computation(add(a, b), add(b, a)));
  EXPECT_FALSE(nn::same_computation(add(a, b), multiply(a, b)));
  EXPECT_TRUE(nn::same_computation(not_equal(a, Tensor(1.0f)), not_equal(a, Tensor(1.0f))));
  EXPECT_FALSE(nn::same_computation(not_equal(a, Tensor(1.0f)), not_equal(a, Tensor(2.0f))));
  Tensor x = a, y = a;
  for (int i = 0; i < 2000; ++i) x = add(x, x), y = add(y, y);  // each shared by the next
  EXPECT_TRUE(nn::same_computation(x, y));
}

}  // namespace
}  // namespace namesake
