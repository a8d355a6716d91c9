// Optimizers: change variables by their gradients, as Keras's optimizers of the same names do, number for number.
//   nk::Adam optimizer({.learning_rate = 0.01});
//   optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));
// `Optimizer` is a cheap shared handle; `OptimizerBase` is the body that an optimizer of one's own derives from.
#pragma once

#include <cstddef>
#include <cstdint>
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
#include "namesake/ops/variable.h"

namespace namesake {

/// What every optimizer can do. At most one of the three kinds of clipping may be set.
struct OptimizerSettings {
  double learning_rate = 0.001;
  std::optional<double> weight_decay = {};     // variable -= variable * weight_decay * learning_rate, before the step
  std::optional<double> clipnorm = {};         // the norm of each gradient is at most this
  std::optional<double> clipvalue = {};        // each number of a gradient lies within +- this
  std::optional<double> global_clipnorm = {};  // the norm of all gradients together is at most this
  std::string name = {};                       // "": the class in snake case
};

class NAMESAKE_API OptimizerBase {
 public:
  OptimizerBase(const OptimizerBase&) = delete;
  OptimizerBase& operator=(const OptimizerBase&) = delete;
  virtual ~OptimizerBase();

  [[nodiscard]] const std::string& name() const noexcept { return settings_.name; }
  [[nodiscard]] const std::string& class_name() const noexcept { return class_name_; }
  [[nodiscard]] bool built() const noexcept { return built_; }
  void build(std::span<const Variable> variables, std::span<const std::string> paths);
  void apply(std::span<const Tensor> gradients, std::span<const Variable> variables);
  void name_variables(std::span<const std::string> paths);
  [[nodiscard]] std::vector<Variable> variables() const;
  [[nodiscard]] std::vector<Variable> variables(std::span<const Variable> order) const;
  [[nodiscard]] const std::vector<Variable>& trainable_variables() const noexcept { return targets_; }
  [[nodiscard]] std::int64_t iterations() const;
  [[nodiscard]] double learning_rate() const;
  void set_learning_rate(double learning_rate);
  [[nodiscard]] JsonValue serialize() const;

 protected:
  /// One variable's step. The gradient is clipped, the weight decayed already.
  struct Step {
    std::size_t index;                // of the variable, in the order of build
    std::span<float> variable;
    std::span<const float> gradient;  // as many numbers
    float learning_rate;
    std::int64_t iteration;           // 1 in the first step
  };

  OptimizerBase(std::string class_name, OptimizerSettings settings);

  /// Called by build: says what state there is, by add_slots.
  virtual void create_slots() {}
  virtual void update_step(const Step& step) = 0;
  /// Appends the members of this class, after those of every optimizer.
  virtual void extend_config(JsonValue& config) const = 0;

  /// A zero variable of the variable's shape for each variable and each of `names`, those of one variable side by side.
  void add_slots(std::initializer_list<std::string_view> names);
  /// The numbers of slot `name` of variable `index`; `name` counts the names of all add_slots calls from 0.
  [[nodiscard]] std::span<float> slot(std::size_t name, std::size_t index) const {
    return slots_[name].variables[index].update<float>();
  }

 private:
  struct Slot {
    std::string name;
    std::size_t group;  // the add_slots call
    std::vector<Variable> variables;
  };
  [[nodiscard]] std::size_t index_of(const Variable& variable, std::size_t guess) const;
  void check_gradient(const Tensor& gradient, const Variable& variable) const;
  void check_all(std::span<const Tensor> gradients, std::span<const Variable> variables) const;
  [[nodiscard]] float global_scale(std::span<const Tensor> gradients) const;
  /// The gradient as the settings clip it: itself, or a copy.
  [[nodiscard]] Tensor clipped(const Tensor& gradient, float global_scale) const;

