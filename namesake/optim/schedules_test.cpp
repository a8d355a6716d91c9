#include "namesake/optim/schedules.h"

#include <gtest/gtest.h>

#include <cmath>

#include "namesake/base/error.h"

namespace namesake {
namespace {

// What keras.saving.serialize_keras_object gives in Keras 3.15.1.
TEST(Schedules, AreWrittenAsKerasWritesThemAndComeBack) {
  struct Row {
    LearningRateSchedule schedule;
    std::string class_name, config;
  };
  const Row rows[] = {
      {ExponentialDecay({.initial_learning_rate = 0.1, .decay_steps = 7, .decay_rate = 0.9}), "ExponentialDecay",
       R"({"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": false, "name": "ExponentialDecay"})"},
      {PiecewiseConstantDecay({.boundaries = {3, 7}, .values = {0.1, 0.2, 0.3}}), "PiecewiseConstantDecay",
       R"({"boundaries": [3, 7], "values": [0.1, 0.2, 0.3], "name": "PiecewiseConstant"})"},
      {PolynomialDecay({.initial_learning_rate = 0.1, .decay_steps = 2.5, .cycle = true}), "PolynomialDecay",
       R"({"initial_learning_rate": 0.1, "decay_steps": 2.5, "end_learning_rate": 0.0001, "power": 1.0, "cycle": true, "name": "PolynomialDecay"})"},
      {InverseTimeDecay({.initial_learning_rate = 0.1, .decay_steps = 7, .decay_rate = 0.5, .staircase = true, .name = "mine"}), "InverseTimeDecay",
       R"({"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.5, "staircase": true, "name": "mine"})"},
      {CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 10, .warmup_target = 0.2, .warmup_steps = 3}), "CosineDecay",
       R"({"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.0, "name": "CosineDecay", "warmup_target": 0.2, "warmup_steps": 3})"},
      {CosineDecayRestarts({.initial_learning_rate = 0.1, .first_decay_steps = 4}), "CosineDecayRestarts",
       R"({"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 2.0, "m_mul": 1.0, "alpha": 0.0, "name": "SGDRDecay"})"},
  };
  for (const Row& row : rows) {
    const std::string text = R"({"module": "keras.optimizers.schedules", "class_name": ")" + row.class_name + R"(", "config": )" + row.config +
                             R"(, "registered_name": null})";
    EXPECT_EQ(to_json(row.schedule.serialize()), text);
    EXPECT_EQ(to_json(LearningRateSchedule::deserialize(row.schedule.serialize()).serialize()), text);
  }
}

TEST(Schedules, RefuseOptionsThatKerasRefuses) {
  EXPECT_THROW(ExponentialDecay({.decay_steps = 0}), InvalidArgument);
  EXPECT_THROW(PolynomialDecay({.decay_steps = -1}), InvalidArgument);
  EXPECT_THROW(InverseTimeDecay({.decay_steps = std::nan("")}), InvalidArgument);
  EXPECT_THROW(CosineDecay({.decay_steps = 0}), InvalidArgument);
  EXPECT_THROW(CosineDecayRestarts({.first_decay_steps = 0}), InvalidArgument);
  EXPECT_THROW(PiecewiseConstantDecay({.boundaries = {1, 2}, .values = {1, 2}}), InvalidArgument);
  EXPECT_THROW(PiecewiseConstantDecay({.boundaries = {}, .values = {1}}), InvalidArgument);
}

TEST(Schedules, TakeTheirFirstValueUpToABoundary) {
  const PiecewiseConstantDecay schedule({.boundaries = {2, 4.5}, .values = {1, 0.5, 0.25}});
  const double expected[] = {1, 1, 1, 0.5, 0.5, 0.25, 0.25};
  for (std::int64_t step = 0; step < 7; ++step) EXPECT_EQ(schedule(step), expected[step]) << step;
}

struct HalvingSchedule {
  static constexpr std::string_view kClassName = "Halving";
  struct Options {
    double start = 0.5;
    std::int64_t every = 2;
  };
  static void config(Options& o, ConfigFields& f) {
    f("start", o.start);
    f("every", o.every);
  }
  static double value(const Options& o, std::int64_t step) { return std::ldexp(o.start, -static_cast<int>(step / o.every)); }
};
using Halving = ScheduleOf<HalvingSchedule>;

TEST(Schedules, OfTheUsersOwnComeBackOnceTheirClassIsRegistered) {
  const Halving schedule({.every = 3});
  EXPECT_EQ(schedule(7), 0.125);
  EXPECT_EQ(to_json(schedule.serialize()),
            R"({"module": null, "class_name": "Halving", "config": {"start": 0.5, "every": 3}, "registered_name": "Custom>Halving"})");
  EXPECT_THROW((void)LearningRateSchedule::deserialize(schedule.serialize()), Unsupported);
  register_schedule<Halving>("Mine");
  EXPECT_EQ(LearningRateSchedule::deserialize(schedule.serialize())(7), 0.125);
  EXPECT_EQ(schedule.serialize().find("registered_name")->as_string(), "Mine>Halving");
}

TEST(Schedules, CannotBeSavedAsAPlainFunction) {
  const LearningRate rate = [](std::int64_t step) { return 0.1 * static_cast<double>(step); };
  EXPECT_TRUE(rate.is_schedule());
  EXPECT_DOUBLE_EQ(rate.schedule()(3), 0.1 * 3);
  EXPECT_THROW((void)rate.serialize(), Unsupported);
}

}  // namespace
}  // namespace namesake
