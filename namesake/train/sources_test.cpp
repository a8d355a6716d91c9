// Batches from sources, callbacks of one's own, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/saving/load_model.h"
#include "namesake/train/callbacks.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor numbers(std::int64_t rows, std::int64_t columns, std::int64_t seed) { return Initializer(RandomNormal({.seed = seed}))({rows, columns}); }

Sequential line() {
  const Sequential model({Dense({.units = 1, .kernel_initializer = "ones", .input_shape = {2}})});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse"});
  return model;
}

Model two() {
  const Tensor a = Input({.shape = {2}, .name = "a"}), b = Input({.shape = {3}, .name = "b"});
  const Tensor both = concatenate({a, b});
  const Model model({a, b}, {Dense({.units = 1, .name = "age"})(both), Dense({.units = 2, .name = "size"})(both)}, {.name = "two"});
  model.compile({.optimizer = SGD(), .loss = "mse"});
  return model;
}

TEST(Sources, OfEveryKindGiveTheNumbersOfRowsInMemory) {
  const Tensor x = numbers(12, 2, 1), y = numbers(12, 1, 2);
  std::vector<Batch> batches;
  for (std::int64_t row = 0; row < 12; row += 4) batches.push_back({x.rows(row, row + 4), y.rows(row, row + 4)});
  const auto losses = [&](const TrainingData& data, FitOptions options) {
    options.epochs = 3, options.verbose = Verbose::kSilent, options.shuffle = false;
    return line().fit(data, options)["loss"];
  };
  const std::vector<double> wanted = losses(TrainingData(x, y), {.batch_size = 4});
  std::size_t next = 0;
  const auto finite = [&]() -> std::optional<Batch> { return next < 3 ? std::optional(batches[next++]) : (next = 0, std::nullopt); };
  std::size_t turn = 0;
  const auto endless = [&]() -> std::optional<Batch> { return batches[turn++ % 3]; };
  EXPECT_EQ(losses(batches, {}), wanted);
  EXPECT_EQ(losses(finite, {}), wanted);
  EXPECT_EQ(losses(endless, {.steps_per_epoch = 3}), wanted);
}

TEST(Sources, ThatRunOutEndTheRunAndSaySo) {
  int left = 5;
  const auto few = [&]() -> std::optional<Batch> { return left-- > 0 ? std::optional(Batch{numbers(2, 2, 1), numbers(2, 1, 1)}) : std::nullopt; };
  const History history = line().fit(TrainingData(few), {.epochs = 9, .verbose = Verbose::kSilent});
  EXPECT_EQ(history.epochs.size(), 1u);
  ASSERT_FALSE(history.warnings.empty());
  EXPECT_THAT(history.warnings[0], HasSubstr("ran out of data"));
}

TEST(Fit, CallsCallbacksInKerasOrder) {
  struct Notes : CallbackBase {
    void on_train_begin() override { notes.push_back("train"); }
    void on_epoch_begin(std::int64_t epoch) override { notes.push_back("epoch " + std::to_string(epoch)); }
    void on_train_batch_begin(std::int64_t batch) override { notes.push_back("batch " + std::to_string(batch)); }
    void on_train_batch_end(std::int64_t, const Logs& logs) override { notes.push_back(logs.at(0).first); }
    void on_test_begin() override { notes.push_back("test"); }
    void on_test_batch_end(std::int64_t batch, const Logs&) override { notes.push_back("test batch " + std::to_string(batch)); }
    void on_epoch_end(std::int64_t, Logs& logs) override { notes.push_back(logs.back().first), set_log(logs, "mine", 3), stop_training(); }
    void on_train_end(const Logs& logs) override { notes.push_back("end " + logs.back().first); }
    std::vector<std::string> notes;
  };
  const auto notes = std::make_shared<Notes>();
  const History history = line().fit(numbers(4, 2, 1), numbers(4, 1, 1), {.epochs = 7, .verbose = Verbose::kSilent, .callbacks = {notes}, .validation_split = 0.5});
  EXPECT_THAT(notes->notes, ElementsAre("train", "epoch 0", "batch 0", "loss", "test", "test batch 0", "val_loss", "end mine"));
  EXPECT_EQ(history["mine"], std::vector<double>{3});
}

