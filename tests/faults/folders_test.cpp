// SavedModels are folders: each step of saving one over another fails in turn, or is the last thing that a process does, or two save to one
// place. What stands there afterwards is the old SavedModel or the new one, with nothing of the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/namesake.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

namespace fs = std::filesystem;
using base::FaultScope;
using base::FaultStep;
using ::namesake::testing::end_of;
using ::namesake::testing::in_child;
using ::namesake::testing::read_text;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kMostSteps = 500;
constexpr int kErrors[] = {ENOSPC, EIO, EDQUOT, EROFS, EACCES};
constexpr int kKills = 60;
constexpr unsigned kLongestLife = 30'000;  // microseconds

using Content = std::map<std::string, std::string>;  // of all files in a folder

Content content_of(const std::string& folder) {
  Content content;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    content[fs::relative(entry.path(), folder).string()] = entry.is_regular_file() ? read_text(entry.path().string()) : "";
  }
  return content;
}

const Sequential& model(int version) {
  static const auto make = [](int units) {
    set_random_seed(1);
    return Sequential({Dense({.units = units, .activation = "tanh", .input_shape = {20}, .name = "hidden"}), Dense({.units = 3, .name = "out"})}, {.name = "saved"});
  };
  static const std::array<Sequential, 2> models = {make(30), make(31)};
  return models[static_cast<std::size_t>(version)];
}

void save(const std::string& path, int version) { model(version).save(path); }

const Content& expected(int version) {
  static const std::array<Content, 2> contents = [] {
    const TempFolder folder;
    save(folder / "0", 0);
    save(folder / "1", 1);
    return std::array<Content, 2>{content_of(folder / "0"), content_of(folder / "1")};
  }();
  return contents[static_cast<std::size_t>(version)];
}

/// "old" is version 0.
std::string which(const std::string& path) {
  if (!fs::exists(path)) return "nothing";
  const Content found = content_of(path);
  return found == expected(0) ? "old" : found == expected(1) ? "new" : "neither: " + std::to_string(found.size()) + " files";
}

TEST(ASavedModelWhoseStepFails, LeavesTheOldOneOrTheNewOneAndSaysWhatToDo) {
  std::set<FaultStep> failed;
  for (int failing = 0;; ++failing) {
    ASSERT_LT(failing, kMostSteps);
    SCOPED_TRACE("step " + std::to_string(failing));
    const TempFolder folder;
    const std::string path = folder / "m";
    save(path, 0);
    const int number = kErrors[static_cast<std::size_t>(failing) % std::size(kErrors)];
    int steps = 0;
    bool asked = false, thrown = false;
    FaultStep step = FaultStep::kCreate;
    {
      const FaultScope fault([&](FaultStep at) {
        if (steps++ != failing) return 0;
        asked = true;
        step = at;
        return number;
      });
      try {
        save(path, 1);
      } catch (const IoError& error) {
        thrown = true;
        EXPECT_EQ(error.error_number(), number);
        EXPECT_THAT(error.what(), HasSubstr(path + ": "));
        EXPECT_THAT(error.what(), HasSubstr("\n  fix       "));
      }
    }
    EXPECT_EQ(asked, thrown) << "the failure of a step was swallowed, or there was another";
    const std::string found = which(path);
    EXPECT_TRUE(found == "new" || (thrown && found == "old")) << found;
    EXPECT_THAT(folder.names(), ElementsAre("m"));
    if (!asked) break;
    failed.insert(step);
  }
  for (const FaultStep step : {FaultStep::kCreate, FaultStep::kWrite, FaultStep::kPermissions, FaultStep::kSync, FaultStep::kClose, FaultStep::kRename, FaultStep::kExchange,
                               FaultStep::kSyncFolder}) {
    EXPECT_TRUE(failed.contains(step)) << "step " << static_cast<int>(step) << " never came";
  }
}

