// A steady training loop asks the system for no memory: tape, loss, gradients, optimizer, metrics, layers. (oneDNN takes
// room of its own in each call; that is not counted.)
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/shared/allocations.h"
#include "namesake/autodiff/gradient_tape.h"
#include "namesake/nn/activations.h"
#include "namesake/nn/initializers.h"
#include "namesake/nn/layers/batch_normalization.h"
#include "namesake/nn/layers/conv.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/layers/embedding.h"
#include "namesake/nn/layers/global_pooling.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/layers/flatten.h"
#include "namesake/nn/layers/layer_normalization.h"
#include "namesake/nn/layers/pooling.h"
#include "namesake/nn/losses.h"
#include "namesake/nn/metrics.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/optim/optimizers.h"
#include "namesake/optim/schedules.h"

namespace namesake {
namespace {

/// Allocations of 50 calls, after enough of them to fill the pool.
std::int64_t allocations_of(const std::function<void()>& work) {
  for (int i = 0; i < 50; ++i) work();
  bench::count_allocations_from_now();
  for (int i = 0; i < 50; ++i) work();
  return bench::allocations().own;
}

struct Training {
  Tensor x = Initializer(RandomNormal({.seed = 1}))({32, 10});
  Tensor classes = Tensor::of<std::int32_t>(std::vector<std::int32_t>(32, 3), {32});
  Tensor one_hot_classes = one_hot(classes, 10);
  std::vector<Variable> weights{Variable(Initializer("random_normal")({10})), Variable(zeros({10}))};
  ActivationFunction relu{"relu"}, softmax{"softmax"};
  Tensors gradients = Tensors(2);

