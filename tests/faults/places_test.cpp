// What may stand where a save goes: links, folders, other names of the same file, names that no file can have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "namesake/base/error.h"
#include "tests/faults/savers.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

namespace fs = std::filesystem;
using ::namesake::testing::TempFolder;
using ::namesake::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Each writer, in a folder of its own.
void for_each_saver(const auto& body) {
  for (const Saver& each : savers()) {
    SCOPED_TRACE(each.name);
    const TempFolder folder;
    body(each, folder, folder / each.file);
  }
}

std::string refusal(const Saver& saver, const std::string& path) {
  try {
    saver.save(path, 1);
  } catch (const Error& error) {
    return error.what();
  }
  return "it was saved";
}

TEST(ALink, StaysAndWhatItLeadsToIsReplaced) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    fs::create_directory(folder / "there");
    write_text(folder / "there/file", expected(saver, 0));
    ASSERT_EQ(::chmod((folder / "there/file").c_str(), 0640), 0);
    fs::create_symlink("there/file", path);
    saver.save(path, 1);
    EXPECT_TRUE(fs::is_symlink(path));
    EXPECT_EQ(which(saver, folder / "there/file"), "new");
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0640U);
    EXPECT_THAT(folder.names(), ElementsAre(saver.file, "there"));
  });
}

TEST(ADanglingLink, StaysAndWhatItLeadsToIsMade) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    fs::create_symlink("later", path);
    saver.save(path, 1);
    EXPECT_TRUE(fs::is_symlink(path));
    EXPECT_EQ(which(saver, folder / "later"), "new");
  });
}

TEST(ALinkIntoNowhere, IsRefused) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    fs::create_symlink("missing/file", path);
    EXPECT_THAT(refusal(saver, path), ::testing::AllOf(HasSubstr(path), HasSubstr("missing"), HasSubstr("create the folder")));
    EXPECT_THAT(folder.names(), ElementsAre(saver.file));
  });
}

TEST(LinksInACircle, AreRefused) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    fs::create_symlink("other", path);
    fs::create_symlink(saver.file, folder / "other");
    EXPECT_THAT(refusal(saver, path), ::testing::AllOf(HasSubstr(path), HasSubstr("lead in a circle")));
  });
}

TEST(AFolderInTheWay, IsRefused) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    fs::create_directory(path);
    EXPECT_THAT(refusal(saver, path), ::testing::AllOf(HasSubstr(path), HasSubstr("file")));
    EXPECT_TRUE(fs::is_directory(path));
    EXPECT_THAT(folder.names(), ElementsAre(saver.file));
  });
}

TEST(AFileWhereAFolderShouldBe, IsRefused) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string&) {
    write_text(folder / "file", "not a folder");
    EXPECT_THAT(refusal(saver, folder / ("file/" + saver.file)), HasSubstr("file"));
    EXPECT_THAT(folder.names(), ElementsAre("file"));
  });
}

TEST(APathWithoutAFolder, IsSavedWhereTheProgramIs) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    saver.save(saver.file, 1);
    fs::current_path(before);
    EXPECT_EQ(which(saver, path), "new");
    EXPECT_THAT(folder.names(), ElementsAre(saver.file));
  });
}

TEST(TheLongestName, IsTakenAndALongerOneRefused) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string&) {
    const std::string longest = std::string(255 - saver.file.size(), 'n') + saver.file;
    saver.save(folder / longest, 1);
    EXPECT_EQ(which(saver, folder / longest), "new");
    EXPECT_THAT(refusal(saver, folder / ("n" + longest)), ::testing::AllOf(HasSubstr("File name too long"), HasSubstr("give a shorter name")));
    EXPECT_THAT(folder.names(), ElementsAre(longest));
  });
}

TEST(AnotherNameOfTheOldFile, KeepsTheOldFile) {
  for_each_saver([](const Saver& saver, const TempFolder& folder, const std::string& path) {
    write_text(path, expected(saver, 0));
    fs::create_hard_link(path, folder / "other");
    saver.save(path, 1);
    EXPECT_EQ(which(saver, path), "new");
    EXPECT_EQ(which(saver, folder / "other"), "old");
  });
}

TEST(ThePermissionsOfTheOldFile, AreKept) {
  for_each_saver([](const Saver& saver, const TempFolder&, const std::string& path) {
    for (const mode_t mode : {0600U, 0664U}) {
      write_text(path, "old");
      ASSERT_EQ(::chmod(path.c_str(), mode), 0);
      saver.save(path, 1);
      struct stat status {};
      ASSERT_EQ(::stat(path.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 07777U, mode);
    }
  });
}

}  // namespace
}  // namespace namesake::faults
