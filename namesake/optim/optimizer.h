// Optimizers: change variables by their gradients, as Keras's optimizers of the same names do, number for number.
//   nk::Adam optimizer({.learning_rate = 0.01});
//   optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));
// `Optimizer` is a cheap shared handle. An optimizer of one's own is a body, derived from OptimizerBase, and a handle:
//   struct LionOptions { LearningRate learning_rate = 0.001; double beta_1 = 0.9; NAMESAKE_OPTIMIZER_SETTINGS };
//   class LionBody : public OptimizerBase {                          // see optimizers/lion.h
//    public:
//     using Options = LionOptions;
//     static constexpr std::string_view kClassName = "Lion";
//     static void config(LionOptions& o, ConfigFields& f) { f("beta_1", o.beta_1); }
//     explicit LionBody(LionOptions options) : OptimizerBase(kClassName, optim::settings_of(options)), options_(options) {}
//     ...
//   };
//   using Lion = OptimizerOf<LionBody>;   register_optimizer<Lion>("MyPackage");
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/ops/variable.h"
#include "namesake/optim/learning_rate.h"

namespace namesake {

/// What every optimizer can be told beside its own options and its learning rate: the end of every option struct, since an
/// option of a base struct could not be named in `{.clipnorm = 1}`. At most one of the three kinds of clipping may be set.
///   weight_decay                 variable -= variable * weight_decay * learning_rate, before the step
///   clipnorm                     the norm of each gradient is at most this
///   clipvalue                    each number of a gradient lies within +- this
///   global_clipnorm              the norm of all gradients together is at most this
///   use_ema, ema_momentum        keep an average of each variable: average = momentum * average + (1 - momentum) * variable
///   ema_overwrite_frequency      every so many steps the variables become their averages
///   loss_scale_factor            gradients are divided by it: they are those of scale_loss(loss)
///   gradient_accumulation_steps  step only every so many calls, by the mean of their gradients; at least 2
///   name                         "": the class in snake case
// clang-format off
#define NAMESAKE_OPTIMIZER_SETTINGS_AFTER_DECAY             \
  std::optional<double> clipnorm = {};                      \
  std::optional<double> clipvalue = {};                     \
  std::optional<double> global_clipnorm = {};               \
  bool use_ema = false;                                     \
  double ema_momentum = 0.99;                               \
  std::optional<std::int64_t> ema_overwrite_frequency = {}; \
  std::optional<double> loss_scale_factor = {};             \
  std::optional<std::int64_t> gradient_accumulation_steps = {}; \
  std::string name = {};
#define NAMESAKE_OPTIMIZER_SETTINGS        \
  std::optional<double> weight_decay = {}; \
  NAMESAKE_OPTIMIZER_SETTINGS_AFTER_DECAY
// clang-format on

struct OptimizerSettings {
  LearningRate learning_rate = 0.001;
  NAMESAKE_OPTIMIZER_SETTINGS
};

namespace optim {

/// The settings among the options of a class.
template <class Options>
[[nodiscard]] OptimizerSettings settings_of(const Options& o) {
  return {o.learning_rate, o.weight_decay,       o.clipnorm,        o.clipvalue, o.global_clipnorm, o.use_ema, o.ema_momentum, o.ema_overwrite_frequency,
          o.loss_scale_factor, o.gradient_accumulation_steps, o.name};
}

/// The members that every optimizer's config begins with.
template <class Options>
void settings_config(Options& options, ConfigFields& fields) {
  fields("name", options.name);
  fields("learning_rate", options.learning_rate);
  fields("weight_decay", options.weight_decay);
  fields("clipnorm", options.clipnorm);
  fields("global_clipnorm", options.global_clipnorm);
  fields("clipvalue", options.clipvalue);
  fields("use_ema", options.use_ema);
  fields("ema_momentum", options.ema_momentum);
  fields("ema_overwrite_frequency", options.ema_overwrite_frequency);
  fields("loss_scale_factor", options.loss_scale_factor);
  fields("gradient_accumulation_steps", options.gradient_accumulation_steps);
}

}  // namespace optim

class NAMESAKE_API OptimizerBase {
 public:
  OptimizerBase(const OptimizerBase&) = delete;
  OptimizerBase& operator=(const OptimizerBase&) = delete;
  virtual ~OptimizerBase();

