// What the programs of this benchmark share: the cases, the files, the clock and the measure of memory.
//   save_keras_1gb    a model of 1 GiB into a new file: written, flushed to disk, under its name
//   load_keras_1gb    the model (or, of .weights.h5, its weights into a model that is there) out of that file
// with keras, weights and h5 (the formats) and small, 100mb and 1gb; and, small and of 2gb, of a TensorFlow checkpoint
//   save_checkpoint_2gb, load_checkpoint_2gb    as of .weights.h5
//   list_checkpoint_2gb                         the names, shapes and dtypes of what is in it
// cases.py has the same in Python. A line of a result is
//   {"case": "save_keras_1gb", "seconds": 1.9, "extra": 0.004, "digest": 1234}
//   seconds   of one save or load, the least of as many as fit into a second
//   extra     memory at the peak beyond the model's tensors, as a part of the file's size
//   digest    of the weights after loading (after saving: of those that the new file gives)
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/shared/numbers.h"
#include "benchmarks/shared/programs.h"

namespace files {

using namespace bench;

struct Format {
  std::string_view name, extension;
  std::string_view data;  // what the name of the file with the numbers ends in beyond that
};
inline constexpr std::array<Format, 4> kFormats = {
    {{"keras", ".keras", ""}, {"weights", ".weights.h5", ""}, {"h5", ".h5", ""}, {"checkpoint", ".ckpt", ".data-00000-of-00001"}}};

/// A chain of Dense layers: `layers` of width x width, or (small) 784-128-10.
struct Size {
  std::string_view name;
  int layers, width;
  int quick_width;
};
inline constexpr std::array<Size, 4> kSizes = {{{"small", 2, 0, 0}, {"100mb", 6, 2048, 128}, {"1gb", 16, 4096, 192}, {"2gb", 32, 4096, 64}}};

enum class Work { kSave, kLoad, kList };
inline constexpr std::array<std::string_view, 3> kWorks = {"save", "load", "list"};

/// Checkpoints are small or of 2 GB, the other files all else.
constexpr bool is_tried(const Format& format, const Size& size) { return size.name == "small" || (format.name == "checkpoint") == (size.name == "2gb"); }

struct Case {
  std::string name;
  Work work;
  Format format;
  Size size;
};

template <class Run>
void for_each_case(const Arguments& arguments, Run run) {
  for (const Size& size : kSizes) {
    for (const Work work : {Work::kSave, Work::kLoad, Work::kList}) {
      for (const Format& format : kFormats) {
        const std::string_view word = kWorks[static_cast<std::size_t>(work)];
        const Case c{std::string(word).append("_").append(format.name).append("_").append(size.name), work, format, size};
        const bool known = is_tried(format, size) && (work != Work::kList || format.name == "checkpoint");
        if (known && arguments.wants(c.name)) run(c);
      }
    }
  }
}

/// The folder that the run works in, from the environment.
inline std::string folder() {
  const char* named = std::getenv("NAMESAKE_BENCH_FOLDER");
  return named == nullptr ? "." : named;
}
/// What is loaded, by its name: the file, or the prefix of a checkpoint.
inline std::string made_path(const Case& c) { return folder() + "/" + std::string(c.size.name) + std::string(c.format.extension); }
inline std::string new_path(const Case& c) { return folder() + "/saved-" + std::string(c.size.name) + std::string(c.format.extension); }
/// The file with the numbers, whose bytes are written and read plainly.
inline std::string made_file(const Case& c) { return made_path(c) + std::string(c.format.data); }
inline std::string new_file(const Case& c) { return new_path(c) + std::string(c.format.data); }

inline std::uint64_t size_of_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// The state that every program meets: nothing waits to be written, the file is in the page cache whole (or, if the
/// environment says so, not at all), and there is as much memory at hand as it is long. A virtual machine may have given back
/// what lay idle, and to get it again takes ten times as long as to use it.
inline void settle(const std::string& path) {
  ::sync();
  {
    std::vector<char> room(size_of_file(path));
    for (std::size_t i = 0; i < room.size(); i += 4096) static_cast<volatile char&>(room[i]) = 1;
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  if (std::getenv("NAMESAKE_BENCH_COLD") != nullptr) {
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  } else {
    static std::array<char, 1 << 16> piece;
    while (::read(file, piece.data(), piece.size()) > 0) {
    }
  }
  ::close(file);
}

/// Bytes of the process in memory: a line of /proc/self/status.
inline double status_bytes(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return 1024 * std::strtod(line.c_str() + field.size() + 1, nullptr);
  }
  return 0;
}

struct Measured {
  double seconds = 1e9;
  double peak = 0;  // bytes in memory at most, beyond those before; mapped pages of files count
};

/// Of one `work`: the least seconds of those that fit into one, and the greatest peak. `prepare` is called before each, and
/// not measured.
template <class Prepare, class Work>
Measured measured(const Arguments& arguments, Prepare&& prepare, Work&& work) {
  Measured result;
  double spent = 0;
  for (int i = 0; i < (arguments.quick ? 2 : 200) && spent < 1.0; ++i) {
    prepare();
    const double before = status_bytes("VmRSS");
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    const double seconds = seconds_of(work);
    result.peak = std::max(result.peak, status_bytes("VmHWM") - before);
    result.seconds = std::min(result.seconds, seconds);
    spent += seconds;
  }
  return result;
}

inline void print(const Arguments& arguments, const Case& c, Measured m, std::uint64_t digest) {
  const double extra = m.peak / static_cast<double>(size_of_file(made_file(c)));
  const char* format = arguments.json ? "{\"case\": \"%s\", \"seconds\": %.6g, \"extra\": %.4g, \"digest\": %llu}\n"
                                      : "%-20s %12.6g s   extra memory %.4g of the file   digest %llu\n";
  std::printf(format, c.name.c_str(), m.seconds, extra, static_cast<unsigned long long>(digest));
  std::fflush(stdout);
}

}  // namespace files
