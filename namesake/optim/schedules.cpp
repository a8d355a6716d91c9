#include "namesake/optim/schedules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "namesake/base/error.h"
#include "namesake/optim/class_table.h"

namespace namesake {
namespace {

void check_steps(std::string_view class_name, std::string_view argument, double steps) {
  if (steps > 0) return;
  throw InvalidArgument({.subject = std::string(argument),
                         .what = fmt::format("{} of {} lies outside its range.", argument, class_name),
                         .expected = "a number of steps above 0",
                         .received = fmt::format("{}", steps)});
}

bool is_whole(double steps) { return std::floor(steps) == steps && std::fabs(steps) < 9e15; }

/// A number of steps: Keras writes whole ones as integers.
void steps_field(ConfigFields& fields, std::string_view key, double& steps) {
  if (!fields.reading() && is_whole(steps)) {
    auto whole = static_cast<std::int64_t>(steps);
    fields(key, whole);
  } else {
    fields(key, steps);
  }
}

float f32(double value) { return static_cast<float>(value); }
float f32(std::int64_t value) { return static_cast<float>(value); }

/// (1 - alpha) * half a cosine over [0, 1] + alpha.
float cosine(float fraction, float height, float alpha) {
  const float half = 0.5F * height * (1.0F + std::cos(std::numbers::pi_v<float> * fraction));
  return (1.0F - alpha) * half + alpha;
}

}  // namespace

void ExponentialDecaySchedule::config(Options& options, ConfigFields& fields) {
  fields("initial_learning_rate", options.initial_learning_rate);
  steps_field(fields, "decay_steps", options.decay_steps);
  fields("decay_rate", options.decay_rate);
  fields("staircase", options.staircase);
  fields("name", options.name);
}
void ExponentialDecaySchedule::check(const Options& options) { check_steps(kClassName, "decay_steps", options.decay_steps); }
double ExponentialDecaySchedule::value(const Options& options, std::int64_t step) {
  float fraction = f32(step) / f32(options.decay_steps);
  if (options.staircase) fraction = std::floor(fraction);
  return static_cast<double>(f32(options.initial_learning_rate) * std::pow(f32(options.decay_rate), fraction));
}

void PiecewiseConstantDecaySchedule::config(Options& options, ConfigFields& fields) {
  if (!fields.reading() && std::all_of(options.boundaries.begin(), options.boundaries.end(), is_whole)) {
    std::vector<std::int64_t> boundaries(options.boundaries.begin(), options.boundaries.end());
    fields("boundaries", boundaries);
  } else {
    fields("boundaries", options.boundaries);
  }
  fields("values", options.values);
  fields("name", options.name);
}
void PiecewiseConstantDecaySchedule::check(const Options& options) {
  if (!options.boundaries.empty() && options.values.size() == options.boundaries.size() + 1) return;
  throw InvalidArgument({.subject = "values",
                         .what = "PiecewiseConstantDecay needs one value more than boundaries.",
                         .expected = "at least one boundary, and one value more",
                         .received = fmt::format("{} boundaries, {} values", options.boundaries.size(), options.values.size())});
}
double PiecewiseConstantDecaySchedule::value(const Options& options, std::int64_t step) {
  // Keras makes the boundaries integers, as the step is one.
  const auto passed = [step](double boundary) { return static_cast<double>(step) > std::trunc(boundary); };
  const auto at = std::find_if_not(options.boundaries.begin(), options.boundaries.end(), passed) - options.boundaries.begin();
  return static_cast<double>(f32(options.values[static_cast<std::size_t>(at)]));
}

void PolynomialDecaySchedule::config(Options& options, ConfigFields& fields) {
  fields("initial_learning_rate", options.initial_learning_rate);
  steps_field(fields, "decay_steps", options.decay_steps);
  fields("end_learning_rate", options.end_learning_rate);
  fields("power", options.power);
  fields("cycle", options.cycle);
  fields("name", options.name);
}
void PolynomialDecaySchedule::check(const Options& options) { check_steps(kClassName, "decay_steps", options.decay_steps); }
double PolynomialDecaySchedule::value(const Options& options, std::int64_t step) {
  float at = f32(step), steps = f32(options.decay_steps);
  if (options.cycle) {
    steps *= at == 0 ? 1.0F : std::ceil(at / f32(options.decay_steps));
  } else {
    at = std::min(at, steps);
  }
  const float start = f32(options.initial_learning_rate), end = f32(options.end_learning_rate);
  return static_cast<double>((start - end) * std::pow(1.0F - at / steps, f32(options.power)) + end);
}

void InverseTimeDecaySchedule::config(Options& options, ConfigFields& fields) {
  fields("initial_learning_rate", options.initial_learning_rate);
  steps_field(fields, "decay_steps", options.decay_steps);
  fields("decay_rate", options.decay_rate);
  fields("staircase", options.staircase);
  fields("name", options.name);
}
void InverseTimeDecaySchedule::check(const Options& options) { check_steps(kClassName, "decay_steps", options.decay_steps); }
double InverseTimeDecaySchedule::value(const Options& options, std::int64_t step) {
  float fraction = f32(step) / f32(options.decay_steps);
  if (options.staircase) fraction = std::floor(fraction);
  return static_cast<double>(f32(options.initial_learning_rate) / (1.0F + f32(options.decay_rate) * fraction));
}

void CosineDecaySchedule::config(Options& options, ConfigFields& fields) {
  fields("initial_learning_rate", options.initial_learning_rate);
  steps_field(fields, "decay_steps", options.decay_steps);
  fields("alpha", options.alpha);
  fields("name", options.name);
  fields("warmup_target", options.warmup_target);
  steps_field(fields, "warmup_steps", options.warmup_steps);
}
void CosineDecaySchedule::check(const Options& options) { check_steps(kClassName, "decay_steps", options.decay_steps); }
double CosineDecaySchedule::value(const Options& options, std::int64_t step) {
  const float start = f32(options.initial_learning_rate), steps = f32(options.decay_steps), alpha = f32(options.alpha);
  if (!options.warmup_target) return static_cast<double>(start * cosine(std::min(f32(step), steps) / steps, 1.0F, alpha));
  const float target = f32(*options.warmup_target), warmup = f32(options.warmup_steps);
  const float at = std::min(f32(step), steps + warmup);
  if (at < warmup) return static_cast<double>((target - start) * (at / warmup) + start);
  return static_cast<double>(target * cosine((at - warmup) / steps, 1.0F, alpha));
}

void CosineDecayRestartsSchedule::config(Options& options, ConfigFields& fields) {
  fields("initial_learning_rate", options.initial_learning_rate);
  steps_field(fields, "first_decay_steps", options.first_decay_steps);
  fields("t_mul", options.t_mul);
  fields("m_mul", options.m_mul);
  fields("alpha", options.alpha);
  fields("name", options.name);
}
void CosineDecayRestartsSchedule::check(const Options& options) {
  check_steps(kClassName, "first_decay_steps", options.first_decay_steps);
}
double CosineDecayRestartsSchedule::value(const Options& options, std::int64_t step) {
  const float t_mul = f32(options.t_mul);
  float fraction = f32(step) / f32(options.first_decay_steps), restarts = std::floor(fraction);
  if (t_mul == 1.0F) {
    fraction -= restarts;
  } else {
    restarts = std::floor(std::log(1.0F - fraction * (1.0F - t_mul)) / std::log(t_mul));
    const float length = std::pow(t_mul, restarts);
    fraction = (fraction - (1.0F - length) / (1.0F - t_mul)) / length;
  }
  const float height = std::pow(f32(options.m_mul), restarts);
  return static_cast<double>(f32(options.initial_learning_rate) * cosine(fraction, height, f32(options.alpha)));
}

namespace {

template <class Schedule>
optim::ClassTable<LearningRateSchedule>::KerasClass keras_class() {
  return {Schedule::kClassName, &optim::schedule_from_config<Schedule>};
}

optim::ClassTable<LearningRateSchedule>& schedule_classes() {
  static optim::ClassTable<LearningRateSchedule> classes(
      "learning rate schedule", "keras.optimizers.schedules",
      {
          keras_class<ExponentialDecaySchedule>(),
          keras_class<PiecewiseConstantDecaySchedule>(),
          keras_class<PolynomialDecaySchedule>(),
          keras_class<InverseTimeDecaySchedule>(),
          keras_class<CosineDecaySchedule>(),
          keras_class<CosineDecayRestartsSchedule>(),
      });
  return classes;
}

class FunctionSchedule final : public LearningRateScheduleBase {
 public:
  explicit FunctionSchedule(std::function<double(std::int64_t)> function) : function_(std::move(function)) {}
  [[nodiscard]] std::string_view class_name() const override { return "function"; }
  [[nodiscard]] double value(std::int64_t step) const override { return function_(step); }
  [[nodiscard]] JsonValue config() const override {
    throw Unsupported({.subject = "learning_rate",
                       .what = "A learning rate that is a plain function cannot be saved.",
                       .expected = "a number, or a schedule of a class",
                       .received = "a function",
                       .fix = "make it a schedule: using MySchedule = ScheduleOf<...>; register_schedule<MySchedule>()"});
  }

 private:
  std::function<double(std::int64_t)> function_;
};

}  // namespace

namespace optim {

void add_schedule_class(std::string_view class_name, std::string_view package, MakeSchedule make, Site site) {
  schedule_classes().add(class_name, package, make, site);
}

}  // namespace optim

JsonValue LearningRateSchedule::serialize() const { return schedule_classes().object(class_name(), body_->config()); }

LearningRateSchedule LearningRateSchedule::deserialize(const JsonValue& value) { return schedule_classes().from_json(value); }

JsonValue LearningRate::serialize() const { return is_schedule() ? schedule_.serialize() : JsonValue(number_); }

LearningRate LearningRate::deserialize(const JsonValue& value) {
  return value.is_number() ? LearningRate(value.as_double()) : LearningRate(LearningRateSchedule::deserialize(value));
}

LearningRateSchedule LearningRate::of_function(std::function<double(std::int64_t)> function) {
  return LearningRateSchedule(std::make_shared<const FunctionSchedule>(std::move(function)));
}

}  // namespace namesake
