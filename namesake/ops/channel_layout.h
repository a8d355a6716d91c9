// Tensors with an axis of channels, as (outer, channels, inner). Internal to ops.
#pragma once

#include "namesake/ops/shape_rules.h"

namespace namesake::ops {

/// x as (outer, channels, inner).
struct ChannelLayout {
  std::int64_t outer, channels, inner;
  ChannelLayout(const Shape& x, int axis) : outer(elements_between(x, 0, axis)), channels(x[axis]), inner(elements_between(x, axis + 1, x.rank())) {}
  [[nodiscard]] std::int64_t of_each_channel() const { return outer * inner; }
  /// Calls visit(channel, place of its first number) for each run of `inner` numbers.
  template <class Visit>
  void each_run(Visit visit) const {
    for (std::int64_t i = 0; i < outer * channels; ++i) visit(i % channels, i * inner);
  }
};

}  // namespace namesake::ops
