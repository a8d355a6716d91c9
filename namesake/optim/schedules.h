// Keras's learning rate schedules, computed in float32 as Keras does. Steps count from 0; numbers of steps may be broken ones.
//   Adam({.learning_rate = CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 1000})})
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/optim/learning_rate.h"

namespace namesake {

/// initial_learning_rate * decay_rate ^ (step / decay_steps), the exponent rounded down if `staircase`.
struct NAMESAKE_API ExponentialDecaySchedule {
  static constexpr std::string_view kClassName = "ExponentialDecay";
  struct Options {
    double initial_learning_rate = 0.001;
    double decay_steps = 1;  // above 0
    double decay_rate = 1;
    bool staircase = false;
    std::string name = "ExponentialDecay";
  };
  static void config(Options& options, ConfigFields& fields);
  static void check(const Options& options);
  static double value(const Options& options, std::int64_t step);
};

/// values[i] up to and with step boundaries[i], then values.back().
struct NAMESAKE_API PiecewiseConstantDecaySchedule {
  static constexpr std::string_view kClassName = "PiecewiseConstantDecay";
  struct Options {
    std::vector<double> boundaries = {0};  // rising
    std::vector<double> values = {0.001, 0.001};  // one more
    std::string name = "PiecewiseConstant";
  };
  static void config(Options& options, ConfigFields& fields);
  static void check(const Options& options);
  static double value(const Options& options, std::int64_t step);
};

/// From initial_learning_rate to end_learning_rate in decay_steps, by (1 - step / decay_steps) ^ power. With `cycle` the way is
/// as long as the first multiple of decay_steps that is not below the step.
struct NAMESAKE_API PolynomialDecaySchedule {
  static constexpr std::string_view kClassName = "PolynomialDecay";
  struct Options {
    double initial_learning_rate = 0.001;
    double decay_steps = 1;  // above 0
    double end_learning_rate = 0.0001;
    double power = 1.0;
    bool cycle = false;
    std::string name = "PolynomialDecay";
  };
  static void config(Options& options, ConfigFields& fields);
  static void check(const Options& options);
  static double value(const Options& options, std::int64_t step);
};

/// initial_learning_rate / (1 + decay_rate * step / decay_steps), the fraction rounded down if `staircase`.
struct NAMESAKE_API InverseTimeDecaySchedule {
  static constexpr std::string_view kClassName = "InverseTimeDecay";
  struct Options {
    double initial_learning_rate = 0.001;
    double decay_steps = 1;  // above 0
    double decay_rate = 0;
    bool staircase = false;
    std::string name = "InverseTimeDecay";
  };
  static void config(Options& options, ConfigFields& fields);
  static void check(const Options& options);
  static double value(const Options& options, std::int64_t step);
};

/// Half a cosine from initial_learning_rate down to `alpha` times it in decay_steps. With a warmup_target: first in a line from
/// initial_learning_rate to the target in warmup_steps, then the cosine from the target.
struct NAMESAKE_API CosineDecaySchedule {
  static constexpr std::string_view kClassName = "CosineDecay";
  struct Options {
    double initial_learning_rate = 0.001;
    double decay_steps = 1;  // above 0
    double alpha = 0.0;
    std::string name = "CosineDecay";
    std::optional<double> warmup_target = {};
    double warmup_steps = 0;
  };
  static void config(Options& options, ConfigFields& fields);
  static void check(const Options& options);
  static double value(const Options& options, std::int64_t step);
};

/// Half a cosine in first_decay_steps, then again and again, each time t_mul times as long and m_mul times as high
/// (Loshchilov and Hutter, 2016).
struct NAMESAKE_API CosineDecayRestartsSchedule {
  static constexpr std::string_view kClassName = "CosineDecayRestarts";
  struct Options {
    double initial_learning_rate = 0.001;
    double first_decay_steps = 1;  // above 0
    double t_mul = 2.0;
    double m_mul = 1.0;
    double alpha = 0.0;
    std::string name = "SGDRDecay";
  };
  static void config(Options& options, ConfigFields& fields);
  static void check(const Options& options);
  static double value(const Options& options, std::int64_t step);
};

using ExponentialDecay = ScheduleOf<ExponentialDecaySchedule>;
using PiecewiseConstantDecay = ScheduleOf<PiecewiseConstantDecaySchedule>;
using PolynomialDecay = ScheduleOf<PolynomialDecaySchedule>;
using InverseTimeDecay = ScheduleOf<InverseTimeDecaySchedule>;
using CosineDecay = ScheduleOf<CosineDecaySchedule>;
using CosineDecayRestarts = ScheduleOf<CosineDecayRestartsSchedule>;

}  // namespace namesake