  std::string class_name_;
  OptimizerSettings settings_;
  bool built_ = false;
  Variable iterations_, learning_rate_;
  std::vector<Variable> targets_;
  std::vector<Slot> slots_;
  std::size_t groups_ = 0;
};

class NAMESAKE_API Optimizer {
 public:
  /// No optimizer.
  Optimizer() = default;
  /// "sgd", "adam", in any case, with the defaults. Throws Unsupported for a word that is not known.
  Optimizer(std::string_view word);
  Optimizer(const char* word) : Optimizer(std::string_view(word)) {}
  /// An optimizer of one's own.
  explicit Optimizer(std::shared_ptr<OptimizerBase> body) : body_(std::move(body)) {}

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  [[nodiscard]] const std::string& name() const { return body_->name(); }
  [[nodiscard]] const std::string& class_name() const { return body_->class_name(); }

  /// One step. The first one builds. A variable without a gradient (an undefined tensor) stays as it is. Throws
  /// InvalidArgument if no variable has a gradient, or for a variable that the optimizer was not built with; ShapeMismatch
  /// for a gradient of another shape or dtype than its variable. Nothing has changed if it throws.
  void apply_gradients(const Gradients& gradients) const { body_->apply(gradients.values, gradients.variables); }
  void apply_gradients(std::span<const Tensor> gradients, std::span<const Variable> variables) const {
    body_->apply(gradients, variables);
  }

  /// Makes the state for `variables`; only once. `paths` ("dense_1/kernel") name the state, see name_variables.
  void build(std::span<const Variable> variables, std::span<const std::string> paths = {}) const { body_->build(variables, paths); }
  [[nodiscard]] bool built() const { return body_->built(); }
  /// Gives the state Keras's names for variables of these paths: `dense_1_kernel_momentum`. If two paths would make one name
  /// (`a_b/c`, `a/b_c`), all are joined by naming::join_flat instead.
  void name_variables(std::span<const std::string> paths) const { body_->name_variables(paths); }
  /// The state in the order of a Keras file: iteration (int64), learning_rate (float32), then the slots.
  [[nodiscard]] std::vector<Variable> variables() const { return body_->variables(); }
  /// The same with the slots as if the optimizer had been built with `order`. Throws InvalidArgument unless these are the
  /// variables that it was built with.
  [[nodiscard]] std::vector<Variable> variables(std::span<const Variable> order) const { return body_->variables(order); }
  /// What it was built with.
  [[nodiscard]] const std::vector<Variable>& trainable_variables() const { return body_->trainable_variables(); }

  [[nodiscard]] std::int64_t iterations() const { return body_->iterations(); }
  [[nodiscard]] double learning_rate() const { return body_->learning_rate(); }
  void set_learning_rate(double learning_rate) const { body_->set_learning_rate(learning_rate); }

  /// As Keras 3 writes it; the learning rate is the float32 that is in use.
  [[nodiscard]] JsonValue serialize() const { return body_->serialize(); }
  /// From words, Keras 3 and Keras 2 objects. Throws Unsupported for a class or an option that is not done here.
  [[nodiscard]] static Optimizer deserialize(const JsonValue& value);

  [[nodiscard]] const std::shared_ptr<OptimizerBase>& body() const noexcept { return body_; }
  friend bool operator==(const Optimizer& a, const Optimizer& b) noexcept { return a.body_ == b.body_; }

 private:
  std::shared_ptr<OptimizerBase> body_;
};

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0.0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = {};
};

/// Gradient descent: w -= learning_rate * g; with momentum m = momentum * m - learning_rate * g, w += m.
class NAMESAKE_API SGD : public Optimizer {
 public:
  /// Throws InvalidArgument for options that Keras refuses.
  explicit SGD(SGDOptions options = {});
};

struct AdamOptions {
  double learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = {};
};

/// Adam (Kingma and Ba, 2014), with epsilon outside the bias correction, as Keras has it.
class NAMESAKE_API Adam : public Optimizer {
 public:
  /// Throws InvalidArgument for options that Keras refuses.
  explicit Adam(AdamOptions options = {});
};

}  // namespace namesake