  [[nodiscard]] const std::string& name() const noexcept { return settings_.name; }
  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  [[nodiscard]] bool built() const noexcept { return built_; }
  virtual void build(std::span<const Variable> variables, std::span<const std::string> paths);
  virtual void apply(std::span<const Tensor> gradients, std::span<const Variable> variables);
  virtual void name_variables(std::span<const std::string> paths);
  [[nodiscard]] virtual std::vector<Variable> variables(std::span<const Variable> order) const;
  [[nodiscard]] const std::vector<Variable>& trainable_variables() const noexcept { return targets_; }
  [[nodiscard]] virtual std::int64_t iterations() const;
  [[nodiscard]] virtual double learning_rate() const;
  virtual void set_learning_rate(LearningRate learning_rate);
  [[nodiscard]] virtual const LearningRateSchedule& learning_rate_schedule() const noexcept { return settings_.learning_rate.schedule(); }
  virtual void exclude_from_weight_decay(std::span<const Variable> variables, std::span<const std::string> names);
  virtual void finalize_variable_values();
  [[nodiscard]] virtual Tensor scale_loss(const Tensor& loss) const;
  [[nodiscard]] JsonValue serialize() const;
  /// For an optimizer that scales the loss in the place of this one.
  void drop_loss_scale() noexcept { settings_.loss_scale_factor.reset(); }

 protected:
  /// One variable's step. The gradient is clipped, the weight decayed already.
  struct Step {
    std::size_t index;                // of the variable, in the order of build
    std::span<float> variable;
    std::span<const float> gradient;  // as many numbers
    float learning_rate;
    std::int64_t iteration;           // 1 in the first step
  };
  /// The step of a variable of another floating dtype, whose state and numbers have that dtype too; the gradient is cast to it.
  struct TensorStep {
    std::size_t index;
    const Variable& variable;
    Tensor gradient;
    Tensor learning_rate, count;  // scalars of the variable's dtype; count is the iteration
    /// An option that Keras casts to the variable's dtype: it is a float32 on the way.
    [[nodiscard]] static double cast_option(double value) noexcept { return static_cast<double>(static_cast<float>(value)); }
  };
  /// State that there is once for each variable.
  struct SlotOptions {
    std::string name;   // "momentum": the state of dense_1/kernel is called dense_1_kernel_momentum; "": as the variable
    double initial = 0;
    /// Makes the initial value for a variable, if it is not a tensor of `initial` of the variable's shape. No tensor: there is
    /// no such state for that variable.
    std::function<Tensor(const Variable&)> make = {};
  };

  OptimizerBase(std::string_view class_name, OptimizerSettings settings);

  /// Called by build: says what state there is, by add_slots and add_state.
  virtual void create_slots() {}
  /// Called once before the update_step calls of a step.
  virtual void start_step(std::int64_t iteration, float learning_rate);
  /// The step of a float32 variable.
  virtual void update_step(const Step& step) = 0;
  /// That of a float64, float16 or bfloat16 one, by ops, each rounded as Keras rounds it. Throws Unsupported unless overridden.
  virtual void update_tensors(const TensorStep& step);
  /// Appends the members of this class, after those of every optimizer. OptimizerOf does it by the class's config().
  virtual void write_config(ConfigFields& fields) const;
  /// The whole config.
  [[nodiscard]] virtual JsonValue config() const;
  [[nodiscard]] virtual std::optional<double> weight_decay_of(std::size_t index) const;

  /// State for each variable and each of `slots`, those of one variable side by side.
  void add_slots(std::initializer_list<SlotOptions> slots);
  /// One number of state.
  [[nodiscard]] Variable add_state(std::string name, const Tensor& initial);
  /// Slot `slot` of variable `index`; `slot` counts those of all add_slots calls from 0.
  [[nodiscard]] const Variable& slot_variable(std::size_t slot, std::size_t index) const { return slots_[own_slots_ + slot].variables[index]; }
  /// Its numbers, for update_step.
  [[nodiscard]] std::span<float> slot(std::size_t slot, std::size_t index) const { return slot_variable(slot, index).update<float>(); }
  /// The path that the variable was built with; its name if there was none.
  [[nodiscard]] const std::string& path_of(std::size_t index) const { return paths_[index]; }
  [[nodiscard]] std::size_t index_of(const Variable& variable, std::size_t guess = 0) const;

