// Running a graph: its ops by the records that also run eagerly, so that a tape around it sees them, and gradients flow into its
// variables.
//   graph::Runner runner(graph);   Tensors results = runner({x});
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "namesake/base/export.h"
#include "namesake/graph/graph.h"
#include "namesake/tensor/tensor.h"

namespace namesake::graph {

struct RunnerOptions {
  /// Of one call, in all its loops together: nodes that run. Beyond it a loop counts as one that never ends.
  std::uint64_t most_steps_in_loops = 1'000'000'000;
};

/// A graph made ready to be run again and again: where each value stands is worked out once, and each is let go after its last use.
/// A cheap handle; several threads may run one, as far as its variables go.
class NAMESAKE_API Runner {
 public:
  /// Nothing to run.
  Runner() = default;
  explicit Runner(std::shared_ptr<const Graph> graph, RunnerOptions options = {});

  [[nodiscard]] bool defined() const noexcept { return graph_ != nullptr; }
  [[nodiscard]] const Graph& graph() const { return *graph_; }
  /// The results for these inputs; symbolic inputs give symbolic results. Assignments to variables happen, unless they depend on symbolic
  /// values. Throws InvalidArgument for another number of inputs and for a loop that does not end, ShapeMismatch for dtypes and shapes
  /// that the graph, or one of its loops, does not take.
  [[nodiscard]] Tensors operator()(std::span<const Tensor> inputs) const;

  struct Plan;

 private:
  std::shared_ptr<const Graph> graph_;
  std::shared_ptr<const Plan> plan_;
  RunnerOptions options_;
};

/// The same for a graph that is run once.
[[nodiscard]] NAMESAKE_API Tensors run(const Graph& graph, std::span<const Tensor> inputs);

/// Whether running the graph, or a function that it calls, sets variables.
[[nodiscard]] NAMESAKE_API bool assigns(const Graph& graph);

/// What a graph takes: `x: float32 (None, 4), training: bool ()`.
[[nodiscard]] NAMESAKE_API std::string inputs_text(const Graph& graph);

}  // namespace namesake::graph
