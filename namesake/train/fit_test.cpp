#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "namesake/base/error.h"
#include "namesake/nn/dtype_policy.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/random_seed.h"
#include "namesake/nn/sequential.h"
#include "namesake/saving/load_model.h"
#include "namesake/train/step_feeder.h"

namespace namesake {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kRows = 70;

// Rows whose label is whether their numbers sum to more than 0.
struct Data {
  Tensor x, y;
};
Data rows() {
  Tensor x = Tensor::empty(DType::kFloat32, {kRows, 4}), y = Tensor::empty(DType::kInt32, {kRows});
  for (std::int64_t i = 0; i < kRows; ++i) {
    float sum = 0;
    for (std::int64_t j = 0; j < 4; ++j) {
      const float value = static_cast<float>((i * 37 + j * 101) % 23) / 11.0F - 1.0F;
      x.raw_as<float>()[i * 4 + j] = value;
      sum += value;
    }
    y.raw_as<std::int32_t>()[i] = sum > 0 ? 1 : 0;
  }
  return {x, y};
}

Sequential classifier(double learning_rate = 0.05) {
  Sequential model({Dense({.units = 8, .activation = "relu", .input_shape = {4}}), Dense({.units = 2, .activation = "softmax"})});
  model.compile({.optimizer = Adam({.learning_rate = learning_rate}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

TEST(Fit, LearnsAndReportsLossAndMetricsByEpoch) {
  set_random_seed(1);
  const Data data = rows();
  const Sequential model = classifier();
  const History history = model.fit(data.x, data.y, {.batch_size = 16, .epochs = 40, .verbose = Verbose::kSilent});
  ASSERT_EQ(history.epochs.size(), 40u);
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 2);
  EXPECT_GT(history["accuracy"].back(), 0.9);
  EXPECT_EQ(history.epochs[0][0].first, "accuracy");  // sorted, as Keras gives them
  EXPECT_EQ(model.optimizer().iterations(), 40 * 5);
  const Logs logs = model.evaluate(data.x, data.y, {.verbose = Verbose::kSilent});
  EXPECT_GT(logs[0].second, 0.9);
}

TEST(Fit, LearnsUnderOtherDTypePolicies) {
  for (const char* policy : {"float32", "mixed_bfloat16", "mixed_float16", "float64"}) {
    set_random_seed(1);
    const Data data = rows();
    set_dtype_policy(policy);
    const Sequential model = classifier();
    set_dtype_policy("float32");
    const History history = model.fit(data.x, data.y, {.batch_size = 16, .epochs = 40, .verbose = Verbose::kSilent});
    EXPECT_GT(history["accuracy"].back(), 0.9) << policy;
    EXPECT_EQ(model.optimizer().class_name(), std::string_view(policy) == "mixed_float16" ? "LossScaleOptimizer" : "Adam");
  }
}

TEST(Fit, IsReproducibleBySeed) {
  const Data data = rows();
  const auto run = [&] {
    set_random_seed(5);
    Sequential model({Dense({.units = 4, .input_shape = {4}}), Dropout({.rate = 0.3}), Dense({.units = 2, .activation = "softmax"})});
    model.compile({.optimizer = SGD(), .loss = "sparse_categorical_crossentropy"});
    return model.fit(data.x, data.y, {.epochs = 3, .verbose = Verbose::kSilent})["loss"];
  };
  EXPECT_EQ(run(), run());
}

TEST(Fit, HoldsTheLastRowsOutForValidation) {
  const Data data = rows();
  const Sequential model = classifier();
  const History history = model.fit(data.x, data.y, {.epochs = 2, .verbose = Verbose::kSilent, .validation_split = 0.2});
  const Logs held_out = model.evaluate(data.x.rows(56, kRows), data.y.rows(56, kRows), {.verbose = Verbose::kSilent});
  EXPECT_FLOAT_EQ(static_cast<float>(history["val_loss"].back()), static_cast<float>(held_out[1].second));
  EXPECT_EQ(model.optimizer().iterations(), 2 * 2);  // 56 rows in batches of 32
}

TEST(Fit, RefusesWhatCannotBeTrained) {
  const Data data = rows();
  const Sequential raw({Dense({.units = 2, .input_shape = {4}})});
  EXPECT_THROW(raw.fit(data.x, data.y), InvalidArgument);
  const Sequential model = classifier();
  EXPECT_THROW(model.fit(data.x, data.y.rows(0, 3)), ShapeMismatch);
  EXPECT_THROW(model.fit(data.x, data.y, {.epochs = 0}), InvalidArgument);
  EXPECT_THROW(model.fit(data.x, data.y, {.batch_size = 0}), InvalidArgument);
  EXPECT_THROW(model.fit(data.x, data.y, {.validation_split = 1.5}), InvalidArgument);
  EXPECT_THROW(model.fit(data.x, {}), InvalidArgument);
  model.set_trainable(false);
  EXPECT_THROW(model.fit(data.x, data.y, {.verbose = Verbose::kSilent}), InvalidArgument);
}

TEST(Predict, GivesAllRowsWhateverTheBatchSize) {
  const Data data = rows();
  const Sequential model = classifier();
  const Tensor whole = model.predict(data.x, {.batch_size = kRows}), parts = model.predict(data.x, {.batch_size = 9});
  ASSERT_EQ(parts.shape(), Shape({kRows, 2}));
  for (std::int64_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(whole.data<float>()[i], parts.data<float>()[i], 1e-6);
}

TEST(Fit, LeavesTheVariablesAtTheirAveragesWhereTheOptimizerKeepsThem) {
  const Data data = rows();
  const Sequential model = classifier();
  model.compile({.optimizer = SGD({.learning_rate = 0.1, .use_ema = true, .ema_momentum = 0.9, .loss_scale_factor = 4.0}),
                 .loss = "sparse_categorical_crossentropy"});
  model.fit(data.x, data.y, {.epochs = 2, .verbose = Verbose::kSilent});
  const Optimizer& optimizer = model.optimizer();
  const std::vector<Variable> state = optimizer.variables();
  for (std::size_t i = 0; i < optimizer.trainable_variables().size(); ++i) {
    EXPECT_EQ(optimizer.trainable_variables()[i].value().to_vector<float>(), state[2 + i].value().to_vector<float>());
  }
}

TEST(TrainOnBatch, IsOneStep) {
  const Data data = rows();
  const Sequential model = classifier();
  const Logs first = model.train_on_batch(data.x, data.y), second = model.train_on_batch(data.x, data.y);
  EXPECT_LT(second.back().second, first.back().second);
  EXPECT_EQ(model.optimizer().iterations(), 2);
}

TEST(TrainOnBatch, GoesOnAfterALoadWhereItStopped) {
  const Data data = rows();
  const Sequential model = classifier();
  for (int i = 0; i < 3; ++i) model.train_on_batch(data.x, data.y);
  const auto file = std::filesystem::path(testing::TempDir()) / "goes_on.keras";
  model.save(file);
  const Model loaded = load_model(file);
  std::filesystem::remove(file);
  EXPECT_EQ(loaded.optimizer().iterations(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(loaded.train_on_batch(data.x, data.y), model.train_on_batch(data.x, data.y));
}

TEST(RowFeeder, CoversEveryRowOnce) {
  Tensor x = Tensor::empty(DType::kInt32, {10, 1});
  for (int i = 0; i < 10; ++i) x.raw_as<std::int32_t>()[i] = i;
  train::StepBatch batch;
  train::RowFeeder in_order({{x}, {x}, {}, 10}, 4, false);
  EXPECT_EQ(in_order.steps(), 3);
  in_order.begin_pass(0, 3);
  ASSERT_TRUE(in_order.next(batch));
  EXPECT_EQ(batch.x[0].raw(), x.raw());  // a view
  ASSERT_TRUE(in_order.next(batch) && in_order.next(batch));
  EXPECT_EQ(batch.rows, 2);
  EXPECT_FALSE(in_order.next(batch));

  train::RowFeeder shuffled({{x}, {x}, {}, 10}, 4, true);
  shuffled.begin_pass(0, 3);
  std::vector<std::int32_t> seen;
  while (shuffled.next(batch)) {
    EXPECT_EQ(batch.x[0].to_vector<std::int32_t>(), batch.y[0].to_vector<std::int32_t>());
    for (const std::int32_t value : batch.x[0].data<std::int32_t>()) seen.push_back(value);
  }
  EXPECT_NE(seen, x.to_vector<std::int32_t>());
  EXPECT_THAT(seen, testing::UnorderedElementsAreArray(x.to_vector<std::int32_t>()));
}

}  // namespace
}  // namespace namesake
