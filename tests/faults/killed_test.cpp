// Processes that save over an old file, killed at a hundred random moments: the file is one of the two that they save, whole,
// and what they leave beside it is swept by the next save.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <random>

#include "tests/faults/savers.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

using ::namesake::testing::end_of;
using ::namesake::testing::start_child;
using ::namesake::testing::TempFolder;
using ::testing::ElementsAre;

constexpr int kKills = 100;
constexpr unsigned kLongestLife = 20'000;  // microseconds; a save takes about a third

class Killed : public ::testing::TestWithParam<const char*> {};

TEST_P(Killed, LeavesOneOfTheTwoFilesWhole) {
  const Saver& writer = saver(GetParam());
  static_cast<void>(expected(writer, 0));
  static_cast<void>(expected(writer, 1));
  const TempFolder folder;
  const std::string path = folder / writer.file;
  writer.save(path, 0);
  std::mt19937 random(20);
  int in_the_middle = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = start_child([&] {
      for (int i = kill;; ++i) writer.save(path, i % 2);  // it never ends by itself: every kill finds it at work
    });
    ASSERT_GT(child, 0);
    ::usleep(std::uniform_int_distribution<unsigned>(0, kLongestLife)(random));
    ::kill(child, SIGKILL);
    ASSERT_EQ(end_of(child), "killed by signal 9") << "kill " << kill;
    const std::string found = which(writer, path);
    ASSERT_TRUE(found == "old" || found == "new") << "kill " << kill << ": " << found;
    const std::size_t litter = folder.names().size() - 1;
    ASSERT_LE(litter, 1U) << "kill " << kill << ": an earlier one's litter was not swept";
    in_the_middle += litter == 1 ? 1 : 0;
  }
  EXPECT_GT(in_the_middle, 0) << "no kill came while a file was written";
  writer.save(path, 1);
  EXPECT_EQ(which(writer, path), "new");
  EXPECT_THAT(folder.names(), ElementsAre(writer.file));
}

INSTANTIATE_TEST_SUITE_P(Processes, Killed, ::testing::Values("save .keras", "save .h5", "save weights .weights.h5", "convert to .keras"));

}  // namespace
}  // namespace namesake::faults