 private:
  struct Slot {
    std::string name;
    std::size_t group;                // the add_slots call
    std::vector<Variable> variables;  // one for each target, some undefined; or one alone
    bool alone = false;
  };
  /// Takes the paths as those of the targets.
  void check_paths(std::span<const std::string> paths);
  void check_gradient(const Tensor& gradient, const Variable& variable) const;
  void check_all(std::span<const Tensor> gradients, std::span<const Variable> variables) const;
  [[nodiscard]] bool accumulates() const noexcept { return settings_.gradient_accumulation_steps.value_or(0) > 0; }
  /// Divides by the loss scale and adds to what was accumulated, into prepared_; false if this call makes no step.
  [[nodiscard]] bool prepare(std::span<const Tensor> gradients, std::span<const Variable> variables);
  void step(std::span<const Tensor> gradients, std::span<const Variable> variables);
  void move_averages();
  void decide_weight_decay();
  [[nodiscard]] float global_scale(std::span<const Tensor> gradients) const;
  /// The gradient as the settings clip it: itself, or a copy.
  [[nodiscard]] Tensor clipped(const Tensor& gradient, float global_scale) const;
  // The same steps for variables of other dtypes than float32.
  [[nodiscard]] Tensor global_scale_tensor(std::span<const Tensor> gradients) const;
  [[nodiscard]] Tensor clipped_tensor(const Tensor& gradient, const Tensor& global_scale) const;
  void step_tensors(std::size_t index, const Tensor& gradient, const Tensor& global_scale, float rate, std::int64_t iteration);
  void prepare_tensors(std::size_t gradient, std::size_t index, bool steps_now);

  std::string class_name_;
  OptimizerSettings settings_;
  bool built_ = false;
  Variable iterations_, learning_rate_;  // the latter undefined if there is a schedule
  std::vector<Variable> targets_;
  std::vector<std::string> paths_;
  std::vector<Slot> slots_;    // the averages, the accumulated gradients, then those of the class
  std::size_t own_slots_ = 0;  // where the latter begin
  std::size_t groups_ = 0;
  Tensors prepared_;
  std::vector<Variable> excluded_;
  std::vector<std::string> excluded_names_;
  std::vector<bool> decays_;  // for each target
};

class NAMESAKE_API Optimizer {
 public:
  /// No optimizer.
  Optimizer() = default;
  /// "sgd", "adam", in any case, with the defaults. Throws Unsupported for a word that is not known.
  Optimizer(std::string_view word);
  Optimizer(const char* word) : Optimizer(std::string_view(word)) {}
  explicit Optimizer(std::shared_ptr<OptimizerBase> body) : body_(std::move(body)) {}

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  [[nodiscard]] const std::string& name() const { return body_->name(); }
  [[nodiscard]] const std::string& class_name() const { return body_->class_name(); }

  /// One step. The first one builds. A variable without a gradient (an undefined tensor) stays as it is. Throws
  /// InvalidArgument if no variable has a gradient, or for a variable that the optimizer was not built with; ShapeMismatch
  /// for a gradient of another shape than its variable, or of another dtype than a float32 one. Nothing has changed if it throws.
  void apply_gradients(const Gradients& gradients) const { body_->apply(gradients.values, gradients.variables); }
  void apply_gradients(std::span<const Tensor> gradients, std::span<const Variable> variables) const {
    body_->apply(gradients, variables);
  }

  /// Makes the state for `variables`, each in the dtype of its variable; only once. Throws Unsupported for a variable that is
  /// not floating. `paths` ("dense_1/kernel") name the state, see name_variables.
  void build(std::span<const Variable> variables, std::span<const std::string> paths = {}) const { body_->build(variables, paths); }
  [[nodiscard]] bool built() const { return body_->built(); }
  /// Gives the state Keras's names for variables of these paths: `dense_1_kernel_momentum`. If two paths would make one name
  /// (`a_b/c`, `a/b_c`), all are joined by naming::join_flat instead.
  void name_variables(std::span<const std::string> paths) const { body_->name_variables(paths); }
  /// The state in the order of a Keras file: iteration (int64), learning_rate (float32, unless it is a schedule), the averages,
  /// the accumulated gradients, then that of the class.
  [[nodiscard]] std::vector<Variable> variables() const { return body_->variables(body_->trainable_variables()); }
  /// The same as if the optimizer had been built with `order`. Throws InvalidArgument unless these are the variables that it
  /// was built with.
  [[nodiscard]] std::vector<Variable> variables(std::span<const Variable> order) const { return body_->variables(order); }
  /// What it was built with.
  [[nodiscard]] const std::vector<Variable>& trainable_variables() const { return body_->trainable_variables(); }

