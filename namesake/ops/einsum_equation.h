// What an einsum equation says, with a letter for every axis. Internal to ops.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/ops/op.h"

namespace namesake::ops {

/// The parts of an equation as they are written; "..." may stand in them.
struct EinsumEquation {
  std::vector<std::string> operands;
  std::string result;
};
/// Throws InvalidArgument for an equation that is not one, or not for so many operands. A result that is left out is
/// worked out.
[[nodiscard]] EinsumEquation parse_einsum(const OpRecord& op, std::string_view equation, std::size_t operands);

/// The same for operands of known ranks: every axis has a letter, those of "..." too, and every letter a size.
struct EinsumPlan {
  std::vector<std::string> operands;
  std::string result;
  std::array<std::int64_t, 128> sizes{};

  /// Throws InvalidArgument or ShapeMismatch if equation and shapes do not fit.
  EinsumPlan(const OpRecord& op, std::string_view equation, std::span<const Tensor> inputs);
  [[nodiscard]] std::int64_t size(char label) const { return sizes[static_cast<std::size_t>(label)]; }
  [[nodiscard]] Shape shape(std::string_view labels) const;
  /// True for an axis of size 1 that broadcasts against a larger one.
  [[nodiscard]] bool broadcasts(const Shape& shape, int axis, char label) const {
    return shape[axis] == 1 && size(label) != 1;
  }
};

}  // namespace namesake::ops
