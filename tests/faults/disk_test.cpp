// What the system may refuse: a limit on the size of files, a full disk, a disk or a file that can only be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>

#include "namesake/base/error.h"
#include "tests/faults/savers.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

namespace fs = std::filesystem;
using ::namesake::testing::have_own_mounts;
using ::namesake::testing::in_child;
using ::namesake::testing::kNoMounts;
using ::namesake::testing::mount_read_only;
using ::namesake::testing::mount_small_disk;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;

constexpr std::size_t kPage = 4096;
constexpr int kTries = 12;

/// Saves version 1 over version 0 where that must fail with `number`. What is wrong, if anything.
std::string refused(const Saver& saver, const TempFolder& folder, int number, const std::string& advice) {
  const std::string path = folder / saver.file;
  const auto names = folder.names();
  const auto wrong = [&](const std::string& what) { return saver.name + ": " + what; };
  try {
    saver.save(path, 1);
    return wrong("it was saved");
  } catch (const IoError& error) {
    if (error.error_number() != number) return wrong(error.what());
    if (std::string(error.what()).find(path) == std::string::npos) return wrong("no file is named in: " + std::string(error.what()));
    if (error.fix().find(advice) == std::string::npos) return wrong("no advice in: " + std::string(error.what()));
  } catch (const InvalidArgument& error) {  // the commands look at the folder before they begin
    if (number != EACCES && number != EROFS) return wrong(error.what());
  }
  if (which(saver, path) != "old") return wrong("then there was " + which(saver, path));
  return folder.names() == names ? "" : wrong("it left litter");
}

void make_all_expected() {
  for (const Saver& each : savers()) {
    for (const int version : {0, 1}) static_cast<void>(expected(each, version));
  }
}

// `body` for each writer, in one child process.
void expect_in_child_for_all(const std::function<std::string(const Saver&)>& body) {
  make_all_expected();
  const std::string end = in_child([&]() -> std::string {
    for (const Saver& each : savers()) {
      std::string wrong = body(each);
      if (!wrong.empty()) return wrong;
    }
    return "";
  });
  if (end == kNoMounts) GTEST_SKIP() << end;
  EXPECT_EQ(end, "");
}

// Nobody handles SIGXFSZ here: it would kill the child.
TEST(AFileSizeLimit, IsReportedAndDoesNotEndTheProcess) {
  expect_in_child_for_all([](const Saver& saver) -> std::string {
    const std::size_t needed = expected(saver, 1).size();
    for (int i = 0; i < kTries; ++i) {
      const TempFolder folder;
      write_text(folder / saver.file, expected(saver, 0));
      const rlimit none{RLIM_INFINITY, RLIM_INFINITY}, limit{needed * static_cast<std::size_t>(i) / kTries, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const std::string wrong = refused(saver, folder, EFBIG, "ulimit -f");
      ::setrlimit(RLIMIT_FSIZE, &none);
      if (!wrong.empty()) return wrong;
    }
    return "";
  });
}

// A disk of its own for each writer, filled up but for more and more bytes, until the save has room.
TEST(AFullDisk, IsReportedAndTheOldFileStays) {
  expect_in_child_for_all([](const Saver& saver) -> std::string {
    const std::size_t pages = std::max(expected(saver, 0).size(), expected(saver, 1).size()) / kPage + 1;
    const TempFolder folder;
    static const bool own = have_own_mounts();
    if (!own || !mount_small_disk(folder.path(), 4 * pages * kPage)) return std::string(kNoMounts);
    const std::string path = folder / saver.file;
    write_text(path, expected(saver, 0));
    for (std::size_t free = 0; free + 1 < pages; free += 1 + pages / kTries) {
      fs::remove(folder / "filler");
      const std::size_t room = fs::space(folder.path()).available;
      write_text(folder / "filler", std::string(room - free * kPage, 'x'));
      std::string wrong = refused(saver, folder, ENOSPC, "free some space");
      if (!wrong.empty()) return wrong + ", with " + std::to_string(free) + " pages free";
    }
    fs::remove(folder / "filler");
    saver.save(path, 1);
    if (which(saver, path) != "new") return saver.name + ": not saved where there is room";
    return ::umount(folder.path().c_str()) == 0 ? "" : saver.name + ": something is still open on the disk";
  });
}

TEST(ADiskThatCanOnlyBeRead, IsReported) {
  expect_in_child_for_all([](const Saver& saver) -> std::string {
    const TempFolder folder;
    write_text(folder / saver.file, expected(saver, 0));
    static const bool own = have_own_mounts();
    if (!own || !mount_read_only(folder.path())) return std::string(kNoMounts);
    std::string wrong = refused(saver, folder, EROFS, "use another folder");
    (void)::umount(folder.path().c_str());
    return wrong;
  });
}

/// Root may write anything: there the child goes on as nobody.
bool become_ordinary() { return ::geteuid() != 0 || ::seteuid(65534) == 0; }

TEST(AFileThatMayOnlyBeRead, IsNotReplaced) {
  expect_in_child_for_all([](const Saver& saver) -> std::string {
    const TempFolder folder;
    fs::permissions(folder.path(), fs::perms::all);
    write_text(folder / saver.file, expected(saver, 0));
    fs::permissions(folder / saver.file, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    const uid_t was = ::geteuid();
    if (!become_ordinary()) return "cannot become an ordinary user";
    std::string wrong = refused(saver, folder, EACCES, "ls -ld");
    return ::seteuid(was) == 0 ? wrong : "cannot become root again";
  });
}

TEST(AFolderThatMayOnlyBeRead, IsReported) {
  expect_in_child_for_all([](const Saver& saver) -> std::string {
    const TempFolder folder;
    write_text(folder / saver.file, expected(saver, 0));
    fs::permissions(folder / saver.file, fs::perms::all);
    fs::permissions(folder.path(), fs::perms::all & ~(fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write));
    const uid_t was = ::geteuid();
    if (!become_ordinary()) return "cannot become an ordinary user";
    std::string wrong = refused(saver, folder, EACCES, "ls -ld");
    if (::seteuid(was) != 0) return "cannot become root again";
    fs::permissions(folder.path(), fs::perms::owner_all);
    return wrong;
  });
}

}  // namespace
}  // namespace namesake::faults
