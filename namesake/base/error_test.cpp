#include "namesake/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace namesake {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(IoError, SaysWhatHelpsAgainstWhatTheSystemSaid) {
  const struct {
    int number;
    const char* reason;
    const char* fix;
  } cases[] = {
      {ENOSPC, "No space left on device", "free some space"},
      {EDQUOT, "quota", "free some space"},
      {EFBIG, "File too large", "ulimit -f"},
      {EROFS, "Read-only file system", "use another folder"},
      {EACCES, "Permission denied", "ls -ld"},
      {EPERM, "not permitted", "ls -ld"},
      {EISDIR, "Is a directory", "not of a folder"},
      {ENOTDIR, "Not a directory", "correct the path"},
      {ELOOP, "symbolic links", "lead in a circle"},
      {ENAMETOOLONG, "File name too long", "shorter name"},
      {EMFILE, "Too many open files", "ulimit -n"},
      {EIO, "Input/output error", "dmesg"},
  };
  for (const auto& each : cases) {
    const IoError error("a.keras", "saving", each.number);
    EXPECT_EQ(error.code(), "io-error");
    EXPECT_EQ(error.subject(), "a.keras");
    EXPECT_EQ(error.error_number(), each.number);
    EXPECT_THAT(error.what(), HasSubstr("a.keras: saving failed: "));
    EXPECT_THAT(error.what(), HasSubstr(each.reason));
    EXPECT_THAT(error.fix(), HasSubstr(each.fix));
    EXPECT_THAT(error.what(), HasSubstr(error.fix()));
  }
}

TEST(IoError, AFixOfItsOwnComesFirst) {
  EXPECT_EQ(IoError("a", "saving", ENOSPC, "buy a disk").fix(), "buy a disk");
  EXPECT_THAT(IoError("a", "reading", ENOENT).what(), Not(HasSubstr("fix")));
}

}  // namespace
}  // namespace namesake
