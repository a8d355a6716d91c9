// Each step of a save fails in turn, or is the last thing that a process does: what stands there afterwards is the old file
// or the new one, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <iterator>
#include <map>

#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "tests/faults/savers.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

using base::FaultScope;
using base::FaultStep;
using ::namesake::testing::in_child;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kMostSteps = 2000;
constexpr int kErrors[] = {ENOSPC, EIO, EDQUOT, EROFS, EACCES};

TEST(Savers, WriteTheSameBytesEachTimeAndOthersForAnotherVersion) {
  for (const Saver& each : savers()) {
    const TempFolder folder;
    const std::string path = folder / each.file;
    each.save(path, 1);
    EXPECT_EQ(which(each, path), "new") << each.name;
    each.save(path, 0);
    EXPECT_EQ(which(each, path), "old") << each.name;
    EXPECT_NE(expected(each, 0), expected(each, 1)) << each.name;
  }
}

struct Outcome {
  bool failed = false;
  FaultStep step = FaultStep::kCreate;  // the one that failed
};

// A save whose step number `failing` fails; an error that does not say what it should is a failure of the test.
Outcome save_with_fault(const Saver& saver, const std::string& path, int failing) {
  const int number = kErrors[static_cast<std::size_t>(failing) % std::size(kErrors)];
  Outcome outcome;
  int steps = 0;
  const FaultScope fault([&](FaultStep step) {
    if (steps++ != failing) return 0;
    outcome = {true, step};
    return number;
  });
  try {
    saver.save(path, 1);
    EXPECT_FALSE(outcome.failed) << "the failure of a step was swallowed";
  } catch (const IoError& error) {
    EXPECT_TRUE(outcome.failed) << error.what();
    EXPECT_EQ(error.error_number(), number);
    EXPECT_THAT(error.what(), HasSubstr(path + ": "));
    EXPECT_THAT(error.what(), HasSubstr("\n  fix       "));
  }
  return outcome;
}

TEST(ASaveWhoseStepFails, LeavesTheOldFileOrTheNewOneAndSaysWhatToDo) {
  for (const Saver& each : savers()) {
    SCOPED_TRACE(each.name);
    std::map<FaultStep, int> failed;
    ::testing::internal::CaptureStderr();
    for (int failing = 0; failing < kMostSteps; ++failing) {
      SCOPED_TRACE("step " + std::to_string(failing));
      const TempFolder folder;
      const std::string path = folder / each.file;
      write_text(path, expected(each, 0));
      const Outcome outcome = save_with_fault(each, path, failing);
      const std::string found = which(each, path);
      EXPECT_TRUE(found == "new" || (outcome.failed && found == "old")) << found;
      if (outcome.failed && outcome.step != FaultStep::kSyncFolder) {
        EXPECT_EQ(found, "old");
      }
      EXPECT_THAT(folder.names(), ElementsAre(each.file));
      if (!outcome.failed) break;
      ++failed[outcome.step];
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "a library printed its errors";
    for (const FaultStep step : {FaultStep::kCreate, FaultStep::kWrite, FaultStep::kPermissions, FaultStep::kSync, FaultStep::kClose, FaultStep::kRename, FaultStep::kSyncFolder}) {
      EXPECT_GT(failed[step], 0) << "step " << static_cast<int>(step) << " never came";
    }
  }
}

TEST(AFirstSaveWhoseStepFails, LeavesNothing) {
  for (const Saver& each : savers()) {
    for (int failing = 0; failing < kMostSteps; failing += 3) {
      const TempFolder folder;
      const Outcome outcome = save_with_fault(each, folder / each.file, failing);
      if (!outcome.failed) break;
      if (outcome.step == FaultStep::kSyncFolder) continue;  // the new file is there
      EXPECT_THAT(folder.names(), ::testing::IsEmpty()) << each.name << ", step " << failing;
    }
  }
}

TEST(AProcessKilledAtAStep, LeavesTheOldFileOrTheNewOneAndTheNextSaveSweeps) {
  for (const char* name : {"save .keras", "save .h5", "convert to .weights.h5", "predictions .npz"}) {
    const Saver& each = saver(name);
    SCOPED_TRACE(each.name);
    static_cast<void>(expected(each, 1));
    for (int last = 0; last < kMostSteps; ++last) {
      SCOPED_TRACE("step " + std::to_string(last));
      const TempFolder folder;
      const std::string path = folder / each.file;
      write_text(path, expected(each, 0));
      const std::string end = in_child([&] {
        int steps = 0;
        const FaultScope fault([&](FaultStep) { return steps++ == last ? ::raise(SIGKILL) : 0; });
        each.save(path, 1);
        return "";
      });
      const std::string found = which(each, path);
      ASSERT_TRUE(found == "old" || found == "new") << found;
      if (end.empty()) {
        EXPECT_EQ(found, "new");
        EXPECT_GT(last, 5);
        break;
      }
      ASSERT_EQ(end, "killed by signal 9");
      each.save(path, 1);
      ASSERT_EQ(which(each, path), "new");
      ASSERT_THAT(folder.names(), ElementsAre(each.file));
    }
  }
}

}  // namespace
}  // namespace namesake::faults
