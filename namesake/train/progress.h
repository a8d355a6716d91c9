// ProgressBar: how far a long piece of work is, as Keras shows it (there the bar is a heavy line):
//   Epoch 1/5
//   45/45 ==================== 0s 2ms/step - accuracy: 0.9123 - loss: 0.3210
// This is the one place of the library that writes to standard output, and only when it was asked for: on a terminal
// (Verbose::kAuto), or where the caller says kBar or kLines. Colours are for terminals, unless NO_COLOR is set.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/nn/model.h"

namespace namesake::train {

using Log = std::pair<std::string, double>;

/// Where bars are drawn.
struct Screen {
  bool terminal = false;  // lines can be drawn over
  bool colour = false;
  std::function<int()> width;  // columns
  std::function<void(std::string_view)> write;
  std::function<double()> seconds;  // a clock that never goes back

  /// What standard output is connected to.
  [[nodiscard]] static Screen standard_output();
};

class ProgressBar {
 public:
  /// `steps`: how many there will be; 0 if that is not known. `prefix` is the heading: "Epoch 1/5", or "".
  ///   kAuto    a bar on a terminal, nothing elsewhere
  ///   kBar     a bar on a terminal, elsewhere the heading and the finished bar
  ///   kLines   one plain line when finished
  ///   kSilent  nothing
  ProgressBar(Verbose verbose, std::int64_t steps, std::string prefix = "");
  ProgressBar(Verbose verbose, std::int64_t steps, std::string prefix, Screen screen);
  /// Ends the line of a bar that was never finished, so that an error's text begins at the left.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `step` steps are done. Draws at most ten times a second; otherwise it costs a look at the clock, and nothing at all
  /// where no bar is drawn.
  void update(std::int64_t step, std::span<const Log> logs = {}) {
    if (due(step)) draw(step, logs);
  }
  /// The same, with logs that are computed only if they are drawn.
  template <std::invocable Compute>
  void update(std::int64_t step, Compute&& compute) {
    if (!due(step)) return;
    const auto logs = std::forward<Compute>(compute)();
    draw(step, logs);
  }
  /// All steps are done; a second call does nothing. `step`: how many there were, where that is not `steps`.
  void finish(std::span<const Log> logs = {}, std::int64_t step = -1);

  /// True if update() may draw: for callers who would have to prepare something.
  [[nodiscard]] bool draws() const noexcept { return animated_; }

 private:
  [[nodiscard]] bool due(std::int64_t step) {
    if (!animated_) return false;
    step_ = step;
    const double now = screen_.seconds();
    if (now < next_draw_) return false;
    next_draw_ = now + kInterval;
    return true;
  }
  void draw(std::int64_t step, std::span<const Log> logs);
  [[nodiscard]] std::string line(std::int64_t step, std::span<const Log> logs, bool finished, int width) const;
  void print_heading();

  static constexpr double kInterval = 0.1;  // seconds between two drawings

  Verbose verbose_;
  std::int64_t steps_;
  std::string prefix_;
  Screen screen_;
  bool animated_ = false;
  bool line_open_ = false;  // the cursor stands behind a bar
  bool finished_ = false;
  std::int64_t step_ = 0;
  double start_ = 0;
  double next_draw_ = 0;
};

}  // namespace namesake::train
