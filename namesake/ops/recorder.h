// Recorder: the one hook through which the tape (autodiff) and the tracer (graph) see what is computed. Recorders of a
// thread form a stack; each op, read and assignment of a variable is told to all of them.
#pragma once

#include <span>

#include "namesake/base/export.h"
#include "namesake/ops/op.h"

namespace namesake {
class Variable;
}

namespace namesake::ops {

class NAMESAKE_API Recorder {
 public:
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  virtual void on_op(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs,
                     std::span<const Tensor> outputs) = 0;
  virtual void on_read(const Variable& variable, const Tensor& value) = 0;
  virtual void on_assign(const Variable& variable, const Tensor& value) = 0;

  /// True of a recorder that makes a graph: while it records, a layer's symbolic outputs are those of its ops, and variables keep
  /// their values.
  [[nodiscard]] virtual bool traces() const { return false; }

  [[nodiscard]] bool recording() const { return recording_; }
  /// The next recorder of this thread, outwards.
  [[nodiscard]] Recorder* outer() const { return outer_; }
  /// The innermost recorder of this thread, or null.
  [[nodiscard]] static Recorder* innermost();

 protected:
  Recorder() = default;
  virtual ~Recorder();
  /// Puts this recorder on top of the thread's stack.
  void start();
  /// Takes it out, wherever it stands in the stack of the thread that started it.
  void stop();

 private:
  Recorder* outer_ = nullptr;
  bool recording_ = false;
};

/// Whether a recorder of this thread makes a graph.
[[nodiscard]] NAMESAKE_API bool tracing();

/// While one lives, the recorders that were there before it see nothing (of this thread).
class NAMESAKE_API StopRecording {
 public:
  [[nodiscard]] StopRecording();
  ~StopRecording();
  StopRecording(const StopRecording&) = delete;
  StopRecording& operator=(const StopRecording&) = delete;

 private:
  Recorder* hidden_;
};

}  // namespace namesake::ops
