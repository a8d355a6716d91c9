// Callbacks decide what Keras's decided for the same numbers, and say the same (tools/golden/callbacks.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "namesake/nn/layers/dense.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/create.h"
#include "namesake/train/callbacks.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

constexpr std::int64_t kBatches = 3;

class RecordedRun final : public TrainingRun {
 public:
  explicit RecordedRun(Model model) : model_(std::move(model)) {}
  [[nodiscard]] const Model& model() const override { return model_; }
  [[nodiscard]] std::int64_t epochs() const override { return 0; }
  [[nodiscard]] std::optional<std::int64_t> steps() const override { return kBatches; }
  void stop() override { stopped_ = true; }
  [[nodiscard]] bool stopped() const override { return stopped_; }
  [[nodiscard]] bool interrupted() const override { return false; }
  void print(std::string_view line) override { said += std::string(line) + "\n"; }
  [[nodiscard]] bool may_log(std::string_view) const override { return true; }
  [[nodiscard]] JsonValue state() const override { return {}; }
  void restore(const JsonValue&) override {}

  std::string said;

 private:
  Model model_;
  bool stopped_ = false;
};

/// Reads options by Keras's names.
class Options {
 public:
  explicit Options(const JsonValue& values) : values_(values) {}
  void operator()(const char* key, std::string& out) const { with(key, [&](const JsonValue& v) { out = v.as_string(); }); }
  void operator()(const char* key, std::filesystem::path& out) const { with(key, [&](const JsonValue& v) { out = v.as_string(); }); }
  void operator()(const char* key, double& out) const { with(key, [&](const JsonValue& v) { out = v.as_double(); }); }
  void operator()(const char* key, std::optional<double>& out) const { with(key, [&](const JsonValue& v) { out = v.as_double(); }); }
  void operator()(const char* key, std::int64_t& out) const { with(key, [&](const JsonValue& v) { out = v.as_int(); }); }
  void operator()(const char* key, bool& out) const { with(key, [&](const JsonValue& v) { out = v.is_bool() ? v.as_bool() : v.as_int() != 0; }); }
  void operator()(const char* key, SaveFreq& out) const { with(key, [&](const JsonValue& v) { out = v.as_int(); }); }

 private:
  void with(const char* key, const std::function<void(const JsonValue&)>& read) const {
    if (const JsonValue* value = values_.find(key)) read(*value);
  }
  const JsonValue& values_;
};

/// A callback of Keras's name, and how to look into it.
struct Made {
  Callback callback;
  std::function<std::optional<double>()> best = nullptr;
  std::function<std::int64_t()> wait = nullptr;
};

Made make(const std::string& class_name, const JsonValue& given) {
  const Options options(given);
  if (class_name == "EarlyStopping") {
    EarlyStoppingOptions o;
    options("monitor", o.monitor), options("min_delta", o.min_delta), options("patience", o.patience), options("verbose", o.verbose);
    options("mode", o.mode), options("baseline", o.baseline), options("restore_best_weights", o.restore_best_weights);
    options("start_from_epoch", o.start_from_epoch);
    const EarlyStopping made(o);
    return {made, [made] { return made.best(); }, [made] { return made.wait(); }};
  }
  if (class_name == "ReduceLROnPlateau") {
    ReduceLROnPlateauOptions o;
    options("monitor", o.monitor), options("factor", o.factor), options("patience", o.patience), options("verbose", o.verbose);
    options("mode", o.mode), options("min_delta", o.min_delta), options("cooldown", o.cooldown), options("min_lr", o.min_lr);
    return {ReduceLROnPlateau(o)};
  }
  if (class_name == "ModelCheckpoint") {
    ModelCheckpointOptions o;
    options("filepath", o.filepath), options("monitor", o.monitor), options("verbose", o.verbose), options("save_best_only", o.save_best_only);
    options("mode", o.mode), options("save_freq", o.save_freq), options("initial_value_threshold", o.initial_value_threshold);
    const ModelCheckpoint made(o);
    return {made, [made] { return made.best(); }};
  }
  if (class_name == "CSVLogger") {
    CSVLoggerOptions o{.filename = "log.csv"};
    options("separator", o.separator);
    return {CSVLogger(o)};
  }
  if (class_name == "LearningRateScheduler") {
    return {LearningRateScheduler([](std::int64_t epoch, double rate) { return epoch % 2 == 1 ? rate * 0.5 : rate + 0.01; }, true)};
  }
  if (class_name == "TerminateOnNaN") return {TerminateOnNaN()};
  throw std::runtime_error("no callback is called " + class_name);
}

