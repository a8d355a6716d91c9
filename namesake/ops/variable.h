// Variable: a named tensor whose value changes. A cheap shared handle: copies are the same variable. Reading gives the
// value as it is then: a later assignment makes a new tensor as long as somebody holds the old one. A variable knows
// its own name ("kernel") only: its path is a function of the model that is asked (nn).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "namesake/base/export.h"
#include "namesake/base/site.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// A function of a variable's value, made of ops: a penalty on it, or the value that takes its place.
using ValueFunction = std::function<Tensor(const Tensor& value)>;

struct VariableOptions {
  std::string name = "variable";
  bool trainable = true;
  ValueFunction regularizer = nullptr;  // the penalty that training adds to the loss, a scalar
  ValueFunction constraint = nullptr;   // what an optimizer puts in the value's place after each update
};

class NAMESAKE_API Variable {
 public:
  /// No variable.
  Variable() = default;
  explicit Variable(const Tensor& initial_value, VariableOptions options = {}, Site site = Site::current());

  [[nodiscard]] bool defined() const noexcept { return static_cast<bool>(body_); }
  [[nodiscard]] const std::string& name() const { return body_->name; }
  [[nodiscard]] const Shape& shape() const { return body_->value.shape(); }
  [[nodiscard]] DType dtype() const { return body_->value.dtype(); }
  [[nodiscard]] Site site() const { return body_->site; }
  [[nodiscard]] bool trainable() const { return body_->trainable; }
  void set_trainable(bool trainable) const { body_->trainable = trainable; }
  void rename(std::string name) const { body_->name = std::move(name); }
  /// Empty if there is none.
  [[nodiscard]] const ValueFunction& regularizer() const { return body_->regularizer; }
  [[nodiscard]] const ValueFunction& constraint() const { return body_->constraint; }
  /// Gives the variable the value that its constraint makes of it. Nothing happens without one. Not recorded.
  void apply_constraint() const;

  /// The value, in the dtype of the VariableAutocast around it; recorders are told that it was read.
  [[nodiscard]] Tensor value() const;
  operator Tensor() const {
    return value();
  }  // NOLINT(google-explicit-constructor): a variable stands where a tensor does

  /// Sets the value. Throws ShapeMismatch unless shape and dtype are the variable's. In a symbolic call, and
  /// while a graph is made, only recorders learn of it.
  void assign(const Tensor& value) const;
  void assign_add(const Tensor& delta) const;
  void assign_sub(const Tensor& delta) const;

  /// The numbers, to be changed in place by an optimizer: not recorded, and never seen by a holder of an earlier value.
  /// Throws InvalidArgument if `T` is not their type.
  template <class T>
  [[nodiscard]] std::span<T> update() const {
    return {static_cast<T*>(exclusive_data(dtype_of<T>())), static_cast<std::size_t>(body_->value.size())};
  }

  /// Tells variables apart.
  [[nodiscard]] const void* id() const noexcept { return body_.get(); }
  friend bool operator==(const Variable& a, const Variable& b) noexcept { return a.body_ == b.body_; }

 private:
  struct Body {
    std::string name;
    Tensor value;
    bool trainable;
    Site site;
    ValueFunction regularizer, constraint;
  };
  [[nodiscard]] void* exclusive_data(DType wanted) const;
  [[nodiscard]] Tensor read() const;
  std::shared_ptr<Body> body_;
};

namespace ops {

/// While one lives, floating variables of another dtype are read (on this thread) as `dtype`: what a mixed dtype policy asks for.
/// kInvalid: as they are. Assignments are not concerned.
class NAMESAKE_API VariableAutocast {
 public:
  explicit VariableAutocast(DType dtype) noexcept;
  ~VariableAutocast();
  VariableAutocast(const VariableAutocast&) = delete;
  VariableAutocast& operator=(const VariableAutocast&) = delete;

 private:
  DType outer_;
};

}  // namespace ops
}  // namespace namesake
