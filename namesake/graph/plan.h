// What a Runner works out once about a graph: which nodes run, in which slots their values stand, and which use of a value is its last.
// Private to this module.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "namesake/graph/run.h"

namespace namesake::graph {

// A place where a value is used; the last one takes it away.
struct Use {
  std::uint32_t slot = 0;
  bool last = false;
};

struct Step {
  const Node* node = nullptr;
  std::uint32_t first_use = 0, uses = 0;        // in Plan::uses
  std::uint32_t first_output = 0, outputs = 0;  // slots
  std::uint32_t first_function = 0;             // in Plan::functions_called: those of the node
  std::uint32_t first_unused = 0, unused = 0;   // in Plan::unused
  bool changes_list = false;                    // it is the last to see the list of tensors that it takes
};

struct Runner::Plan {
  std::vector<Step> steps;
  std::vector<Use> uses;              // those of the steps, then those of the results
  std::vector<std::uint32_t> unused;  // slots that nothing reads
  std::vector<std::uint32_t> inputs;  // slots
  std::vector<const Plan*> functions_called;
  std::size_t first_result = 0;  // in `uses`
  std::size_t results = 0;
  std::size_t slots = 0;
  std::unordered_map<const Graph*, std::shared_ptr<const Plan>> functions;  // of the outermost plan: all of them
};

[[nodiscard]] std::shared_ptr<const Runner::Plan> make_plan(const Graph& graph);

}  // namespace namesake::graph
