// What every benchmark program has: the command line, the clock, the line of a result.
//   {"case": "eager_step", "seconds": 3.1e-05, "loss_first": 2.41, "loss": 1.22}
// programs.py has the same in Python.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

namespace bench {

struct Arguments {
  bool quick = false;              // the tiny size that the tests run
  bool json = false;               // one JSON line a case, else a line for the eye
  bool count_allocations = false;  // of our own programs only
  std::string_view only;           // the one case to run; empty: all

  double block_seconds() const { return quick ? 1e-3 : 5e-3; }
  bool wants(std::string_view name) const { return only.empty() || only == name; }
};

/// False, with a line on standard error, if the command line is not understood.
inline bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quick") {
      arguments.quick = true;
    } else if (word == "--json") {
      arguments.json = true;
    } else if (word == "--count-allocations") {
      arguments.count_allocations = true;
    } else if (word == "--case" && i + 1 < argc) {
      arguments.only = argv[++i];
    } else {
      std::fprintf(stderr, "%s: unknown argument %s. Expected [--quick] [--json] [--case NAME]\n", argv[0], argv[i]);
      return false;
    }
  }
  return true;
}

struct Result {
  const char* name;
  double seconds;
  double loss_first;
  double loss;
};

inline void print(const Arguments& arguments, const Result& r) {
  const char* format = arguments.json ? "{\"case\": \"%s\", \"seconds\": %.6g, \"loss_first\": %.7g, \"loss\": %.7g}\n"
                                      : "%-14s %12.6g s   loss %.5f -> %.5f\n";
  std::printf(format, r.name, r.seconds, r.loss_first, r.loss);
  std::fflush(stdout);
}

template <class Work>
double seconds_of(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds of one call of `work`, a matter of microseconds: the least of many equal blocks, each shorter than the time
/// that a busy machine leaves to one program at a stretch.
template <class Work>
double least_of_blocks(const Arguments& arguments, Work&& work) {
  const double once = std::max(1e-7, seconds_of(work));
  const int calls = std::max(1, static_cast<int>(arguments.block_seconds() / once));
  double least = 1e9;
  for (int block = 0; block < (arguments.quick ? 5 : 40); ++block) {
    const double seconds = seconds_of([&] {
      for (int i = 0; i < calls; ++i) work();
    });
    least = std::min(least, seconds / calls);
  }
  return least;
}

/// Seconds of the quickest epoch: the first, which took `first`, and up to six more until two seconds have passed.
template <class Epoch>
double least_of_epochs(const Arguments& arguments, double first, Epoch&& epoch) {
  double least = first;
  double spent = first;
  for (int i = 0; i < 6 && spent < (arguments.quick ? 0.0 : 2.0); ++i) {
    const double seconds = seconds_of(epoch);
    least = std::min(least, seconds);
    spent += seconds;
  }
  return least;
}

}  // namespace bench