Logs logs_of(const JsonValue& row) {
  Logs logs;
  for (const JsonMember& member : row.members()) {
    logs.emplace_back(member.key, member.value.is_string() ? std::numeric_limits<double>::quiet_NaN() : member.value.as_double());
  }
  return logs;
}

using Files = std::map<std::string, std::filesystem::file_time_type>;
Files files() {
  Files found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(".")) {
    if (entry.path().extension() == ".keras") found.emplace(entry.path().lexically_normal().string(), entry.last_write_time());
  }
  return found;
}

/// Runs one case in the current folder.
void replay(const JsonValue& row) {
  const Sequential model({Dense({.units = 1, .use_bias = false, .input_shape = {1}, .name = "only"})});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = "mse", .metrics = {"mae"}});
  RecordedRun run(model);
  const Made made = make(row.find("class_name")->as_string(), *row.find("options"));
  CallbackBase& callback = made.callback.body();
  callback.exchange_run(&run);
  callback.on_train_begin();
  const JsonArray& expected = row.find("epochs")->items();
  for (std::size_t epoch = 0; epoch < expected.size(); ++epoch) {
    SCOPED_TRACE("epoch " + std::to_string(epoch));
    const auto number = static_cast<std::int64_t>(epoch);
    model.set_weights(Tensors{Tensor::of<float>({static_cast<float>(epoch)}, {1, 1})});
    Logs logs = logs_of(row.find("logs")->items()[epoch]);
    const Files before = files();
    callback.on_epoch_begin(number);
    for (std::int64_t batch = 0; batch < kBatches; ++batch) callback.on_train_batch_end(batch, logs);
    callback.on_epoch_end(number, logs);
    const JsonValue& want = expected[epoch];
    EXPECT_EQ(run.stopped(), want.find("stop")->as_bool());
    EXPECT_EQ(static_cast<float>(model.optimizer().learning_rate()), static_cast<float>(want.find("learning_rate")->as_double()));
    if (made.wait) {
      EXPECT_EQ(made.wait(), want.find("wait")->as_int());
    }
    if (made.best && !want.find("best")->is_null()) {
      EXPECT_EQ(made.best().value_or(-1), want.find("best")->as_double());
    }
    if (const JsonValue* rate = want.find("logged")->find("learning_rate")) {
      EXPECT_EQ(static_cast<float>(*find_log(logs, "learning_rate")), static_cast<float>(rate->as_double()));
    }
    std::vector<std::string> saved, wanted;
    for (const auto& [path, time] : files()) {
      if (!before.contains(path) || before.at(path) != time) saved.push_back(path);
    }
    for (const JsonValue& path : want.find("saved")->items()) wanted.push_back(path.as_string());
    EXPECT_EQ(saved, wanted);
  }
  callback.on_train_end({});
  EXPECT_EQ(run.said, row.find("messages")->as_string());
  EXPECT_EQ(model.get_weights()[0].item<double>(), row.find("final")->as_double());
  if (const JsonValue* csv = row.find("csv")) {
    EXPECT_EQ(testing::read_text("log.csv"), csv->as_string());
  }
}

TEST(CallbacksGolden, DecideAndSayWhatKerasDoes) {
  const JsonValue golden = testing::read_golden_json(NAMESAKE_SOURCE_DIR "/tests/golden/callbacks/cases.json");
  const auto here = std::filesystem::current_path();
  ASSERT_GE(golden.find("cases")->items().size(), 20u);
  for (const JsonValue& row : golden.find("cases")->items()) {
    SCOPED_TRACE(row.find("case")->as_string());
    const testing::TempFolder folder;
    std::filesystem::current_path(folder.path());
    replay(row);
    std::filesystem::current_path(here);
  }
}

}  // namespace
}  // namespace namesake
