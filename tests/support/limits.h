// Limits: what reading a hostile file may cost: a second of work, and 100 MB beyond what the program had.
//   const Limits limits;   try { load_model(path); } catch (const Error&) {}   EXPECT_EQ(limits.broken(), "");
// Builds without optimization have more time; the sanitizers keep freed memory too, so under them time alone counts.
#pragma once

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace namesake::testing {

class Limits {
 public:
  Limits() { forget_most(); }

  /// What was too much since this was made; "" if nothing was.
  [[nodiscard]] std::string broken() const {
    const double seconds = seconds_now() - start_;
    const long grown = kilobytes("VmHWM:") - at_start();
    most_grown() = std::max(most_grown(), grown);
    if (seconds > kMostSeconds) return fmt::format("{:.2f} s of work", seconds);
    if (kCountMemory && grown > kMostKilobytes) return fmt::format("{} MB of memory", grown / 1024);
    return "";
  }

  /// The most memory that any file took so far, in megabytes beyond the start.
  [[nodiscard]] static long most_megabytes() { return most_grown() / 1024; }
  /// Takes the memory that the program has now for the start.
  static void start_here() { at_start() = kilobytes("VmRSS:"); }

 private:
#ifdef NAMESAKE_SANITIZED
  static constexpr double kMostSeconds = 20;
  static constexpr bool kCountMemory = false;
#elif defined(__OPTIMIZE__)
  static constexpr double kMostSeconds = 1;
  static constexpr bool kCountMemory = true;
#else
  static constexpr double kMostSeconds = 5;
  static constexpr bool kCountMemory = true;
#endif
  static constexpr long kMostKilobytes = 100 * 1024;

  static double seconds_now() {  // of work: other programs' share does not count
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  static void forget_most() { std::ofstream("/proc/self/clear_refs") << 5; }
  static long kilobytes(const std::string& wanted) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      long number = 0;
      if (word == wanted && status >> number) return number;
    }
    return 0;
  }
  static long& at_start() {
    static long kilobytes_then = kilobytes("VmRSS:");
    return kilobytes_then;
  }
  static long& most_grown() {
    static long most = 0;
    return most;
  }

  double start_ = seconds_now();
};

}  // namespace namesake::testing