  [[nodiscard]] Tensor model() const { return softmax(relu(bias_add(x * weights[0], weights[1]))); }
  void step(const Loss& loss, const Tensor& labels, const Optimizer& optimizer) {
    GradientTape tape;
    const Tensor value = loss(labels, model());
    tape.gradient_into(value, weights, gradients);
    optimizer.apply_gradients(gradients, weights);
  }
};

TEST(SteadyTraining, SeesAnAllocationWhenThereIsOne) {
  const auto work = [] {
    std::vector<int> numbers(100);
    volatile const int* seen = numbers.data();  // so that no compiler leaves the block out
    (void)*seen;
  };
  EXPECT_GE(allocations_of(work), 50);
}

TEST(SteadyTraining, AStepAllocatesNothing) {
  struct Row {
    std::string name;
    Optimizer optimizer;
  };
  const Row rows[] = {{"sgd", SGD()},
                      {"sgd with momentum", SGD({.momentum = 0.9, .weight_decay = 0.01})},
                      {"adam", Adam()},
                      {"adam with amsgrad and clipping", Adam({.amsgrad = true, .global_clipnorm = 1.0})},
                      {"adamw on a schedule", AdamW({.learning_rate = CosineDecay({.decay_steps = 50})})},
                      {"adamax", Adamax()},
                      {"nadam", Nadam()},
                      {"rmsprop", RMSprop({.momentum = 0.5, .centered = true})},
                      {"adagrad", Adagrad()},
                      {"adadelta", Adadelta()},
                      {"ftrl", Ftrl()},
                      {"lion", Lion()},
                      {"lamb", Lamb()},
                      {"adafactor", Adafactor()},
                      {"muon", Muon()},
                      {"averages", SGD({.use_ema = true, .ema_overwrite_frequency = 4})},
                      {"accumulation", SGD({.clipvalue = 0.5, .loss_scale_factor = 2.0, .gradient_accumulation_steps = 3})}};
  for (const Row& row : rows) {
    Training training;
    const CategoricalCrossentropy categorical;
    const SparseCategoricalCrossentropy sparse;
    EXPECT_EQ(allocations_of([&] { training.step(categorical, training.one_hot_classes, row.optimizer); }), 0) << row.name;
    EXPECT_EQ(allocations_of([&] { training.step(sparse, training.classes, row.optimizer); }), 0) << row.name;
  }
}

TEST(SteadyTraining, FitAllocatesNothingPerStep) {
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({64, 10});
  const Tensor y = Tensor::of<std::int32_t>(std::vector<std::int32_t>(64, 3), {64});
  const Sequential model({Dense({.units = 16, .activation = "relu", .input_shape = {10}}), Dense({.units = 10, .activation = "softmax"})});
  model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  const auto fit = [&](std::int64_t batch_size) {
    return allocations_of([&] { model.fit(x, y, {.batch_size = batch_size, .verbose = Verbose::kSilent}); });
  };
  EXPECT_EQ(fit(4), fit(8));  // 16 steps ask for no more than 8 do: an epoch has its cost, a step has none
}

TEST(SteadyTraining, FitInDoublesAllocatesNothingPerStep) {
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({64, 10}), y = ones({64, 2});
  const Sequential model({Dense({.units = 16, .activation = "relu", .input_shape = {10}, .dtype = "float64"}), Dense({.units = 2, .dtype = "float64"})});
  model.compile({.optimizer = Adam({.clipnorm = 1.0}), .loss = "mse"});
  const auto fit = [&](std::int64_t batch_size) {
    return allocations_of([&] { model.fit(x, y, {.batch_size = batch_size, .verbose = Verbose::kSilent}); });
  };
  EXPECT_EQ(fit(4), fit(8));
}

TEST(SteadyTraining, PredictAllocatesNothingPerBatch) {
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({64, 10});
  const Tensor in = Input({.shape = {10}}), hidden = Dense({.units = 8, .activation = "relu"})(in);
  const Model one(in, Dense({.units = 3})(hidden)), two(in, {Dense({.units = 1, .name = "age"})(hidden), Dense({.units = 2, .name = "kind"})(hidden)});
  for (const Model& model : {one, two}) {
    const auto predict = [&](std::int64_t batch_size) {
      return allocations_of([&] { (void)model.predict_many(x, {.batch_size = batch_size, .verbose = Verbose::kSilent}); });
    };
    EXPECT_EQ(predict(4), predict(8)) << model.outputs().size() << " outputs";
  }
}

TEST(SteadyTraining, FitOfAConvolutionalNetAllocatesNothingPerStep) {
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({64, 12, 12, 3});
  const Tensor y = Tensor::of<std::int32_t>(std::vector<std::int32_t>(64, 3), {64});
  const Sequential model({Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu", .input_shape = {12, 12, 3}}), MaxPooling2D(),
                          Conv2D({.filters = 8, .kernel_size = 3, .padding = "same"}), AveragePooling2D(), Flatten(),
                          Dense({.units = 10, .activation = "softmax"})});
  model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy"});
  const auto fit = [&](std::int64_t batch_size) {
    return allocations_of([&] { model.fit(x, y, {.batch_size = batch_size, .verbose = Verbose::kSilent}); });
  };
  EXPECT_EQ(fit(4), fit(8));
}

TEST(SteadyTraining, FitOfTwoInputsAndTwoOutputsAllocatesNothingPerStep) {
  const Tensor a = Input({.shape = {10}, .name = "a"}), b = Input({.shape = {4}, .name = "b"});
  const Tensor hidden = concatenate({Dense({.units = 8, .activation = "relu"})(a), Dense({.units = 8})(b)});
  const Model model({a, b}, {Dense({.units = 1, .name = "age"})(hidden), Dense({.units = 10, .activation = "softmax", .name = "kind"})(hidden)});
  model.compile({.optimizer = Adam(), .loss = {"mse", "sparse_categorical_crossentropy"}, .loss_weights = {0.5, 1.0}, .metrics = {"mae", "accuracy"}});
  const Feed x = {Initializer(RandomNormal({.seed = 1}))({64, 10}), Initializer(RandomNormal({.seed = 2}))({64, 4})};
  const Feed y = {ones({64, 1}), Tensor::of<std::int32_t>(std::vector<std::int32_t>(64, 3), {64})};
  const auto fit = [&](std::int64_t batch_size) {
    return allocations_of([&] { model.fit(x, y, {.batch_size = batch_size, .verbose = Verbose::kSilent, .sample_weight = ones({64})}); });
  };
  EXPECT_EQ(fit(4), fit(8));
}

TEST(SteadyTraining, FitWithWhatElseAModelMayHaveAllocatesNothingPerStep) {
  struct Row {
    std::string name;
    Sequential model;
    Shape input;
    CompileOptions options = {};
  };
  const auto dense = [](DenseOptions options) {
    options.units = 8;
    return Dense(options);
  };
  const auto net = [](std::initializer_list<Layer> first) {
    std::vector<Layer> layers(first);
    layers.push_back(Dense({.units = 10, .activation = "softmax"}));
    return Sequential(layers);
  };
  Row rows[] = {
      {"l2 regularizer", net({dense({.kernel_regularizer = "l2"})}), {10}},
      {"l1 and l2 regularizers", net({dense({.kernel_regularizer = L1L2({.l1 = 0.01, .l2 = 0.01}), .bias_regularizer = "l1"})}), {10}},
      {"activity regularizer", net({dense({.activity_regularizer = "l2"})}), {10}},
      {"orthogonal regularizer", net({dense({.kernel_regularizer = OrthogonalRegularizer()})}), {10}},
      {"constraint", net({dense({.kernel_constraint = "max_norm"})}), {10}},
      {"batch normalization", net({dense({}), BatchNormalization()}), {10}},
      {"batch normalization of images", net({Conv2D({.filters = 4, .kernel_size = 3}), BatchNormalization(), Flatten()}), {8, 8, 3}},
      {"layer normalization", net({dense({}), LayerNormalization()}), {10}},
      {"dropout", net({dense({}), Dropout({.rate = 0.5})}), {10}},
      {"embedding", net({Embedding({.input_dim = 5, .output_dim = 4}), GlobalAveragePooling1D()}), {6}},
      {"metrics", net({dense({})}), {10}, {.metrics = {"accuracy", metrics::SparseTopKCategoricalAccuracy(), metrics::SparseCategoricalCrossentropy()}}},
      {"clipnorm", net({dense({})}), {10}, {.optimizer = Adam({.clipnorm = 1.0})}},
      {"clipvalue", net({dense({})}), {10}, {.optimizer = SGD({.momentum = 0.9, .clipvalue = 0.1})}},
      {"global clipnorm", net({dense({})}), {10}, {.optimizer = Adam({.global_clipnorm = 1.0})}},
  };
  for (Row& row : rows) {
    Shape shape = {64};
    for (const std::int64_t size : row.input.sizes()) shape.push_back(size);
    const Tensor x = abs(Initializer(RandomNormal({.seed = 1}))(shape));
    const Tensor y = Tensor::of<std::int32_t>(std::vector<std::int32_t>(64, 3), {64});
    if (!row.options.optimizer.defined()) row.options.optimizer = SGD();
    row.options.loss = "sparse_categorical_crossentropy";
    row.model.compile(row.options);
    const auto fit = [&](std::int64_t batch_size) {
      return allocations_of([&] { row.model.fit(x, y, {.batch_size = batch_size, .verbose = Verbose::kSilent}); });
    };
    EXPECT_EQ(fit(4), fit(8)) << row.name;
  }
}

TEST(SteadyTraining, FitOfAnOpOfManyInputsAllocatesNothingPerStep) {
  const Tensor in = Input({.shape = {10}});
  Tensors parts;
  for (int i = 0; i < 5; ++i) parts.push_back(Dense({.units = 3})(in));
  const Model model({in}, {Dense({.units = 1})(concatenate(parts))});
  model.compile({.optimizer = Adam(), .loss = "mse"});
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({64, 10}), y = ones({64, 1});
  const auto fit = [&](std::int64_t batch_size) {
    return allocations_of([&] { model.fit(x, y, {.batch_size = batch_size, .verbose = Verbose::kSilent}); });
  };
  EXPECT_EQ(fit(4), fit(8));
}

TEST(SteadyTraining, AMetricAllocatesNothing) {
  const Training training;
  const Tensor prediction = training.model(), weight = ones({32});
  struct Row {
    Metric metric;
    Tensor labels;
  };
  const Row rows[] = {{"accuracy", training.classes},           {metrics::CategoricalAccuracy(), training.one_hot_classes},
                      {metrics::BinaryAccuracy(), training.one_hot_classes}, {metrics::MeanSquaredError(), training.one_hot_classes},
                      {metrics::TopKCategoricalAccuracy(), training.one_hot_classes}, {metrics::SparseCategoricalCrossentropy(), training.classes}};
  for (const Row& row : rows) {
    EXPECT_EQ(allocations_of([&] { row.metric.update_state(row.labels, prediction); }), 0) << row.metric.class_name();
    EXPECT_EQ(allocations_of([&] { row.metric.update_state(row.labels, prediction, weight); }), 0) << row.metric.class_name();
  }
  const metrics::Mean mean;
  EXPECT_EQ(allocations_of([&] { mean.add(0.5, 32); }), 0);
}

}  // namespace
}  // namespace namesake
