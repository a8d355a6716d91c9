// A run that ends in the middle and is started again gives the numbers of one that did not end: in a new model, as after a kill.
#include <gtest/gtest.h>

#include <filesystem>

#include "namesake/base/error.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/layers/dropout.h"
#include "namesake/nn/random_seed.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/random.h"
#include "namesake/train/callbacks.h"

namespace namesake {
namespace {

constexpr std::int64_t kRows = 30, kBatch = 8;  // four batches, the last one short

Sequential make_model() {
  const Sequential model({Dense({.units = 6, .activation = "tanh", .input_shape = {3}, .name = "hidden"}), Dropout({.rate = 0.3, .name = "drop"}),
                          Dense({.units = 1, .name = "out"})}, {.name = "backed_up"});
  model.compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "mse", .metrics = {"mae"}});
  return model;
}

struct Killed {};

/// Dies after the given number of batches, as a killed process: nothing more is called.
class Kill : public CallbackBase {
 public:
  explicit Kill(std::int64_t batches) : left_(batches) {}
  void on_train_batch_end(std::int64_t, const Logs&) override {
    if (--left_ == 0) throw Killed();
  }

 private:
  std::int64_t left_;
};

class Backup : public testing::TestWithParam<std::pair<std::int64_t, SaveFreq>> {
 protected:
  Backup() { std::filesystem::remove_all(folder_); }
  ~Backup() override { std::filesystem::remove_all(folder_); }

  History fit(const Sequential& model, std::vector<Callback> callbacks, std::optional<StopSource> stop = std::nullopt) const {
    return model.fit(x_, y_, {.batch_size = kBatch, .epochs = 5, .verbose = Verbose::kSilent, .callbacks = std::move(callbacks), .validation_split = 0.1, .stop = std::move(stop)});
  }

  Tensor x_ = Initializer(RandomNormal({.seed = 1}))({kRows, 3}), y_ = Initializer(RandomNormal({.seed = 2}))({kRows, 1});
  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "namesake_backup_test";
};

void expect_same_end(const History& whole, const History& rest, const Sequential& a, const Sequential& b) {
  ASSERT_FALSE(rest.epochs.empty());
  for (std::size_t i = 0; i < rest.epochs.size(); ++i) {
    EXPECT_EQ(rest.epochs[i], whole.epochs[static_cast<std::size_t>(rest.epoch[i])]) << "epoch " << rest.epoch[i];
  }
  EXPECT_EQ(rest.epoch.back(), 4);
  const Tensors first = a.get_weights(), second = b.get_weights();
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].to_vector<float>(), second[i].to_vector<float>());
  EXPECT_EQ(a.optimizer().iterations(), b.optimizer().iterations());
}

TEST_P(Backup, AKilledRunGoesOnToTheSameNumbers) {
  const auto& [batches, frequency] = GetParam();
  set_random_seed(7);
  const Sequential whole_model = make_model();
  const History whole = fit(whole_model, {});

  set_random_seed(7);
  const BackupAndRestoreOptions options{.backup_dir = folder_, .save_freq = frequency};
  EXPECT_THROW(fit(make_model(), {BackupAndRestore(options), std::make_shared<Kill>(batches)}), Killed);
  set_random_seed(99);  // another process
  const Sequential model = make_model();
  const History rest = fit(model, {BackupAndRestore(options)});
  expect_same_end(whole, rest, whole_model, model);
  EXPECT_FALSE(std::filesystem::exists(folder_));  // training came to its end
}

INSTANTIATE_TEST_SUITE_P(Moments, Backup,
                         testing::Values(std::pair<std::int64_t, SaveFreq>(5, {}), std::pair<std::int64_t, SaveFreq>(10, {}),
                                         std::pair<std::int64_t, SaveFreq>(6, 1), std::pair<std::int64_t, SaveFreq>(8, 1),
                                         std::pair<std::int64_t, SaveFreq>(11, 3)));

TEST_F(Backup, AStoppedRunIsBackedUpWhereItStopped) {
  set_random_seed(7);
  const Sequential whole_model = make_model();
  const History whole = fit(whole_model, {});
  set_random_seed(7);
  const StopSource stop;
  std::int64_t batches = 0;
  const LambdaCallback stopping({.on_train_batch_end = [&](std::int64_t, const Logs&) {
    if (++batches == 6) stop.request_stop();
  }});
  const History first = fit(make_model(), {BackupAndRestore({.backup_dir = folder_}), stopping}, stop);
  ASSERT_TRUE(first.interrupted.has_value());
  EXPECT_EQ(first.interrupted->epoch, 1);
  EXPECT_EQ(first.interrupted->steps, 2);
  EXPECT_EQ(first.epochs.size(), 1u);
  set_random_seed(99);
  const Sequential model = make_model();
  expect_same_end(whole, fit(model, {BackupAndRestore({.backup_dir = folder_})}), whole_model, model);
}

TEST_F(Backup, TheFolderIsKeptIfWanted) {
  (void)fit(make_model(), {BackupAndRestore({.backup_dir = folder_, .delete_checkpoint = false})});
  EXPECT_TRUE(std::filesystem::exists(folder_ / "training_metadata.json"));
  const History none = fit(make_model(), {BackupAndRestore({.backup_dir = folder_, .delete_checkpoint = false})});
  EXPECT_TRUE(none.epochs.empty());  // there is nothing left to do
}

}  // namespace
}  // namespace namesake
