#include "namesake/base/atomic_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::base {
namespace {

namespace fs = std::filesystem;
using ::namesake::testing::as_bytes;
using ::namesake::testing::in_child;
using ::namesake::testing::read_text;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void anything(const std::string&) {}

// `version` stands in a file of a folder of the folder, and is the name of another.
void save(const std::string& target, const std::string& version) {
  AtomicFolder folder(target, anything);
  folder.make_folder("inner");
  write_file_atomically(folder.path() + "/inner/file", as_bytes(version));
  write_file_atomically(folder.path() + "/" + version, as_bytes("x"));
  folder.commit();
}

// The version that stands there, whole; else what is wrong.
std::string version_of(const std::string& folder) {
  std::error_code error;
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) names.insert(fs::relative(entry.path(), folder).string());
  if (error) return "nothing";
  const std::string version = names.contains("inner/file") ? read_text(folder + "/inner/file") : "no version";
  return names == std::set<std::string>{"inner", "inner/file", version} ? version : "a mixture";
}

// Both ways to take a place: exchanging two names, and moving the old folder aside where that is unknown.
class AtomicFolders : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] int answer(FaultStep step) const { return step == FaultStep::kExchange && !GetParam() ? EINVAL : 0; }
  FaultScope scope_{[this](FaultStep step) { return answer(step); }};
};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutExchange, AtomicFolders, ::testing::Bool());

TEST_P(AtomicFolders, TakeThePlaceOfTheTargetAndLeaveNothingOfIt) {
  const TempFolder folder;
  save(folder / "m", "first");
  EXPECT_EQ(version_of(folder / "m"), "first");
  save(folder / "m/", "second");
  EXPECT_EQ(version_of(folder / "m"), "second");
  EXPECT_THAT(folder.names(), ElementsAre("m"));
}

TEST_P(AtomicFolders, LeaveTheTargetAsItIsIfTheyAreGivenUp) {
  const TempFolder folder;
  save(folder / "m", "first");
  {
    const AtomicFolder given_up(folder / "m", anything);
    write_text(given_up.path() + "/file", "x");
  }
  EXPECT_EQ(version_of(folder / "m"), "first");
  EXPECT_THAT(folder.names(), ElementsAre("m"));
}

TEST_P(AtomicFolders, KeepALinkAndThePermissionBits) {
  const TempFolder folder;
  save(folder / "there", "first");
  ASSERT_EQ(::chmod((folder / "there").c_str(), 0750), 0);
  ASSERT_EQ(::chmod((folder / "there/inner/file").c_str(), 0600), 0);
  fs::create_symlink("there", folder / "link");
  save(folder / "link", "second");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(version_of(folder / "there"), "second");
  struct stat status {};
  ASSERT_EQ(::stat((folder / "there").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0750U);
  ASSERT_EQ(::stat((folder / "there/inner/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_THAT(folder.names(), ElementsAre("link", "there"));
}

TEST_P(AtomicFolders, LeaveTheOldOrTheNewFolderWholeWhicheverStepFails) {
  std::set<FaultStep> failed;
  bool reached_end = false;
  for (int failing = 0; !reached_end; ++failing) {
    ASSERT_LT(failing, 200);
    const TempFolder folder;
    save(folder / "m", "old");
    FaultStep last = FaultStep::kCreate;
    bool thrown = false;
    {
      int steps = 0;
      const FaultScope fault([&](FaultStep step) {
        if (answer(step) != 0) return answer(step);
        last = step;
        return steps++ == failing ? EIO : 0;
      });
      try {
        save(folder / "m", "new");
        reached_end = true;
      } catch (const IoError& error) {
        thrown = true;
        EXPECT_EQ(error.error_number(), EIO);
      }
    }
    const std::string found = version_of(folder / "m");
    EXPECT_TRUE(found == "new" || (thrown && found == "old")) << failing << ": " << found;
    if (thrown && last != FaultStep::kSyncFolder) {
      EXPECT_EQ(found, "old") << failing;
    }
    EXPECT_THAT(folder.names(), ElementsAre("m")) << failing;
    if (thrown) failed.insert(last);
  }
  for (const FaultStep step : {FaultStep::kCreate, FaultStep::kPermissions, FaultStep::kSync, FaultStep::kRename, FaultStep::kSyncFolder}) {
    EXPECT_TRUE(failed.contains(step)) << static_cast<int>(step);
  }
}

TEST_P(AtomicFolders, KilledAtAnyStepLeaveTheOldOrTheNewFolderForTheNextSave) {
  for (int last = 0;; ++last) {
    ASSERT_LT(last, 200);
    const TempFolder folder;
    save(folder / "m", "old");
    const std::string end = in_child([&] {
      int steps = 0;
      const FaultScope fault([&](FaultStep step) {
        if (steps++ == last) ::raise(SIGKILL);
        return answer(step);
      });
      save(folder / "m", "new");
      return "";
    });
    const std::string found = version_of(folder / "m");
    ASSERT_TRUE(found == "old" || found == "new") << last << ": " << found;
    if (end.empty()) break;
    save(folder / "m", "next");
    EXPECT_EQ(version_of(folder / "m"), "next");
    EXPECT_THAT(folder.names(), ElementsAre("m"));
  }
}

TEST(AtomicFolder, BringsBackWhatAKillLeftAsideBeforeItGoesOn) {
  const TempFolder folder;
  save(folder / "m", "old");
  fs::rename(folder / "m", folder / ".m.namesake-1-0.old");
  { const AtomicFolder given_up(folder / "m", anything); }
  EXPECT_EQ(version_of(folder / "m"), "old");
  fs::copy(folder / "m", folder / ".m.namesake-1-0.old", fs::copy_options::recursive);
  { const AtomicFolder given_up(folder / "m", anything); }
  EXPECT_THAT(folder.names(), ElementsAre("m")) << "beside a target it is litter";
}

TEST(AtomicFolder, AsksBeforeItReplacesAFolder) {
  const TempFolder folder;
  const auto object = [](const std::string& there) { throw std::runtime_error(there); };
  { const AtomicFolder fresh(folder / "m", object); }
  fs::create_directory(folder / "m");
  EXPECT_THROW(AtomicFolder(folder / "m", object), std::runtime_error);
  EXPECT_THAT(folder.names(), ElementsAre("m"));
}

TEST(AtomicFolder, RefusesAFileInItsPlaceAndPathsWithoutAName) {
  const TempFolder folder;
  write_text(folder / "file", "x");
  try {
    save(folder / "file", "new");
    FAIL() << "a file was replaced";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("there is a file of this name"));
  }
  EXPECT_EQ(read_text(folder / "file"), "x");
  for (const char* path : {".", "..", "/", ""}) EXPECT_THROW(save(path, "new"), IoError) << path;
  EXPECT_THROW(save(folder / "missing/m", "new"), IoError);
}

}  // namespace
}  // namespace namesake::base
