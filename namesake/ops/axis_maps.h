// Elements that are taken axis by axis: what element of one tensor stands at each place of another, as for reversing,
// rolling and mirroring. Internal to ops.
#pragma once

#include <array>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {

/// For each axis of a tensor a list of offsets, one an index: their sum is the place in the other tensor.
class AxisMaps {
 public:
  using Offsets = std::vector<std::int64_t, base::PoolAllocator<std::int64_t>>;

  explicit AxisMaps(const Shape& shape) : rank_(shape.rank()) {
    for (int i = 0; i < rank_; ++i) axis(i).resize(static_cast<std::size_t>(shape[i]));
  }
  [[nodiscard]] Offsets& axis(int i) { return offsets_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] const Offsets& axis(int i) const { return offsets_[static_cast<std::size_t>(i)]; }

  /// Calls visit(offset in the other tensor, place in this one) for each element; there must be one at least.
  template <class Visit>
  void each(Visit visit) const {
    static constexpr std::int64_t kHere[] = {0};
    const std::span<const std::int64_t> run = rank_ == 0 ? std::span<const std::int64_t>(kHere) : axis(rank_ - 1);
    std::array<std::size_t, Shape::kMaxRank> at{};
    for (std::int64_t place = 0;;) {
      std::int64_t base = 0;
      for (int i = 0; i + 1 < rank_; ++i) base += axis(i)[at[static_cast<std::size_t>(i)]];
      for (const std::int64_t offset : run) visit(base + offset, place++);
      int i = rank_ - 2;
      for (; i >= 0; --i) {
        if (++at[static_cast<std::size_t>(i)] < axis(i).size()) break;
        at[static_cast<std::size_t>(i)] = 0;
      }
      if (i < 0) return;
    }
  }

 private:
  int rank_;
  std::array<Offsets, Shape::kMaxRank> offsets_;
};

/// out[place] = in[offset], for elements of any width.
inline void copy_mapped(const OpRecord& op, const AxisMaps& maps, const Tensor& in, const Tensor& out) {
  if (out.size() == 0) return;
  with_width(op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = in.raw_as<T>();
    T* to = out.raw_as<T>();
    maps.each([&](std::int64_t offset, std::int64_t place) { to[place] = from[offset]; });
  });
}

}  // namespace namesake::ops
