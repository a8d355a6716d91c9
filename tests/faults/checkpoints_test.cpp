// A checkpoint is two files. Whatever step fails, whenever a process is killed, and however many save at once: under the prefix stands the
// old checkpoint or the new one, whole.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <random>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/formats/tensor_bundle.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

using base::FaultScope;
using base::FaultStep;
using formats::BundleTensor;
using ::namesake::testing::end_of;
using ::namesake::testing::in_child;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr int kMostSteps = 200;

BundleTensor floats(const std::string& key, float first, std::int64_t count) {
  auto value = std::make_shared<std::vector<float>>(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < value->size(); ++i) (*value)[i] = first + static_cast<float>(i);
  const auto bytes = std::as_bytes(std::span<const float>(*value));
  return {key, DType::kFloat32, Shape({count}), {bytes, std::move(value)}, {}};
}

/// Equal sizes, so that the old index would fit the new data but for its checksums.
void save(const std::string& prefix, int version) {
  const auto first = static_cast<float>(1000 * version);
  formats::write_tensor_bundle(prefix, {floats("a", first, 50), floats("b", first + 0.5F, 7)});
}

/// "old", "new", "nothing", or what is wrong.
std::string which(const std::string& prefix) {
  if (!formats::is_bundle(prefix)) return "nothing";
  try {
    const formats::ModelFile file = formats::read_tensor_bundle(prefix);
    const float a = file.find_weight("a")->to_tensor().to_vector<float>()[0], b = file.find_weight("b")->to_tensor().to_vector<float>()[0];
    if (a + 0.5F == b) return a == 0 ? "old" : "new";
    return "mixed";
  } catch (const Error& error) {
    return error.what();
  }
}

const std::vector<std::string> kUsualNames = {"w.data-00000-of-00001", "w.index"};

/// What is there before: a checkpoint under its usual names; one whose data a kill left under a number; nothing.
enum class Before { kUsual, kUnderANumber, kNothing };

/// The folder's lock, held by another.
class OthersLock {
 public:
  explicit OthersLock(const TempFolder& folder) : folder_(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    EXPECT_EQ(::flock(folder_, LOCK_EX | LOCK_NB), 0);
  }
  OthersLock(const OthersLock&) = delete;
  OthersLock& operator=(const OthersLock&) = delete;
  ~OthersLock() { ::close(folder_); }

 private:
  int folder_;
};

struct Stock {
  TempFolder usual, under_a_number;
  Stock() {
    save(usual / "w", 0);
    const OthersLock lock(under_a_number);
    save(under_a_number / "w", 0);
  }
};

void prepare(const TempFolder& folder, Before before) {
  static const Stock stock;
  if (before == Before::kNothing) return;
  const TempFolder& from = before == Before::kUsual ? stock.usual : stock.under_a_number;
  for (const std::string& name : from.names()) std::filesystem::copy(from / name, folder / name);
  ASSERT_EQ(which(folder / "w"), "old");
}

TEST(ACheckpointWhoseStepFails, IsTheOldOneOrTheNewOneAndNothingElseIsLeft) {
  for (const Before before : {Before::kUsual, Before::kUnderANumber, Before::kNothing}) {
    std::map<FaultStep, int> failed;
    bool reached_end = false;
    for (int failing = 0; !reached_end && failing < kMostSteps; ++failing) {
      SCOPED_TRACE("step " + std::to_string(failing));
      const TempFolder folder;
      const std::string prefix = folder / "w";
      prepare(folder, before);
      const std::vector<std::string> names = folder.names();
      FaultStep step{};
      bool threw = false;
      int steps = 0;
      {
        const FaultScope fault([&](FaultStep asked) {
          if (steps++ != failing) return 0;
          step = asked;
          return ENOSPC;
        });
        try {
          save(prefix, 1);
        } catch (const IoError& error) {
          threw = true;
          EXPECT_EQ(error.error_number(), ENOSPC);
        }
      }
      reached_end = steps <= failing;
      const std::string found = which(prefix);
      if (!threw) {
        EXPECT_EQ(found, "new");  // what failed was but a name
      } else if (step != FaultStep::kSyncFolder) {
        EXPECT_EQ(found, before == Before::kNothing ? "nothing" : "old");
        EXPECT_EQ(folder.names(), names);
      } else {
        EXPECT_TRUE(found == "new" || found == (before == Before::kNothing ? "nothing" : "old")) << found;
      }
      if (!reached_end) ++failed[step];
      save(prefix, 1);
      EXPECT_EQ(which(prefix), "new");
      EXPECT_THAT(folder.names(), ElementsAreArray(kUsualNames));
    }
    EXPECT_TRUE(reached_end);
    for (const FaultStep step : {FaultStep::kCreate, FaultStep::kWrite, FaultStep::kSync, FaultStep::kClose, FaultStep::kRename, FaultStep::kSyncFolder}) {
      EXPECT_GT(failed[step], 0) << "step " << static_cast<int>(step) << " never came";
    }
  }
}

