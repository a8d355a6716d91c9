#include "namesake/train/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace namesake::train {
namespace {

constexpr std::string_view kBarCell = "\xe2\x94\x81";  // BOX DRAWINGS HEAVY HORIZONTAL
constexpr int kBarWidth = 20;
constexpr int kSmallestBar = 5;
constexpr int kUsualColumns = 80;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kGrey = "\x1b[37m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kClearRest = "\x1b[K";

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsualColumns;
}

void write_to_standard_output(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// `0s`, `1:05`, `1:00:07`.
std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole % 3600 / 60, whole % 60);
  if (whole >= 60) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}s", whole);
}

/// `2ms/step`.
std::string step_time_text(double seconds) {
  if (seconds >= 1 || seconds == 0) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

/// In the order of their names, as Keras shows them.
std::vector<std::string> log_texts(std::span<const Log> logs) {
  std::vector<const Log*> sorted;
  for (const Log& log : logs) sorted.push_back(&log);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Log* a, const Log* b) { return a->first < b->first; });
  std::vector<std::string> texts;
  for (const Log* log : sorted) {
    const auto& [name, value] = *log;
    texts.push_back(std::abs(value) > 1e-3 || value == 0 ? fmt::format(" - {}: {:.4f}", name, value)
                                                         : fmt::format(" - {}: {:.4e}", name, value));
  }
  return texts;
}

/// `count` out of kBarWidth cells done, as `width` cells.
std::string bar_text(double done, int width, bool colour) {
  const int full = std::clamp(static_cast<int>(done * width), 0, width);
  std::string text;
  if (colour) text += kGreen;
  for (int i = 0; i < full; ++i) text += kBarCell;
  if (colour) text += kGrey;
  for (int i = full; i < width; ++i) text += colour ? kBarCell : std::string_view(" ");
  if (colour) text += kPlain;
  return text;
}

}  // namespace

Screen Screen::standard_output() {
  const char* type = std::getenv("TERM");
  const bool dumb = type != nullptr && std::string_view(type) == "dumb";
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && !dumb;
  return {terminal, terminal && !is_set("NO_COLOR"), terminal_columns, write_to_standard_output, steady_seconds};
}

ProgressBar::ProgressBar(Verbose verbose, std::int64_t steps, std::string prefix)
    : ProgressBar(verbose, steps, std::move(prefix), verbose == Verbose::kSilent ? Screen() : Screen::standard_output()) {}

ProgressBar::ProgressBar(Verbose verbose, std::int64_t steps, std::string prefix, Screen screen)
    : verbose_(verbose), steps_(steps), prefix_(std::move(prefix)), screen_(std::move(screen)) {
  if (verbose_ == Verbose::kAuto) verbose_ = screen_.terminal ? Verbose::kBar : Verbose::kSilent;
  if (verbose_ == Verbose::kSilent) return;
  animated_ = verbose_ == Verbose::kBar && screen_.terminal;
  start_ = screen_.seconds();
  if (verbose_ == Verbose::kBar) print_heading();
}

ProgressBar::~ProgressBar() {
  if (!line_open_) return;
  try {
    screen_.write("\n");
  } catch (...) {  // a screen of the caller's own
  }
}

void ProgressBar::print_heading() {
  if (!prefix_.empty()) screen_.write(prefix_ + "\n");
}

std::string ProgressBar::line(std::int64_t step, std::span<const Log> logs, bool finished, int width) const {
  const double passed = screen_.seconds() - start_;
  const double per_step = step > 0 ? passed / static_cast<double>(step) : 0.0;
  const double left = finished ? passed : per_step * static_cast<double>(std::max<std::int64_t>(0, steps_ - step));
  const std::string total = steps_ > 0 ? fmt::format("{}", steps_) : "Unknown";  // Keras's word
  const std::string count = steps_ > 0 ? fmt::format("{:>{}}/{}", step, total.size(), total) : fmt::format("{}/{}", step, total);
  const std::string time = clock_text(left);
  const std::string each = step_time_text(per_step);
  const std::vector<std::string> texts = log_texts(logs);

  // A line that is drawn over must fit: the bar gives way first, then the last logs.
  std::size_t shown = texts.size();
  int bar = kBarWidth;
  const auto columns = [&] {
    std::size_t sum = count.size() + time.size() + each.size() + 3 + static_cast<std::size_t>(bar);
    for (std::size_t i = 0; i < shown; ++i) sum += texts[i].size();
    return static_cast<int>(sum);
  };
  if (!finished) {
    bar = std::clamp(kBarWidth - (columns() - (width - 1)), kSmallestBar, kBarWidth);
    while (shown > 0 && columns() > width - 1) --shown;
  }

  const std::string_view bold = screen_.colour ? kBold : "", plain = screen_.colour ? kPlain : "";
  const double done = steps_ > 0 ? static_cast<double>(step) / static_cast<double>(steps_) : 1.0;
  std::string text = fmt::format("{}{}{} {} {}{}{} {}", bold, count, plain, bar_text(done, bar, screen_.colour), bold, time, plain, each);
  for (std::size_t i = 0; i < shown; ++i) text += texts[i];
  return text;
}

void ProgressBar::draw(std::int64_t step, std::span<const Log> logs) {
  std::string text = "\r" + line(step, logs, false, screen_.width());
  text += kClearRest;
  screen_.write(text);
  line_open_ = true;
}

void ProgressBar::finish(std::span<const Log> logs, std::int64_t step) {
  if (finished_ || verbose_ == Verbose::kSilent) return;
  finished_ = true;
  const std::int64_t done = step < 0 ? steps_ : step;
  if (steps_ == 0) steps_ = done;
  if (verbose_ == Verbose::kBar) {
    std::string text = (animated_ ? "\r" : "") + line(done, logs, true, 0);
    if (animated_) text += kClearRest;
    screen_.write(text + "\n");
    line_open_ = false;
    return;
  }
  const double passed = screen_.seconds() - start_;
  std::string text = prefix_.empty() ? "" : prefix_ + " - ";
  text += fmt::format("{}/{} - {} - {}", done, steps_, clock_text(passed), step_time_text(done > 0 ? passed / static_cast<double>(done) : 0.0));
  for (const std::string& log : log_texts(logs)) text += log;
  screen_.write(text + "\n");
}

}  // namespace namesake::train
