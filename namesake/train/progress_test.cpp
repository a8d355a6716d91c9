#include "namesake/train/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace namesake::train {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A screen with a clock that the test turns.
struct FakeScreen {
  bool terminal = true;
  bool colour = false;
  int columns = 100;
  double now = 0;
  std::vector<std::string> writes;

  Screen screen() {
    return {terminal, colour, [this] { return columns; }, [this](std::string_view text) { writes.emplace_back(text); }, [this] { return now; }};
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const std::string& write : writes) all += write;
    return all;
  }
};

std::string cells(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "\xe2\x94\x81";
  return text;
}

const std::vector<Log> kLogs = {{"loss", 0.321}, {"accuracy", 0.9123}};

TEST(ProgressBar, ShowsTheFinishedEpochAsKerasDoes) {
  FakeScreen fake;
  ProgressBar bar(Verbose::kBar, 45, "Epoch 1/5", fake.screen());
  fake.now = 0.09;
  bar.finish(kLogs);
  EXPECT_EQ(fake.text(), "Epoch 1/5\n\r45/45 " + cells(20) + " 0s 2ms/step - accuracy: 0.9123 - loss: 0.3210\x1b[K\n");
}

TEST(ProgressBar, ShowsWhatIsDoneAndTheTimeThatIsLeft) {
  FakeScreen fake;
  ProgressBar bar(Verbose::kBar, 200, "", fake.screen());
  fake.now = 50;
  bar.update(50, kLogs);
  EXPECT_EQ(fake.text(), "\r 50/200 " + cells(5) + std::string(15, ' ') + " 2:30 1s/step - accuracy: 0.9123 - loss: 0.3210\x1b[K");
}

TEST(ProgressBar, DrawsAtMostTenTimesASecond) {
  FakeScreen fake;
  ProgressBar bar(Verbose::kBar, 100000, "", fake.screen());
  int computed = 0;
  for (int step = 1; step <= 100000; ++step) {
    fake.now = step * 1e-5;  // one second in all
    bar.update(step, [&] {
      ++computed;
      return kLogs;
    });
  }
  EXPECT_GE(fake.writes.size(), 9u);
  EXPECT_LE(fake.writes.size(), 11u);
  EXPECT_EQ(static_cast<std::size_t>(computed), fake.writes.size());
}

TEST(ProgressBar, IsSilentWhereItIsNotATerminalUnlessAskedFor) {
  for (const Verbose verbose : {Verbose::kAuto, Verbose::kSilent}) {
    FakeScreen fake;
    fake.terminal = false;
    ProgressBar bar(verbose, 3, "Epoch 1/1", fake.screen());
    fake.now = 1;
    bar.update(1, kLogs);
    bar.finish(kLogs);
    EXPECT_EQ(fake.text(), "");
    EXPECT_FALSE(bar.draws());
  }
}

TEST(ProgressBar, OutsideATerminalABarThatWasAskedForIsDrawnOnceWithoutControlCharacters) {
  FakeScreen fake;
  fake.terminal = false;
  ProgressBar bar(Verbose::kBar, 3, "Epoch 1/1", fake.screen());
  fake.now = 6;
  bar.update(1, kLogs);
  bar.update(2, kLogs);
  bar.finish(kLogs);
  EXPECT_EQ(fake.text(), "Epoch 1/1\n3/3 " + cells(20) + " 6s 2s/step - accuracy: 0.9123 - loss: 0.3210\n");
}

TEST(ProgressBar, AsLinesItWritesOnePlainLineAnEpoch) {
  FakeScreen fake;
  fake.colour = true;
  ProgressBar bar(Verbose::kLines, 3, "Epoch 2/9", fake.screen());
  fake.now = 6;
  bar.update(1, kLogs);
  bar.finish(kLogs);
  bar.finish(kLogs);
  EXPECT_EQ(fake.text(), "Epoch 2/9 - 3/3 - 6s - 2s/step - accuracy: 0.9123 - loss: 0.3210\n");
}

TEST(ProgressBar, FitsANarrowTerminal) {
  FakeScreen fake;
  for (int columns = 30; columns <= 100; ++columns) {
    fake.columns = columns;
    ProgressBar bar(Verbose::kBar, 10, "", fake.screen());
    fake.now += 1;
    bar.update(5, kLogs);
    std::string line = fake.writes.back();
    line = line.substr(1, line.size() - 1 - std::string_view("\x1b[K").size());
    int shown = 0;
    for (const char c : line) shown += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    EXPECT_LT(shown, columns);
    EXPECT_THAT(line, StartsWith(" 5/10 "));
    if (columns > 90) {
      EXPECT_THAT(line, EndsWith(" - loss: 0.3210"));
    }
  }
}

TEST(ProgressBar, IsColouredWhereTheScreenIs) {
  FakeScreen fake;
  fake.colour = true;
  ProgressBar bar(Verbose::kBar, 4, "", fake.screen());
  fake.now = 1;
  bar.update(2);
  EXPECT_THAT(fake.text(), HasSubstr("\x1b[32m" + cells(10) + "\x1b[37m" + cells(10) + "\x1b[0m"));
}

TEST(ProgressBar, LeavesTheCursorAtTheLeftWhenAnErrorEndsTheWork) {
  FakeScreen fake;
  try {
    ProgressBar bar(Verbose::kBar, 4, "Epoch 1/1", fake.screen());
    fake.now = 1;
    bar.update(1, kLogs);
    throw std::runtime_error("disk full");
  } catch (const std::runtime_error&) {
    EXPECT_THAT(fake.text(), EndsWith("\x1b[K\n"));
  }
}

TEST(ProgressBar, ShowsSmallNumbersWithAnExponentAsKerasDoes) {
  FakeScreen fake;
  ProgressBar bar(Verbose::kLines, 1, "", fake.screen());
  bar.finish(std::vector<Log>{{"a", 0.00012345}, {"b", -0.5}, {"c", 12345.678}, {"d", 0.0}});
  EXPECT_THAT(fake.text(), EndsWith(" - a: 1.2345e-04 - b: -0.5000 - c: 12345.6780 - d: 0.0000\n"));
}

}  // namespace
}  // namespace namesake::train
