// Learning rates: a number, or a schedule, which gives one for each step. A schedule of one's own is a struct of pure functions:
//   struct HalvingSchedule {
//     static constexpr std::string_view kClassName = "Halving";
//     struct Options { double start = 0.1; std::int64_t every = 100; };
//     static void config(Options& o, ConfigFields& f) { f("start", o.start); f("every", o.every); }   // what a file keeps
//     static double value(const Options& o, std::int64_t step) { return o.start * std::pow(0.5, step / o.every); }
//   };
//   using Halving = ScheduleOf<HalvingSchedule>;
//   register_schedule<Halving>("MyPackage");                                         // so that it can be loaded
//   Adam({.learning_rate = Halving({.start = 0.5})})
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/tensor/config_fields.h"

namespace namesake {

class NAMESAKE_API LearningRateScheduleBase {
 public:
  LearningRateScheduleBase() = default;
  LearningRateScheduleBase(const LearningRateScheduleBase&) = delete;
  LearningRateScheduleBase& operator=(const LearningRateScheduleBase&) = delete;
  virtual ~LearningRateScheduleBase() = default;
  [[nodiscard]] virtual std::string_view class_name() const = 0;
  [[nodiscard]] virtual double value(std::int64_t step) const = 0;
  /// Throws Unsupported if the schedule cannot be saved.
  [[nodiscard]] virtual JsonValue config() const = 0;
};

/// A cheap shared handle; a schedule never changes.
class NAMESAKE_API LearningRateSchedule {
 public:
  /// No schedule.
  LearningRateSchedule() = default;
  explicit LearningRateSchedule(std::shared_ptr<const LearningRateScheduleBase> body) : body_(std::move(body)) {}

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  [[nodiscard]] std::string_view class_name() const { return body_->class_name(); }
  /// The learning rate of a step; the first step is 0.
  [[nodiscard]] double operator()(std::int64_t step) const { return body_->value(step); }

  /// As Keras 3 writes it. Throws Unsupported for a plain function.
  [[nodiscard]] JsonValue serialize() const;
  /// Throws Unsupported for a class that is not known here.
  [[nodiscard]] static LearningRateSchedule deserialize(const JsonValue& value);

 private:
  std::shared_ptr<const LearningRateScheduleBase> body_;
};

/// What `.learning_rate` takes: a number, a schedule, or a plain function of the step (which cannot be saved).
class NAMESAKE_API LearningRate {
 public:
  LearningRate(double number) : number_(number) {}
  LearningRate(LearningRateSchedule schedule) : schedule_(std::move(schedule)) {}
  template <std::invocable<std::int64_t> Function>
  requires(!std::derived_from<Function, LearningRateSchedule>)
  LearningRate(Function function) : LearningRate(of_function(std::move(function))) {}

  [[nodiscard]] bool is_schedule() const noexcept { return schedule_.defined(); }
  /// 0 of a schedule.
  [[nodiscard]] double number() const noexcept { return number_; }
  [[nodiscard]] const LearningRateSchedule& schedule() const noexcept { return schedule_; }

  [[nodiscard]] JsonValue serialize() const;
  [[nodiscard]] static LearningRate deserialize(const JsonValue& value);

 private:
  [[nodiscard]] static LearningRateSchedule of_function(std::function<double(std::int64_t)> function);

  double number_ = 0;
  LearningRateSchedule schedule_;
};

namespace optim {

template <class Schedule>
class ScheduleBody final : public LearningRateScheduleBase {
 public:
  explicit ScheduleBody(typename Schedule::Options options) : options_(std::move(options)) {
    if constexpr (requires { Schedule::check(options_); }) Schedule::check(options_);
  }
  [[nodiscard]] std::string_view class_name() const override { return Schedule::kClassName; }
  [[nodiscard]] double value(std::int64_t step) const override { return Schedule::value(options_, step); }
  [[nodiscard]] JsonValue config() const override {
    typename Schedule::Options options = options_;
    ConfigFields fields;
    Schedule::config(options, fields);
    return std::move(fields).take_written();
  }

 private:
  typename Schedule::Options options_;
};

using MakeSchedule = LearningRateSchedule (*)(const JsonView& config);
/// Throws NameCollision as register_schedule does.
NAMESAKE_API void add_schedule_class(std::string_view class_name, std::string_view package, MakeSchedule make, Site site);

template <class Schedule>
[[nodiscard]] LearningRateSchedule schedule_from_config(const JsonView& config) {
  ConfigFields fields(config);
  typename Schedule::Options options{};
  Schedule::config(options, fields);
  fields.refuse_others(Schedule::kClassName);
  return LearningRateSchedule(std::make_shared<const ScheduleBody<Schedule>>(std::move(options)));
}

}  // namespace optim

template <class Schedule>
class ScheduleOf : public LearningRateSchedule {
 public:
  using Options = typename Schedule::Options;
  using ScheduleType = Schedule;
  explicit ScheduleOf(Options options = {}) : LearningRateSchedule(std::make_shared<const optim::ScheduleBody<Schedule>>(std::move(options))) {}
};

/// Makes a schedule of one's own known under `package>class`, as Keras's decorator does. Twice the same is harmless. Throws
/// NameCollision if the name is registered for another class, or is that of a class of Keras.
template <class Handle>
void register_schedule(std::string_view package = "Custom", Site site = Site::current()) {
  using Schedule = typename Handle::ScheduleType;
  optim::add_schedule_class(Schedule::kClassName, package, &optim::schedule_from_config<Schedule>, site);
}

}  // namespace namesake
