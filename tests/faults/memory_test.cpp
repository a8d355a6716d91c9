// A save hands the weights on as they are: it needs memory for the layout of the file, not for its content.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "namesake/namesake.h"
#include "tests/support/temp_folder.h"

namespace namesake::faults {
namespace {

/// A line of /proc/self/status, in bytes.
std::size_t status(const std::string& key) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    std::size_t kilobytes = 0;
    if (word == key + ":" && in >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

TEST(ASave, TakesLittleMemory) {
#ifdef NAMESAKE_SANITIZED
  GTEST_SKIP() << "a sanitizer has memory of its own";
#endif
  constexpr std::int64_t kSide = 4096;  // 64 MB
  const Sequential model({Dense({.units = kSide, .kernel_initializer = "zeros", .input_shape = {kSide}, .name = "large"})}, {.name = "m"});
  for (const char* name : {"m.keras", "m.h5", "m.weights.h5"}) {
    const testing::TempFolder folder;
    if (!(std::ofstream("/proc/self/clear_refs") << "5").flush()) GTEST_SKIP() << "the largest size of a process cannot be set back here";
    const std::size_t before = status("VmRSS");
    if (std::string(name) == "m.weights.h5") {
      model.save_weights(folder / name);
    } else {
      model.save(folder / name);
    }
    const std::size_t most = status("VmHWM");
    ASSERT_GT(most, 0U);
    EXPECT_LT(most, before + kSide * kSide * 4 / 8) << name;
  }
}

}  // namespace
}  // namespace namesake::faults
