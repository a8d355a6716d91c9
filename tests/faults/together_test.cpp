// Two that save to one path at once: the file is always one of theirs, whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/faults/savers.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

using ::namesake::testing::end_of;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;
using ::testing::ElementsAre;

constexpr int kSaves = 20;

std::string save_often(const Saver& writer, const std::string& path, int version) {
  for (int i = 0; i < kSaves; ++i) {
    writer.save(path, version);
    const std::string found = which(writer, path);
    if (found != "old" && found != "new") return found;
  }
  return "";
}

TEST(TwoProcesses, ThatSaveToOnePathLeaveTheFileOfOneOfThem) {
  for (const Saver& writer : savers()) {
    static_cast<void>(expected(writer, 0));
    static_cast<void>(expected(writer, 1));
    const TempFolder folder;
    const std::string path = folder / writer.file;
    const std::string done = folder / "done";
    const pid_t child = start_child([&] {
      if (save_often(writer, path, 0).empty()) testing::write_text(done, "");
    });
    EXPECT_EQ(save_often(writer, path, 1), "") << writer.name;
    EXPECT_EQ(end_of(child), "");
    EXPECT_THAT(folder.names(), ElementsAre("done", writer.file)) << writer.name << ": the other process failed, or left litter";
  }
}

TEST(TwoThreads, ThatSaveToOnePathLeaveTheFileOfOneOfThem) {
  for (const Saver& writer : savers()) {
    if (writer.is_command) continue;
    static_cast<void>(expected(writer, 0));
    static_cast<void>(expected(writer, 1));
    const TempFolder folder;
    const std::string path = folder / writer.file;
    std::string first, second;
    const auto save = [&](int version, std::string& wrong) {
      try {
        for (int i = 0; i < kSaves; ++i) writer.save(path, version);
      } catch (const std::exception& error) {
        wrong = error.what();
      }
    };
    {
      std::jthread one(save, 0, std::ref(first));
      std::jthread two(save, 1, std::ref(second));
    }
    EXPECT_EQ(first, "") << writer.name;
    EXPECT_EQ(second, "") << writer.name;
    const std::string found = which(writer, path);
    EXPECT_TRUE(found == "old" || found == "new") << writer.name << ": " << found;
    EXPECT_THAT(folder.names(), ElementsAre(writer.file)) << writer.name;
  }
}

}  // namespace
}  // namespace namesake::faults