  /// Steps so far; with gradient_accumulation_steps those in which variables changed.
  [[nodiscard]] std::int64_t iterations() const { return body_->iterations(); }
  /// The one of the next step.
  [[nodiscard]] double learning_rate() const { return body_->learning_rate(); }
  /// Throws InvalidArgument for a number in the place of a schedule, as Keras does.
  void set_learning_rate(LearningRate learning_rate) const { body_->set_learning_rate(std::move(learning_rate)); }
  /// Undefined if the learning rate is a number.
  [[nodiscard]] const LearningRateSchedule& learning_rate_schedule() const { return body_->learning_rate_schedule(); }
  /// Weight decay passes over these variables, and over those whose path one of the regular expressions `names` is found in
  /// ("bias"). Replaces what was excluded before. No file keeps it. Throws InvalidArgument for an expression that is none.
  void exclude_from_weight_decay(std::span<const Variable> variables, std::span<const std::string> names = {}) const {
    body_->exclude_from_weight_decay(variables, names);
  }
  /// At the end of training: with use_ema the variables become their averages.
  void finalize_variable_values() const { body_->finalize_variable_values(); }
  /// What gradients are to be taken of: the loss times the loss scale, if there is one.
  [[nodiscard]] Tensor scale_loss(const Tensor& loss) const { return body_->scale_loss(loss); }

  /// As Keras 3 writes it; the learning rate is the float32 that is in use. Throws Unsupported for a plain function as the
  /// learning rate.
  [[nodiscard]] JsonValue serialize() const { return body_->serialize(); }
  /// From words, Keras 3 and Keras 2 objects. Throws Unsupported for a class or an option that is not done here.
  [[nodiscard]] static Optimizer deserialize(const JsonValue& value);

  [[nodiscard]] const std::shared_ptr<OptimizerBase>& body() const noexcept { return body_; }
  friend bool operator==(const Optimizer& a, const Optimizer& b) noexcept { return a.body_ == b.body_; }

 private:
  std::shared_ptr<OptimizerBase> body_;
};

namespace optim {

/// A body together with the options it was made with.
template <class Body>
class Instance final : public Body {
 public:
  explicit Instance(typename Body::Options options) : Body(options), options_(std::move(options)) {}

 private:
  void write_config(ConfigFields& fields) const override {
    typename Body::Options options = options_;
    Body::config(options, fields);
  }
  typename Body::Options options_;
};

/// Reads what means nothing beside the other members: what Keras 2 wrote about itself.
NAMESAKE_API void read_keras_2(ConfigFields& fields, const JsonView& config);

template <class Body>
[[nodiscard]] Optimizer optimizer_from_config(const JsonView& config) {
  ConfigFields fields(config);
  typename Body::Options options{};
  settings_config(options, fields);
  Body::config(options, fields);
  read_keras_2(fields, config);
  fields.refuse_others(Body::kClassName);
  return Optimizer(std::make_shared<Instance<Body>>(std::move(options)));
}

using MakeOptimizer = Optimizer (*)(const JsonView& config);
/// {"module", "class_name", "config", "registered_name"} for a class of Keras's or a user's.
[[nodiscard]] NAMESAKE_API JsonValue optimizer_object(std::string_view class_name, JsonValue config);
/// Throws NameCollision as register_optimizer does.
NAMESAKE_API void add_optimizer_class(std::string_view class_name, std::string_view package, MakeOptimizer make, Site site);

}  // namespace optim

/// The handle of an optimizer class.
template <class Body>
class OptimizerOf : public Optimizer {
 public:
  using Options = typename Body::Options;
  using BodyType = Body;
  /// Throws InvalidArgument for options that Keras refuses.
  explicit OptimizerOf(Options options = {}) : Optimizer(std::make_shared<optim::Instance<Body>>(std::move(options))) {}
};

/// Makes an optimizer of one's own known under `package>class`, as Keras's decorator does. Twice the same is harmless. Throws
/// NameCollision if the name is registered for another class, or is that of a class of Keras.
template <class Handle>
void register_optimizer(std::string_view package = "Custom", Site site = Site::current()) {
  using Body = typename Handle::BodyType;
  optim::add_optimizer_class(Body::kClassName, package, &optim::optimizer_from_config<Body>, site);
}

}  // namespace namesake
