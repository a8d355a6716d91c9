// GradientTape: records what is computed while it lives, and gives derivatives of it.
//   GradientTape tape;
//   Tensor loss = loss_fn(y, model(x));
//   Tensors gradients = tape.gradient(loss, model.trainable_variables());
// Trainable variables are watched as they are read; tensors after watch(). Only what depends on something watched is kept.
#pragma once

#include <span>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/pool.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/variable.h"

namespace namesake {

struct GradientTapeOptions {
  bool persistent = false;               // gradient() may be called more than once
  bool watch_accessed_variables = true;  // watch trainable variables as they are read
};

/// Derivatives by variables, with the variables: what an optimizer applies. gradients[i] is undefined where the target does
/// not depend on variables[i].
struct Gradients {
  Tensors values;
  std::vector<Variable> variables;

  [[nodiscard]] std::size_t size() const noexcept { return values.size(); }
  [[nodiscard]] const Tensor& operator[](std::size_t i) const { return values[i]; }
  [[nodiscard]] auto begin() const noexcept { return values.begin(); }
  [[nodiscard]] auto end() const noexcept { return values.end(); }
};

class NAMESAKE_API GradientTape final : private ops::Recorder {
 public:
  [[nodiscard]] explicit GradientTape(GradientTapeOptions options = {});
  ~GradientTape() override;

  void watch(const Tensor& tensor);
  void watch(const Variable& variable);

  /// d(target)/d(source) for each source; an undefined tensor where the target does not depend on it. A target that is not a
  /// scalar is summed, as TensorFlow does; `output_gradient` weighs it instead. Throws InvalidArgument when called again on a
  /// tape that is not persistent, and Unsupported for an op without a gradient.
  [[nodiscard]] Gradients gradient(const Tensor& target, const std::vector<Variable>& sources, const Tensor& output_gradient = {});
  [[nodiscard]] Tensors gradient(const Tensor& target, const Tensors& sources, const Tensor& output_gradient = {});
  [[nodiscard]] Tensor gradient(const Tensor& target, const Tensor& source);
  [[nodiscard]] Tensor gradient(const Tensor& target, const Variable& source);
  /// d(target)/d(source), element by element: the target's axes, then the source's. One walk over the tape an element of
  /// the target. Undefined if no element depends on the source. As for gradient(), once unless persistent.
  [[nodiscard]] Tensor jacobian(const Tensor& target, const Tensor& source);
  [[nodiscard]] Tensor jacobian(const Tensor& target, const Variable& source);
  /// The same into memory of the caller's: a steady loop allocates nothing.
  void gradient_into(const Tensor& target, std::span<const Variable> sources, std::span<Tensor> gradients,
                     const Tensor& output_gradient = {});

  /// Forgets everything and records anew.
  void reset();

 private:
  struct Entry;
  struct Storage;

  void on_op(const ops::OpRecord& op, std::span<const Tensor> inputs, const ops::Attrs& attrs,
             std::span<const Tensor> outputs) override;
  void on_read(const Variable& variable, const Tensor& value) override;
  void on_assign(const Variable&, const Tensor&) override {}

  void begin_gradient(const Tensor& target, const Tensor& output_gradient);
  void propagate(bool keep);
  template <class Source>
  [[nodiscard]] Tensor jacobian_by(const Tensor& target, const Source& source);
  void end_gradient();
  void step_back(const Entry& entry);
  void accumulate(const Tensor& tensor, const Tensor& gradient);
  [[nodiscard]] Tensor gradient_of(const Tensor& tensor) const;
  [[nodiscard]] Tensor gradient_of(const Variable& variable) const;

  GradientTapeOptions options_;
  Storage* storage_;  // recycled per thread
  bool used_ = false;
};

}  // namespace namesake
