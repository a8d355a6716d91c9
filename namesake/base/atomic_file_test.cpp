#include "namesake/base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <random>

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two writes, so that a failure can come between them.
void save(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(as_bytes(text.substr(0, text.size() / 2)));
  file.write(as_bytes(text.substr(text.size() / 2)));
  file.commit();
}

std::optional<int> error_of(const auto& call) {
  try {
    call();
  } catch (const IoError& error) {
    return error.error_number();
  }
  return std::nullopt;
}

// Root may write anything: where the tests run as root, these few run as nobody.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : was_(::geteuid()) {
    if (was_ == 0 && ::seteuid(65534) != 0) throw std::runtime_error("cannot become an ordinary user");
  }
  ~AsOrdinaryUser() {
    if (::seteuid(was_) != 0) ADD_FAILURE() << "cannot become root again";
  }

 private:
  uid_t was_;
};

TEST(AtomicFile, CommitPutsTheNewFileThere) {
  const TempFolder folder;
  save(folder / "a", "first");
  EXPECT_EQ(read_text(folder / "a"), "first");
  save(folder / "a", "second");
  EXPECT_EQ(read_text(folder / "a"), "second");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(AtomicFile, WithoutCommitLeavesEverythingAsItWas) {
  const TempFolder folder;
  write_text(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write(as_bytes("new"));
    EXPECT_EQ(read_text(folder / "a"), "old");
    EXPECT_EQ(folder.names().size(), 2U);
  }
  EXPECT_EQ(read_text(folder / "a"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(AtomicFile, WritesAtOffsetsAndReadsBack) {
  const TempFolder folder;
  AtomicFile file(folder / "a");
  file.write_at(4, as_bytes("data"));
  file.write(as_bytes("ab"));
  EXPECT_EQ(file.position(), 2U);
  EXPECT_EQ(file.size(), 8U);
  std::string back(8, '?');
  file.read_at(0, std::as_writable_bytes(std::span(back)));
  EXPECT_EQ(back, std::string("ab\0\0data", 8));
  std::string too_much(8, '?');
  EXPECT_THROW(file.read_at(4, std::as_writable_bytes(std::span(too_much))), IoError);
  file.commit();
  EXPECT_EQ(read_text(folder / "a"), back);
}

TEST(AtomicFile, WorksInTheCurrentFolder) {
  const TempFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  save("a", "text");
  fs::current_path(before);
  EXPECT_EQ(read_text(folder / "a"), "text");
}

TEST(AtomicFile, ReplacesWhatALinkLeadsTo) {
  const TempFolder folder;
  fs::create_directory(folder / "there");
  write_text(folder / "there/file", "old");
  fs::create_symlink("there/file", folder / "near");
  fs::create_symlink("near", folder / "far");
  save(folder / "far", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "far"));
  EXPECT_TRUE(fs::is_symlink(folder / "near"));
  EXPECT_EQ(read_text(folder / "there/file"), "new");
}

TEST(AtomicFile, CreatesWhatADanglingLinkLeadsTo) {
  const TempFolder folder;
  fs::create_symlink("later", folder / "link");
  save(folder / "link", "new");
  EXPECT_EQ(read_text(folder / "later"), "new");
}

TEST(AtomicFile, RefusesALinkThatLeadsToItself) {
  const TempFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  EXPECT_EQ(error_of([&] { save(folder / "a", "x"); }), ELOOP);
}

TEST(AtomicFile, KeepsThePermissionBitsOfTheOldFile) {
  const TempFolder folder;
  for (const mode_t mode : {0600U, 0640U, 0777U}) {
    write_text(folder / "a", "old");
    ASSERT_EQ(::chmod((folder / "a").c_str(), mode), 0);
    save(folder / "a", "new");
    struct stat status {};
    ASSERT_EQ(::stat((folder / "a").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, mode);
  }
}

TEST(AtomicFile, KeepsTheOwnerOfTheOldFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const TempFolder folder;
  write_text(folder / "a", "old");
  ASSERT_EQ(::chown((folder / "a").c_str(), 65534, 1234), 0);
  save(folder / "a", "new");
  struct stat status {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
  EXPECT_EQ(status.st_gid, 1234U);
}

TEST(AtomicFile, GivesNobodyTheRightsOfAnOwnerThatCannotBeKept) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const TempFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  write_text(folder / "a", "old");
  ASSERT_EQ(::chmod((folder / "a").c_str(), 06666), 0);
  const AsOrdinaryUser user;
  save(folder / "a", "new");
  struct stat status {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65534U);
  EXPECT_EQ(status.st_mode & 07777U, 0666U);
}

// As an editor that renames: the other names keep the old file.
TEST(AtomicFile, AHardLinkKeepsTheOldFile) {
  const TempFolder folder;
  write_text(folder / "a", "old");
  fs::create_hard_link(folder / "a", folder / "other");
  save(folder / "a", "new");
  EXPECT_EQ(read_text(folder / "a"), "new");
  EXPECT_EQ(read_text(folder / "other"), "old");
}

TEST(AtomicFile, SavesWhereItsFolderWasWhenTheProgramGoesElsewhere) {
  const TempFolder folder;
  fs::create_directory(folder / "elsewhere");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  AtomicFile file("a");
  file.write(as_bytes("text"));
  fs::current_path(folder / "elsewhere");
  file.commit();
  fs::current_path(before);
  EXPECT_EQ(read_text(folder / "a"), "text");
}

TEST(AtomicFile, GivesANewFileThePermissionsThatAnyNewFileHas) {
  const TempFolder folder;
  write_text(folder / "plain", "x");
  save(folder / "ours", "x");
  EXPECT_EQ(fs::status(folder / "ours").permissions(), fs::status(folder / "plain").permissions());
}

TEST(AtomicFile, RefusesTargetsThatAreNoFiles) {
  const TempFolder folder;
  fs::create_directory(folder / "sub");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  write_text(folder / "file", "old");
  struct Case {
    std::string target;
    int error_number;
    std::string said;
  };
  const Case cases[] = {
      {folder / "sub", EISDIR, "sub"},
      {folder / "sub/", EISDIR, "sub"},
      {folder / "pipe", EINVAL, "pipe"},
      {folder / "missing/a", ENOENT, "create the folder first"},
      {folder / "missing/a", ENOENT, "missing/a: opening the folder"},
      {folder / "file/a", ENOTDIR, "file/a"},
      {folder / "file/", EISDIR, "file/"},
      {folder / std::string(256, 'n'), ENAMETOOLONG, "give a shorter name"},
      {folder / ".", EISDIR, "not of a folder"},
      {folder / "..", EISDIR, "not of a folder"},
      {"", ENOENT, "give the path of a file"},
  };
  for (const Case& each : cases) {
    try {
      const AtomicFile file(each.target);
      ADD_FAILURE() << each.target << " was taken";
    } catch (const IoError& error) {
      EXPECT_EQ(error.error_number(), each.error_number) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(each.said));
    }
  }
  EXPECT_THAT(folder.names(), ElementsAre("file", "pipe", "sub"));
  EXPECT_EQ(read_text(folder / "file"), "old");
}

TEST(AtomicFile, RefusesAWriteProtectedFile) {
  const TempFolder folder;
  write_text(folder / "a", "old");
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder / "a", fs::perms::owner_read);
  const AsOrdinaryUser user;
  EXPECT_EQ(error_of([&] { save(folder / "a", "new"); }), EACCES);
}

TEST(AtomicFile, RefusesAFolderThatIsClosedToUs) {
  const TempFolder folder;
  fs::create_directory(folder / "closed");
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  const AsOrdinaryUser user;
  EXPECT_EQ(error_of([&] { save(folder / "closed/a", "new"); }), EACCES);
}

// Fails the n-th step of a save, for every n, and looks at what stands there afterwards.
TEST(AtomicFile, KeepsTheOldFileWholeWhicheverStepFails) {
  bool reached_end = false;
  std::vector<FaultStep> failed;
  for (int failing = 0; !reached_end; ++failing) {
    const TempFolder folder;
    write_text(folder / "a", "the old file");
    int steps = 0;
    FaultStep last = FaultStep::kCreate;
    const FaultScope fault([&](FaultStep step) { return last = step, steps++ == failing ? ENOSPC : 0; });
    const std::optional<int> error = error_of([&] { save(folder / "a", "something new"); });
    reached_end = steps <= failing;
    if (reached_end) {
      EXPECT_EQ(error, std::nullopt);
    } else {
      failed.push_back(last);
      EXPECT_EQ(error, ENOSPC);
    }
    const bool renamed = reached_end || last == FaultStep::kSyncFolder;
    EXPECT_EQ(read_text(folder / "a"), renamed ? "something new" : "the old file") << "step " << failing;
    EXPECT_THAT(folder.names(), ElementsAre("a")) << "step " << failing;
  }
  EXPECT_THAT(failed, ElementsAre(FaultStep::kCreate, FaultStep::kWrite, FaultStep::kWrite, FaultStep::kPermissions,
                                  FaultStep::kSync, FaultStep::kClose, FaultStep::kRename, FaultStep::kSyncFolder));
}

TEST(AtomicFile, LeavesNothingWhenAFirstSaveFails) {
  const TempFolder folder;
  const FaultScope fault([](FaultStep step) { return step == FaultStep::kSync ? EIO : 0; });
  EXPECT_EQ(error_of([&] { save(folder / "a", "x"); }), EIO);
  EXPECT_THAT(folder.names(), IsEmpty());
}

// Process numbers are no help: in containers every program may be number 1, and a folder may be shared by machines.
TEST(AtomicFile, SweepsWhatNobodyHoldsOfTheSameTarget) {
  const TempFolder folder;
  const std::string ours = std::to_string(::getpid());
  for (const std::string& number : {ours, std::string("1")}) write_text(folder / (".a.namesake-" + number + "-0.tmp"), "litter");
  fs::create_directory(folder / ".a.namesake-1-1.tmp");
  write_text(folder / ".a.namesake-1-1.tmp/a", "litter of a draft");
  const std::vector<std::string> kept = {".a.namesake-x-0.tmp", ".a.namesake-1-.tmp", ".a.namesake-1.tmp", ".b.namesake-1-0.tmp", "a.namesake-1-0.tmp"};
  for (const std::string& name : kept) write_text(folder / name, "not ours");
  fs::create_symlink("a.namesake-1-0.tmp", folder / ".a.namesake-1-2.tmp");
  save(folder / "a", "new");
  std::vector<std::string> expected = kept;
  expected.insert(expected.end(), {"a", ".a.namesake-1-2.tmp"});
  EXPECT_THAT(folder.names(), ::testing::UnorderedElementsAreArray(expected));
}

TEST(AtomicFile, LeavesAloneWhatAnotherProcessIsWriting) {
  const TempFolder folder;
  const pid_t child = start_child([&] {
    AtomicFile file(folder / "a");
    file.write(as_bytes("theirs"));
    write_text(folder / "ready", "");
    while (!fs::exists(folder / "go")) ::usleep(1000);
    file.commit();
  });
  while (!fs::exists(folder / "ready")) ::usleep(1000);
  save(folder / "a", "ours");
  EXPECT_EQ(read_text(folder / "a"), "ours");
  write_text(folder / "go", "");
  EXPECT_EQ(end_of(child), "");
  EXPECT_EQ(read_text(folder / "a"), "theirs");
  EXPECT_THAT(folder.names(), ElementsAre("a", "go", "ready"));
}

TEST(AtomicFile, TwoSavesOfOneTargetAtOnceDoNotMix) {
  const TempFolder folder;
  AtomicFile first(folder / "a"), second(folder / "a");
  first.write(as_bytes("first"));
  second.write(as_bytes("second"));
  second.commit();
  EXPECT_EQ(read_text(folder / "a"), "second");
  first.commit();
  EXPECT_EQ(read_text(folder / "a"), "first");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(AtomicFile, SavesUnderTheLongestNameThatAFolderTakes) {
  const TempFolder folder;
  const std::string name(255, 'n');
  save(folder / name, "x");
  EXPECT_EQ(read_text(folder / name), "x");
}

// Nobody ignores SIGXFSZ here, which would end the child.
TEST(AtomicFile, ReportsAFileSizeLimitOfTheSystem) {
  const TempFolder folder;
  write_text(folder / "a", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(error_of([&] { save(folder / "a", std::string(5000, 'x')); }) == EFBIG ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_text(folder / "a"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

// A child saves in a loop, and is killed at a random moment.
TEST(AtomicFile, AKilledProcessLeavesTheOldFileOrTheNewOne) {
  const TempFolder folder;
  const std::string even(300'000, 'e'), odd(200'000, 'o');
  save(folder / "a", even);
  std::mt19937 random(1);
  for (int round = 0; round < 25; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0;; ++i) save(folder / "a", i % 2 == 0 ? odd : even);
    }
    ASSERT_GT(child, 0);
    ::usleep(std::uniform_int_distribution<unsigned>(100, 20'000)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::string found = read_text(folder / "a");
    ASSERT_TRUE(found == even || found == odd) << "round " << round << ": " << found.size() << " bytes";
    ASSERT_LE(folder.names().size(), 2U) << "round " << round << ": litter of an earlier round was not swept";
  }
  save(folder / "a", even);
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

}  // namespace
}  // namespace namesake::base
