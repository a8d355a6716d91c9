// The programs that a Keras user writes first, as one would write them: each trains on data made here, and says what it learnt.
#include <gtest/gtest.h>

#include <namesake/namesake.h>

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace {

namespace nk = namesake;
using nk::Tensor;

constexpr nk::Verbose kQuiet = nk::Verbose::kSilent;

Tensor drawn(const nk::Shape& shape, std::int64_t seed) { return nk::Initializer(nk::RandomNormal({.stddev = 1.0, .seed = seed}))(shape); }

/// 0 or 1: whether the sum of a row is above 0.
Tensor signs(const Tensor& x) { return nk::cast(nk::sum(x, -1) > 0, nk::DType::kInt32); }

TEST(FirstProgram, ClassifiesPicturesByAConvolutionalNet) {
  nk::set_random_seed(1);
  const Tensor labels = nk::cast(nk::floor(nk::abs(drawn({96}, 3)) * 10) , nk::DType::kInt32);
  const Tensor classes = nk::mod(labels, 2);
  const Tensor bright = nk::reshape(nk::cast(classes, nk::DType::kFloat32), {96, 1, 1, 1});
  const Tensor pictures = drawn({96, 8, 8, 1}, 2) * 0.3 + bright;
  const nk::Sequential model({nk::Rescaling({.scale = {0.5}, .input_shape = {8, 8, 1}}), nk::Conv2D({.filters = 4, .kernel_size = 3, .activation = "relu"}),
                              nk::MaxPooling2D(), nk::Flatten(), nk::Dropout({.rate = 0.1}), nk::Dense({.units = 2, .activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  const nk::History history = model.fit(pictures, classes, {.batch_size = 16, .epochs = 15, .verbose = kQuiet, .validation_split = 0.25});
  EXPECT_GT(history["val_accuracy"].back(), 0.9);
  EXPECT_EQ(nk::argmax(model.predict(pictures, {.verbose = kQuiet})).shape(), nk::Shape({96}));
}

TEST(FirstProgram, JoinsAnEmbeddingAndNumbersInAModelOfTwoInputs) {
  nk::set_random_seed(2);
  const Tensor word = nk::Input({.shape = {3}, .dtype = "int32", .name = "words"}), size = nk::Input({.shape = {2}, .name = "numbers"});
  const Tensor pooled = nk::GlobalAveragePooling1D()(nk::Embedding({.input_dim = 10, .output_dim = 4})(word));
  const Tensor joined = nk::Concatenate()({pooled, nk::Dense({.units = 4, .activation = "relu"})(size)});
  const nk::Model model({word, size}, nk::Dense({.units = 1, .activation = "sigmoid", .name = "score"})(joined));
  model.compile({.optimizer = nk::Adam({.learning_rate = 0.05}), .loss = "binary_crossentropy", .metrics = {"accuracy", "auc"}});
  const Tensor numbers = drawn({64, 2}, 5), words = nk::cast(nk::abs(drawn({64, 3}, 6)), nk::DType::kInt32), y = signs(numbers);
  (void)model.fit({{"numbers", numbers}, {"words", words}}, y, {.epochs = 20, .verbose = kQuiet});
  EXPECT_GT(model.evaluate({words, numbers}, y, {.verbose = kQuiet})[0].second, 0.9);
  EXPECT_EQ(model.predict({words, numbers}, {.verbose = kQuiet}).shape(), nk::Shape({64, 1}));
  EXPECT_EQ(model.predict_many({words, numbers}, {.verbose = kQuiet})[0].shape(), nk::Shape({64, 1}));
}

TEST(FirstProgram, EncodesAndDecodes) {
  nk::set_random_seed(3);
  const Tensor x = nk::Input({.shape = {6}});
  const Tensor code = nk::Dense({.units = 2, .name = "code"})(x);
  const nk::Model both(x, nk::Dense({.units = 6})(code)), encoder(x, code);
  both.compile({.optimizer = nk::Adam({.learning_rate = 0.03}), .loss = "mse"});
  const Tensor data = nk::matmul(drawn({64, 2}, 1), drawn({2, 6}, 2));
  const nk::History history = both.fit(data, data, {.epochs = 60, .verbose = kQuiet});
  EXPECT_LT(history["loss"].back(), 0.1 * history["loss"].front());
  EXPECT_EQ(encoder.predict(data, {.verbose = kQuiet}).shape(), nk::Shape({64, 2}));
}

class ResidualModel : public nk::ModelBase {
 public:
  static constexpr std::string_view kClassName = "Residual";
  struct Options {
    std::int64_t units = 4;
    std::string name = "";
  };
  static void config(Options& o, nk::ConfigFields& f) { f("units", o.units); }
  explicit ResidualModel(const Options& o)
      : hidden_(add_layer("hidden", nk::Dense({.units = o.units, .activation = "relu"}))), drop_(add_layer("drop", nk::Dropout({.rate = 0.1}))),
        out_(add_layer("out", nk::Dense({.units = 1}))) {}
  Tensor call(const Tensor& x, nk::CallContext&) override { return out_(x + drop_(hidden_(x))); }

 private:
  nk::Dense hidden_;
  nk::Dropout drop_;
  nk::Dense out_;
};
using Residual = nk::ModelOf<ResidualModel>;

TEST(FirstProgram, TrainsAModelClassByALoopOfItsOwn) {
  nk::set_random_seed(4);
  const Tensor x = drawn({32, 4}, 1), y = nk::sum(x, -1, true);
  const Residual model({.units = 4});
  const nk::Adam optimizer({.learning_rate = 0.05, .clipnorm = 1});
  const nk::MeanSquaredError loss_of;
  const nk::metrics::Mean mean_loss({.name = "loss"});
  double first = 0;
  for (int epoch = 0; epoch < 30; ++epoch) {
    mean_loss.reset_state();
    for (std::int64_t row = 0; row < 32; row += 8) {
      nk::GradientTape tape;
      const Tensor loss = loss_of(y.rows(row, row + 8), model(x.rows(row, row + 8), {.training = true}));
      optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));
      mean_loss.update_state(loss);
    }
    if (epoch == 0) first = mean_loss.value();
  }
  EXPECT_LT(mean_loss.value(), 0.2 * first);
}

TEST(FirstProgram, TeachesAFrozenModelSomethingNew) {
  nk::set_random_seed(5);
  const nk::testing::TempFolder folder;
  const Tensor x = drawn({48, 3}, 1), y = signs(x);
  const Tensor seen = nk::Input({.shape = {3}});
  const nk::Model teacher(seen, nk::Dense({.units = 1, .name = "head"})(nk::Dense({.units = 5, .activation = "relu", .name = "features"})(seen)));
  teacher.save(folder / "teacher.keras");

  const nk::Model base = nk::load_model(folder / "teacher.keras");
  base.set_trainable(false);
  const Tensor head = nk::Dense({.units = 2, .activation = "softmax", .name = "new_head"})(base.output_of("features"));
  const nk::Model model(base.inputs()[0], head);
  model.compile({.optimizer = nk::SGD({.learning_rate = 0.5}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  EXPECT_EQ(model.trainable_variables().size(), 2u);
  const std::vector<float> before = base.get_layer("features").get_weights()[0].to_vector<float>();
  (void)model.fit(x, y, {.epochs = 20, .verbose = kQuiet});
  EXPECT_EQ(base.get_layer("features").get_weights()[0].to_vector<float>(), before);
  base.set_trainable(true);
  model.compile({.optimizer = nk::SGD({.learning_rate = 0.01}), .loss = "sparse_categorical_crossentropy"});
  (void)model.fit(x, y, {.epochs = 2, .verbose = kQuiet});
  EXPECT_NE(base.get_layer("features").get_weights()[0].to_vector<float>(), before);
}

TEST(FirstProgram, WeighsTheLossesOfTwoOutputs) {
  const Tensor x = nk::Input({.shape = {3}});
  const Tensor hidden = nk::Dense({.units = 8, .activation = "relu"})(x);
  const nk::Model model(x, {{"age", nk::Dense({.units = 1, .name = "age"})(hidden)}, {"kind", nk::Dense({.units = 2, .activation = "softmax", .name = "kind"})(hidden)}});
  model.compile({.optimizer = "rmsprop", .loss = {{"age", "mse"}, {"kind", "sparse_categorical_crossentropy"}}, .loss_weights = {{"age", 0.1}, {"kind", 1.0}},
                 .metrics = {{"kind", "accuracy"}, {"age", {"mae", nk::metrics::RootMeanSquaredError()}}}});
  const Tensor data = drawn({32, 3}, 1);
  const nk::History history = model.fit(data, {{"age", nk::sum(data, -1, true)}, {"kind", signs(data)}}, {.epochs = 3, .verbose = kQuiet});
  EXPECT_NEAR(history["loss"][2], 0.1 * history["age_loss"][2] + history["kind_loss"][2], 1e-5);
  EXPECT_EQ(history["kind_accuracy"].size(), 3u);
  EXPECT_EQ(model.predict_many(data, {.verbose = kQuiet}).find("age")->shape(), nk::Shape({32, 1}));
}

TEST(FirstProgram, MindsRareClassesAndItsOwnLossAndMetric) {
  const nk::Sequential model({nk::Dense({.units = 1, .activation = "sigmoid", .input_shape = {3}})});
  const nk::Loss focal("focal", [](const Tensor& y_true, const Tensor& y_pred) {
    const Tensor y = nk::cast(y_true, y_pred.dtype());
    return nk::mean(nk::square(y - y_pred) * nk::abs(y - y_pred), -1);
  });
  const nk::Metric share("share", [](const Tensor&, const Tensor& y_pred) { return nk::mean(nk::cast(y_pred > 0.5, nk::DType::kFloat32), -1); });
  model.compile({.optimizer = "adam", .loss = focal, .metrics = {share}});
  const Tensor x = drawn({40, 3}, 1), y = nk::expand_dims(signs(x), -1);
  const nk::History history = model.fit(x, y, {.epochs = 2, .verbose = kQuiet, .class_weight = {{0, 1.0}, {1, 5.0}}});
  EXPECT_EQ(history["share"].size(), 2u);
}

TEST(FirstProgram, StopsEarlyAndKeepsTheBestAndGoesOnFromTheFile) {
  nk::set_random_seed(6);
  const nk::testing::TempFolder folder;
  const Tensor x = drawn({64, 3}, 1), y = nk::sum(x, -1, true);
  const nk::Sequential model({nk::Dense({.units = 1, .input_shape = {3}, .name = "only"})});
  model.compile({.optimizer = nk::Adam({.learning_rate = nk::ExponentialDecay({.initial_learning_rate = 0.3, .decay_steps = 10, .decay_rate = 0.9})}), .loss = "mse"});
  const nk::EarlyStopping stopping({.min_delta = 0.01, .patience = 3, .restore_best_weights = true});
  const nk::History history =
      model.fit(x, y, {.epochs = 200, .verbose = kQuiet, .callbacks = {stopping, nk::ModelCheckpoint({.filepath = folder / "best.keras", .save_best_only = true}),
                                                                       nk::ModelCheckpoint({.filepath = folder / "best.weights.h5", .save_best_only = true, .save_weights_only = true}),
                                                                       nk::CSVLogger({.filename = folder / "log.csv"})},
                       .validation_split = 0.25});
  EXPECT_LT(history.epochs.size(), 200u);
  EXPECT_GT(stopping.stopped_epoch(), 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "log.csv"));

  const nk::Model again = nk::load_model(folder / "best.keras");
  const auto steps = again.optimizer().iterations();
  EXPECT_GT(steps, 0);
  EXPECT_EQ(again.fit(x, y, {.epochs = 5, .verbose = kQuiet, .initial_epoch = 3}).epochs.size(), 2u);
  EXPECT_EQ(again.optimizer().iterations(), steps + 2 * 2);
}

TEST(FirstProgram, ReadsBatchesFromAGenerator) {
  nk::set_random_seed(7);
  const nk::Sequential model({nk::Dense({.units = 1, .input_shape = {2}})});
  model.compile({.optimizer = nk::SGD({.learning_rate = 0.1, .momentum = 0.9}), .loss = "mse", .metrics = {"mae"}});
  std::int64_t seed = 0;
  const auto batches = [&seed]() -> std::optional<nk::Batch> {
    const Tensor x = drawn({16, 2}, ++seed);
    return nk::Batch{.x = x, .y = nk::sum(x, -1, true)};
  };
  const nk::History history = model.fit(batches, {.epochs = 12, .verbose = kQuiet, .steps_per_epoch = 10});
  EXPECT_LT(history["loss"].back(), 0.1 * history["loss"].front());
  EXPECT_LT(model.evaluate(batches, {.verbose = kQuiet, .steps = 3})[0].second, 0.2);
  EXPECT_EQ(model.predict_many(batches, {.verbose = kQuiet, .steps = 2})[0].shape(), nk::Shape({32, 1}));
}

TEST(FirstProgram, LearnsFromATableInAFile) {
  nk::set_random_seed(8);
  const nk::testing::TempFolder folder;
  std::string text = "width,height,large\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 7 + i % 5 > 5 ? 1 : 0) + "\n";
  nk::testing::write_text(folder / "sizes.csv", text);
  const nk::Dataset data = nk::load_data(folder / "sizes.csv");
  const nk::Normalization scaled;
  scaled->adapt(data.x);
  const nk::Sequential model({nk::InputLayer({.shape = {2}}), scaled, nk::Dense({.units = 8, .activation = "relu"}), nk::Dense({.units = 1})});
  model.compile({.optimizer = nk::Adam({.learning_rate = 0.05}), .loss = nk::BinaryCrossentropy({.from_logits = true}),
                 .metrics = {nk::metrics::BinaryAccuracy({.threshold = 0})}});
  (void)model.fit(data.x, data.y, {.batch_size = 20, .epochs = 40, .verbose = kQuiet});
  EXPECT_GT(model.evaluate(data.x, data.y, {.verbose = kQuiet})[0].second, 0.9);
}

TEST(FirstProgram, ComputesInDoubles) {
  nk::set_random_seed(9);
  nk::set_dtype_policy("float64");
  const nk::Sequential model({nk::Dense({.units = 4, .activation = "tanh", .input_shape = {3}}), nk::Dense({.units = 1})});
  nk::set_dtype_policy("float32");
  model.compile({.optimizer = nk::AdamW({.learning_rate = 0.05}), .loss = "mse"});
  const Tensor x = nk::cast(drawn({32, 3}, 1), nk::DType::kFloat64);
  const nk::History history = model.fit(x, nk::sum(x, -1, true), {.epochs = 30, .verbose = kQuiet});
  EXPECT_LT(history["loss"].back(), 0.5 * history["loss"].front());
  EXPECT_EQ(model.predict(x, {.verbose = kQuiet}).dtype(), nk::DType::kFloat64);
}

}  // namespace