TEST(AFirstSavedModelWhoseStepFails, LeavesNothing) {
  for (int failing = 0;; failing += 2) {
    ASSERT_LT(failing, kMostSteps);
    const TempFolder folder;
    int steps = 0;
    FaultStep step = FaultStep::kCreate;
    const FaultScope fault([&](FaultStep at) { return steps++ == failing ? step = at, EIO : 0; });
    try {
      save(folder / "m", 1);
      if (steps <= failing) break;
      ADD_FAILURE() << "step " << failing << " was swallowed";
    } catch (const IoError&) {
      if (which(folder / "m") == "new") continue;  // the last step: the folder around it was to be flushed
      EXPECT_THAT(folder.names(), ::testing::IsEmpty()) << "step " << failing << ", kind " << static_cast<int>(step);
    }
  }
}

TEST(AProcessKilledWhileItSavesASavedModel, LeavesTheOldOneOrTheNewOneAndTheNextSaveSweeps) {
  static_cast<void>(expected(1));
  for (int last = 0;; ++last) {
    ASSERT_LT(last, kMostSteps);
    SCOPED_TRACE("step " + std::to_string(last));
    const TempFolder folder;
    const std::string path = folder / "m";
    save(path, 0);
    const std::string end = in_child([&] {
      int steps = 0;
      const FaultScope fault([&](FaultStep) { return steps++ == last ? ::raise(SIGKILL) : 0; });
      save(path, 1);
      return "";
    });
    const std::string found = which(path);
    ASSERT_TRUE(found == "old" || found == "new") << found;
    if (end.empty()) break;
    ASSERT_EQ(end, "killed by signal 9");
    save(path, 1);
    ASSERT_EQ(which(path), "new");
    ASSERT_THAT(folder.names(), ElementsAre("m"));
  }
}

TEST(ProcessesKilledAtRandomMoments, LeaveOneOfTheTwoSavedModelsWhole) {
  static_cast<void>(expected(1));
  const TempFolder folder;
  const std::string path = folder / "m";
  save(path, 0);
  std::mt19937 random(20);
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = start_child([&] {
      for (int i = kill;; ++i) save(path, i % 2);
    });
    ASSERT_GT(child, 0);
    ::usleep(std::uniform_int_distribution<unsigned>(0, kLongestLife)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(end_of(child), "killed by signal 9");
    const std::string found = which(path);
    ASSERT_TRUE(found == "old" || found == "new") << "kill " << kill << ": " << found;
    ASSERT_LE(folder.names().size(), 2U) << "kill " << kill << ": an earlier one's litter was not swept";
  }
  save(path, 1);
  EXPECT_EQ(which(path), "new");
  EXPECT_THAT(folder.names(), ElementsAre("m"));
}

TEST(TwoProcesses, ThatSaveSavedModelsToOnePathLeaveThatOfOneOfThem) {
  static_cast<void>(expected(1));
  const TempFolder folder;
  const std::string path = folder / "m", done = folder / "done";
  const pid_t child = start_child([&] {
    for (int i = 0; i < 15; ++i) save(path, 0);
    write_text(done, "");
  });
  for (int i = 0; i < 15; ++i) save(path, 1);
  EXPECT_EQ(end_of(child), "");
  const std::string found = which(path);
  EXPECT_TRUE(found == "old" || found == "new") << found;
  EXPECT_THAT(folder.names(), ElementsAre("done", "m")) << "the other process failed, or left litter";
}

TEST(ASavedModel, IsSavedThroughALinkAndWhereTheProgramIs) {
  const TempFolder folder;
  fs::create_directory(folder / "there");
  save(folder / "there/m", 0);
  fs::create_symlink("there/m", folder / "link");
  save(folder / "link", 1);
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(which(folder / "there/m"), "new");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  save("here", 1);
  save("here/", 0);
  fs::current_path(before);
  EXPECT_EQ(which(folder / "here"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("here", "link", "there"));
}

}  // namespace
}  // namespace namesake::faults
