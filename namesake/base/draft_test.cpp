#include "namesake/base/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <vector>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::base {
namespace {

namespace fs = std::filesystem;
using ::namesake::testing::as_bytes;
using ::namesake::testing::end_of;
using ::namesake::testing::read_text;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;

void save(const std::string& target, std::string_view text) {
  Draft draft(target);
  write_file_atomically(draft.path(), as_bytes(text));
  draft.commit();
}

TEST(Draft, TakesThePlaceOfTheTargetWhenItIsCommitted) {
  const TempFolder folder;
  save(folder / "a.keras", "first");
  EXPECT_EQ(read_text(folder / "a.keras"), "first");
  {
    const Draft given_up(folder / "a.keras");
    EXPECT_EQ(fs::path(given_up.path()).filename(), "a.keras") << "whoever goes by the extension finds it";
    write_text(given_up.path(), "second");
    EXPECT_EQ(read_text(folder / "a.keras"), "first");
  }
  EXPECT_EQ(read_text(folder / "a.keras"), "first");
  save(folder / "a.keras", "third");
  EXPECT_EQ(read_text(folder / "a.keras"), "third");
  EXPECT_THAT(folder.names(), ElementsAre("a.keras"));
}

TEST(Draft, KeepsTheLinkAndThePermissionBits) {
  const TempFolder folder;
  write_text(folder / "file", "old");
  ASSERT_EQ(::chmod((folder / "file").c_str(), 0640), 0);
  fs::create_symlink("file", folder / "link");
  EXPECT_EQ(fs::path(Draft(folder / "link").path()).filename(), "link");
  save(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "file"), "new");
  struct stat status {};
  ASSERT_EQ(::stat((folder / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST(Draft, KeepsTheOldFileWholeWhicheverStepFails) {
  bool reached_end = false;
  std::vector<FaultStep> failed;
  for (int failing = 0; !reached_end; ++failing) {
    const TempFolder folder;
    write_text(folder / "a", "the old file");
    int steps = 0;
    FaultStep last = FaultStep::kCreate;
    std::optional<int> number;
    {
      const FaultScope fault([&](FaultStep step) { return last = step, steps++ == failing ? EIO : 0; });
      try {
        Draft draft(folder / "a");
        write_text(draft.path(), "something new");
        draft.commit();
      } catch (const IoError& error) {
        number = error.error_number();
      }
    }
    reached_end = steps <= failing;
    if (!reached_end) failed.push_back(last);
    EXPECT_EQ(number, reached_end ? std::nullopt : std::optional<int>(EIO));
    const bool renamed = reached_end || last == FaultStep::kSyncFolder;
    EXPECT_EQ(read_text(folder / "a"), renamed ? "something new" : "the old file") << "step " << failing;
    EXPECT_THAT(folder.names(), ElementsAre("a")) << "step " << failing;
  }
  EXPECT_THAT(failed, ElementsAre(FaultStep::kCreate, FaultStep::kPermissions, FaultStep::kRename, FaultStep::kSyncFolder));
}

TEST(Draft, IsSweptAfterAKillAndNotWhileItLives) {
  const TempFolder folder;
  const pid_t child = start_child([&] {
    const Draft draft(folder / "a");
    write_text(draft.path(), "half");
    write_text(folder / "ready", "");
    ::pause();
  });
  while (!fs::exists(folder / "ready")) ::usleep(1000);
  save(folder / "a", "new");
  EXPECT_EQ(folder.names().size(), 3U) << "the other's draft was taken from it";
  ::kill(child, SIGKILL);
  EXPECT_EQ(end_of(child), "killed by signal 9");
  save(folder / "a", "newer");
  EXPECT_THAT(folder.names(), ElementsAre("a", "ready"));
}

}  // namespace
}  // namespace namesake::base