TEST(Fit, NamesTheInputOrOutputAndTheShapesThatMet) {
  const Model model = two();
  const Tensor a = numbers(4, 2, 1), b = numbers(4, 3, 1), age = numbers(4, 1, 1), size = numbers(4, 2, 1);
  struct Row {
    Feed x, y;
    std::vector<const char*> says;
  };
  const Row rows[] = {
      {{a, a}, {age, size}, {"input \"b\"", "(None, 3)", "(4, 2)"}},
      {a, {age, size}, {"has 2 inputs", "\"a\", \"b\"", "1 tensor: (4, 2)"}},
      {{{"a", a}}, {age, size}, {"nothing is fed to the input \"b\""}},
      {{{"a", a}, {"c", b}}, {age, size}, {"no input called \"c\""}},
      {{a, b}, age, {"has 2 outputs", "\"age\", \"size\""}},
      {{a, b}, {{"age", age}, {"sizes", size}}, {"no output called \"sizes\""}},
      {{a, b}, {{"age", age}}, {"no targets for the output \"size\""}},
      {{a, b}, {age, numbers(4, 5, 1)}, {"output \"size\"", "(4, 5)", "(4, 2)"}},
      {{a, b.rows(0, 3)}, {age, size}, {"x \"a\" and x \"b\" have unequal numbers of rows", "(3, 3)"}},
      {{a, b}, {age, size.rows(0, 2)}, {"y \"size\"", "(2, 2)"}},
  };
  for (const Row& row : rows) {
    try {
      (void)model.fit(row.x, row.y, {.verbose = Verbose::kSilent});
      ADD_FAILURE() << row.says[0];
    } catch (const Error& error) {
      for (const char* text : row.says) EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }
  EXPECT_THROW((void)model.fit({a, b}, {age, size}, {.class_weight = {{0, 2.0}}}), InvalidArgument);
  EXPECT_THROW((void)model.predict({a, b}), InvalidArgument);
  EXPECT_EQ(model.predict_on_batch({a, b}).find("size")->shape(), Shape({4, 2}));
  EXPECT_EQ(model.predict_many({a, b}, {.verbose = Verbose::kSilent}).find("size")->shape(), Shape({4, 2}));
  EXPECT_EQ(model.predict_many({{"b", b}, {"a", a}}, {.verbose = Verbose::kSilent}).find("size")->shape(), Shape({4, 2}));
  const std::vector<Batch> batches{{.x = {a, b}}, {.x = {a, b}}};
  EXPECT_EQ(model.predict_many(batches, {.verbose = Verbose::kSilent}).find("size")->shape(), Shape({8, 2}));
  EXPECT_EQ(model.predict_many(TrainingData({a, b}, {age, size}), {.verbose = Verbose::kSilent}).find("size")->shape(), Shape({4, 2}));
}

TEST(Callbacks, RefuseAMonitorThatThisRunNeverHas) {
  const auto fit = [](const Callback& callback, double split) {
    return line().fit(numbers(4, 2, 1), numbers(4, 1, 1), {.epochs = 3, .verbose = Verbose::kSilent, .callbacks = {callback}, .validation_split = split});
  };
  EXPECT_THROW(fit(EarlyStopping(), 0), InvalidArgument);  // val_loss without validation
  EXPECT_NO_THROW(fit(EarlyStopping(), 0.5));
  EXPECT_THROW(fit(EarlyStopping({.monitor = "val_auc", .mode = "max"}), 0.5), InvalidArgument);
  EXPECT_THROW(fit(EarlyStopping({.monitor = "auc"}), 0.5), InvalidArgument);  // which way is better?
  EXPECT_THROW(EarlyStopping({.mode = "up"}), InvalidArgument);
  EXPECT_THROW(ModelCheckpoint({.filepath = "m.ckpt"}), Unsupported);
  EXPECT_THROW(ModelCheckpoint({.filepath = "m.weights.h5"}), Unsupported);
  EXPECT_THROW(ModelCheckpoint({.filepath = "m.keras", .save_weights_only = true}), Unsupported);
  EXPECT_THROW(ReduceLROnPlateau({.factor = 1.0}), InvalidArgument);
}

TEST(ModelCheckpoint, SavesWeightsAloneOrALegacyFileByTheNameOfTheFile) {
  const testing::TempFolder folder;
  const Model model = line();
  const Tensor x = numbers(4, 2, 1), y = numbers(4, 1, 1);
  (void)model.fit(x, y, {.epochs = 2, .verbose = Verbose::kSilent,
                         .callbacks = {ModelCheckpoint({.filepath = folder / "{epoch}.weights.h5", .save_weights_only = true}),
                                       ModelCheckpoint({.filepath = folder / "whole.h5"})}});
  const Model again = line();
  again.load_weights(folder / "2.weights.h5");
  EXPECT_EQ(again.optimizer().iterations(), model.optimizer().iterations());
  EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
  EXPECT_EQ(load_model(folder / "whole.h5").predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
  EXPECT_NE(std::filesystem::file_size(folder / "1.weights.h5"), 0u);
}

TEST(Callbacks, FillPathsAsPythonDoes) {
  const Logs logs{{"val_loss", 0.123456}, {"loss", 0.5}};
  EXPECT_EQ(format_checkpoint_path("{epoch:02d}-{val_loss:.2f}-{loss}-{{x}}.keras", 4, {}, logs), "05-0.12-0.5-{x}.keras");
  EXPECT_EQ(format_checkpoint_path("{epoch}-{batch:03d}", 0, 9, logs), "1-010");
  for (const char* wrong : {"{nothing}", "{epoch", "}", "{batch}", "{loss:02d}"}) {
    EXPECT_THROW((void)format_checkpoint_path(wrong, 0, {}, logs), InvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace namesake