TEST(AProcessKilledAtAStepOfACheckpoint, LeavesTheOldOneOrTheNewOneAndTheNextSaveSweeps) {
  for (const Before before : {Before::kUsual, Before::kUnderANumber, Before::kNothing}) {
    bool reached_end = false;
    int old = 0, fresh = 0;
    for (int last = 0; !reached_end && last < kMostSteps; ++last) {
      SCOPED_TRACE("step " + std::to_string(last));
      const TempFolder folder;
      const std::string prefix = folder / "w";
      prepare(folder, before);
      const std::string end = in_child([&] {
        int steps = 0;
        const FaultScope fault([&](FaultStep) { return steps++ == last ? ::raise(SIGKILL) : 0; });
        save(prefix, 1);
        return "";
      });
      reached_end = end.empty();
      const std::string found = which(prefix);
      ASSERT_TRUE(found == "new" || found == (before == Before::kNothing ? "nothing" : "old")) << found;
      ++(found == "new" ? fresh : old);
      if (reached_end) {
        EXPECT_EQ(found, "new");
      } else {
        ASSERT_EQ(end, "killed by signal 9");
        save(prefix, 0);
        ASSERT_EQ(which(prefix), "old");
      }
      ASSERT_THAT(folder.names(), ElementsAreArray(kUsualNames));
    }
    EXPECT_TRUE(reached_end);
    EXPECT_GT(old, 5);
    EXPECT_GT(fresh, 0);
  }
}

TEST(AProcessKilledAtAnyMomentOfACheckpoint, LeavesOneOfTheTwoWhole) {
  constexpr int kKills = 150;
  const TempFolder folder;
  const std::string prefix = folder / "w";
  save(prefix, 0);
  std::mt19937 random(11);
  std::map<std::string, int> found;
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = start_child([&] {
      for (int i = kill;; ++i) save(prefix, i % 2);
    });
    ASSERT_GT(child, 0);
    ::usleep(std::uniform_int_distribution<unsigned>(0, 15'000)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(end_of(child), "killed by signal 9");
    ++found[which(prefix)];
  }
  EXPECT_EQ(found["old"] + found["new"], kKills) << ::testing::PrintToString(found);
  save(prefix, 1);
  EXPECT_EQ(which(prefix), "new");
  EXPECT_THAT(folder.names(), ElementsAreArray(kUsualNames));
}

TEST(TwoProcessesThatSaveOneCheckpoint, LeaveThatOfOneOfThem) {
  constexpr int kSaves = 60;
  const TempFolder folder;
  const std::string prefix = folder / "w", done = folder / "done";
  const auto save_often = [&](int version) {
    for (int i = 0; i < kSaves; ++i) save(prefix, version);
  };
  const pid_t child = start_child([&] {
    save_often(0);
    testing::write_text(done, "");
  });
  save_often(1);
  EXPECT_EQ(end_of(child), "");
  EXPECT_TRUE(std::filesystem::exists(done)) << "the other process failed";
  const std::string found = which(prefix);
  EXPECT_TRUE(found == "old" || found == "new") << found;
  save(prefix, 1);
  EXPECT_EQ(which(prefix), "new");
  EXPECT_THAT(folder.names(), ElementsAre("done", kUsualNames[0], kUsualNames[1]));
}

TEST(ACheckpointInAFolderThatAnotherHasLocked, IsSavedNevertheless) {
  const TempFolder folder;
  const std::string prefix = folder / "w";
  {
    const OthersLock lock(folder);
    for (int i = 0; i < 3; ++i) {
      save(prefix, i % 2);
      EXPECT_EQ(which(prefix), i % 2 == 0 ? "old" : "new");
      EXPECT_EQ(folder.names().size(), 2U);  // the index, and data under some number
    }
  }
  save(prefix, 1);
  EXPECT_THAT(folder.names(), ElementsAreArray(kUsualNames));
}

TEST(ACheckpointOfTensorFlowInSeveralFiles, IsReplacedAsAWhole) {
  const TempFolder folder;
  const std::string golden = std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden/checkpoints/sharded";
  for (const char* end : {".index", ".data-00000-of-00002", ".data-00001-of-00002"}) std::filesystem::copy(golden + end, folder / ("w" + std::string(end)));
  save(folder / "w", 1);
  EXPECT_EQ(which(folder / "w"), "new");
  EXPECT_THAT(folder.names(), ElementsAreArray(kUsualNames));
}

TEST(ACheckpointWhoseDataAreALink, IsSavedWhereTheLinkLeads) {
  const TempFolder folder;
  const std::string prefix = folder / "w", data = folder / "elsewhere";
  testing::write_text(data, "");
  std::filesystem::create_symlink(data, prefix + ".data-00000-of-00001");
  for (const int version : {0, 1}) {
    save(prefix, version);
    EXPECT_EQ(which(prefix), version == 0 ? "old" : "new");
    EXPECT_TRUE(std::filesystem::is_symlink(prefix + ".data-00000-of-00001"));
    EXPECT_EQ(std::filesystem::file_size(data), 57 * sizeof(float));
  }
}

TEST(ACheckpoint, KeepsThePermissionsOfTheOldOne) {
  const TempFolder folder;
  const std::string prefix = folder / "w";
  save(prefix, 0);
  using std::filesystem::perms;
  for (const std::string& name : kUsualNames) std::filesystem::permissions(folder / name, perms::owner_read | perms::owner_write | perms::group_read);
  save(prefix, 1);
  for (const std::string& name : kUsualNames) {
    EXPECT_EQ(std::filesystem::status(folder / name).permissions(), perms::owner_read | perms::owner_write | perms::group_read) << name;
  }
}

}  // namespace
}  // namespace namesake::faults
