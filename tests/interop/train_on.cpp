// train_on STEPS IN OUT [IN OUT]...: loads each compiled model, trains it for some steps on the whole of one batch, and saves
// it. On standard output one line a model: the losses. test_optimizers.py puts it between Keras and Keras, on the same numbers.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

constexpr std::int64_t kRows = 12;

nk::Tensor wave(std::int64_t columns, double row_step, double column_step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      values.push_back(static_cast<float>(std::sin(row_step * static_cast<double>(i) + column_step * static_cast<double>(j))));
    }
  }
  return nk::Tensor::of<float>(values, {kRows, columns});
}

// A schedule of the user's, known to Python under the same name.
struct HalvingSchedule {
  static constexpr std::string_view kClassName = "Halving";
  struct Options {
    double start = 0.1;
    std::int64_t every = 1;
  };
  static void config(Options& o, nk::ConfigFields& f) {
    f("start", o.start);
    f("every", o.every);
  }
  static double value(const Options& o, std::int64_t step) { return std::ldexp(o.start, -static_cast<int>(step / o.every)); }
};

void train(int steps, const char* from, const char* to) {
  const auto model = nk::load_model(from);
  for (int i = 0; i < steps; ++i) {
    for (const auto& [word, value] : model.train_on_batch(wave(6, 0.7, 1.3), wave(4, 0.3, 0.9))) {
      if (word == "loss") std::printf("%.9g ", value);
    }
  }
  std::printf("\n");
  model.save(to);
}

}  // namespace

int main(int count, char** words) {
  nk::register_schedule<nk::ScheduleOf<HalvingSchedule>>("Mine");
  for (int i = 2; i + 1 < count; i += 2) {
    try {
      train(std::atoi(words[1]), words[i], words[i + 1]);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
      return 2;
    }
  }
  return 0;
}
