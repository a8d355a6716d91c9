// Tracer: makes a Graph of what is computed on this thread while it lives. Ops on symbolic inputs, and ops that run at once because
// they depend on variables alone, become nodes; what depends on neither is a constant.
//   Tracer tracer("serve", {.root = "model_0"});
//   Tensor x = tracer.input("x", DType::kFloat32, {-1, 10});
//   Graph graph = tracer.finish({{"y", model(x)}});
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/graph/graph.h"
#include "namesake/ops/recorder.h"

namespace namesake::graph {

struct TracerOptions {
  /// What the nodes of the outermost layer's call begin with; those of a layer that was made in a scope of its own begin with that
  /// scope. "": the layer's own name.
  std::string root = "";
  /// The graph is a function of another one, as the body of a loop: tensors that it does not compute, symbolic ones and those that
  /// `around` knows, become inputs behind its own (captured()). Random numbers that would be drawn once, while the function is made,
  /// are refused.
  bool captures = false;
  /// The tracing that a graph with `captures` is part of, if there is one. Nodes are named as there.
  class Tracer* around = nullptr;
};

/// Records from its construction on. Nodes are named by the layers that run, each below the one that called it, and by scopes that are
/// opened meanwhile: `model_0/block/dense_1/MatMul`. Numbers that a call takes out of a variable's value (data(), item()) are constants of
/// the graph. Other recorders of the thread should not see a tracing: put a StopRecording around.
class NAMESAKE_API Tracer final : public ops::Recorder {
 public:
  explicit Tracer(std::string name, TracerOptions options = {});
  ~Tracer() override;

  /// A symbolic tensor, an argument of the graph. `name` is taken as it is.
  [[nodiscard]] Tensor input(std::string name, DType dtype, const Shape& shape);
  /// Ends the recording. Nodes that no result and no assignment needs are left out. Throws InvalidArgument for a symbolic result that
  /// was not computed here.
  [[nodiscard]] Graph finish(std::span<const std::pair<std::string, Tensor>> results);

  /// The tracer that records on this thread, the innermost of several; or null.
  [[nodiscard]] static Tracer* innermost();
  /// Whether the value depends on an input or a variable, so that it may be another one each time the graph runs.
  [[nodiscard]] bool depends(const Tensor& tensor);
  /// With `captures`: the tensors that the last inputs stand for, in their order.
  [[nodiscard]] const Tensors& captured() const;

  [[nodiscard]] bool traces() const override { return true; }
  void on_op(const ops::OpRecord& op, std::span<const Tensor> inputs, const ops::Attrs& attrs, std::span<const Tensor> outputs) override;
  void on_read(const Variable& variable, const Tensor& value) override;
  void on_assign(const Variable& variable, const Tensor& value) override;
  /// A loop or branch (kWhile, kCase) that does not run now: `like` says its kind and functions.
  void on_flow(const Node& like, std::span<const Tensor> inputs, std::span<const Tensor> outputs);

 private:
  struct Made;
  std::unique_ptr<Made> made_;
};

}  // namespace namesake::graph
