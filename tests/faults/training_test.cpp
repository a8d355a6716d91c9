// Files that a training writes as it goes on: backups, from which a run that failed or was killed goes on to the same numbers;
// and the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <random>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/namesake.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

using base::FaultScope;
using base::FaultStep;
using ::namesake::testing::end_of;
using ::namesake::testing::in_child;
using ::namesake::testing::read_text;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;
using ::testing::HasSubstr;

constexpr int kMostSteps = 2000;

using Weights = std::vector<std::vector<float>>;

/// The weights after two epochs with the given callbacks, in a new model.
Weights train(std::vector<Callback> callbacks) {
  set_random_seed(3);
  const Sequential model({Dense({.units = 4, .activation = "tanh", .input_shape = {3}, .name = "hidden"}), Dropout({.rate = 0.3, .name = "drop"}), Dense({.units = 1, .name = "out"})},
                         {.name = "trained"});
  model.compile({.optimizer = Adam({.learning_rate = 0.05}), .loss = "mse"});
  const Tensor x = Initializer(RandomNormal({.seed = 1}))({12, 3}), y = Initializer(RandomNormal({.seed = 2}))({12, 1});
  static_cast<void>(model.fit(x, y, {.batch_size = 6, .epochs = 2, .verbose = Verbose::kSilent, .callbacks = std::move(callbacks)}));
  Weights weights;
  for (const Tensor& weight : model.get_weights()) weights.push_back(weight.to_vector<float>());
  return weights;
}

Weights train_with_backup(const std::string& folder) { return train({BackupAndRestore({.backup_dir = folder})}); }

TEST(ABackupWhoseStepFails, LeavesOneFromWhichTheRunGoesOnToTheSameNumbers) {
  const Weights whole = train({});
  bool reached_end = false;
  for (int failing = 0; !reached_end && failing < kMostSteps; ++failing) {
    const TempFolder folder;
    int steps = 0;
    {
      const FaultScope fault([&](FaultStep) { return steps++ == failing ? ENOSPC : 0; });
      try {
        static_cast<void>(train_with_backup(folder / "backup"));
        reached_end = true;
      } catch (const IoError& error) {
        EXPECT_THAT(error.what(), HasSubstr("backup/"));
        EXPECT_THAT(error.fix(), HasSubstr("free some space"));
      }
    }
    if (!reached_end) {
      EXPECT_EQ(train_with_backup(folder / "backup"), whole) << "step " << failing;
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "backup")) << "step " << failing << ": something was left in the folder";
  }
  EXPECT_TRUE(reached_end);
}

TEST(ABackupKilledAtAStep, LeavesOneFromWhichTheRunGoesOnToTheSameNumbers) {
  const Weights whole = train({});
  for (int last = 0; last < kMostSteps; last += 3) {  // every step would take long
    const TempFolder folder;
    const std::string end = in_child([&] {
      int steps = 0;
      const FaultScope fault([&](FaultStep) { return steps++ == last ? ::raise(SIGKILL) : 0; });
      static_cast<void>(train_with_backup(folder / "backup"));
      return "";
    });
    if (end.empty()) break;
    ASSERT_EQ(end, "killed by signal 9");
    ASSERT_EQ(train_with_backup(folder / "backup"), whole) << "step " << last;
    ASSERT_FALSE(std::filesystem::exists(folder / "backup")) << "step " << last << ": something was left in the folder";
  }
}

TEST(ABackupKilledAtARandomMoment, LeavesOneFromWhichTheRunGoesOnToTheSameNumbers) {
  const Weights whole = train({});
  std::mt19937 random(5);
  for (int kill = 0; kill < 20; ++kill) {
    const TempFolder folder;
    const pid_t child = start_child([&] {
      while (true) static_cast<void>(train_with_backup(folder / "backup"));
    });
    ::usleep(std::uniform_int_distribution<unsigned>(0, 30'000)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(end_of(child), "killed by signal 9");
    ASSERT_EQ(train_with_backup(folder / "backup"), whole) << "kill " << kill;
    ASSERT_FALSE(std::filesystem::exists(folder / "backup")) << "kill " << kill << ": something was left in the folder";
  }
}

TEST(ALogWhoseWriteFails, EndsWithAWholeLineAndStopsTheRun) {
  const TempFolder folder;
  const std::string path = folder / "log.csv";
  for (int lines = 0; lines < 3; ++lines) {
    int left = lines;
    const FaultScope fault([&](FaultStep) { return left-- == 0 ? ENOSPC : 0; });
    try {
      static_cast<void>(train({CSVLogger({.filename = path})}));
      ADD_FAILURE() << "the failure was swallowed";
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path + ": writing failed"));
    }
    const std::string text = read_text(path);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), lines);
    EXPECT_TRUE(text.empty() || text.ends_with("\r\n"));
  }
}

TEST(ALogBeyondTheFileSizeLimit, EndsWithAWholeLineAndDoesNotEndTheProcess) {
  const TempFolder folder;
  const std::string path = folder / "log.csv";
  const std::string end = in_child([&]() -> std::string {
    const rlimit limit{30, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      static_cast<void>(train({CSVLogger({.filename = path})}));
    } catch (const IoError& error) {
      return error.what();
    }
    return "it was written";
  });
  EXPECT_THAT(end, HasSubstr(path + ": writing failed: File too large"));
  EXPECT_THAT(end, HasSubstr("ulimit -f"));
  EXPECT_TRUE(read_text(path).ends_with("\r\n")) << read_text(path);
}

}  // namespace
}  // namespace namesake::faults
