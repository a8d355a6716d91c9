// Reductions over axes. Names are keras.ops'.
//   sum(x)   sum(x, 0)   mean(x, {0, -1}, true)
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "namesake/base/export.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// The axes of a reduction: all of them if nothing is said. Negative ones count from the last axis.
class NAMESAKE_API Axes {
 public:
  Axes() = default;
  Axes(int axis) : all_(false), count_(1) { values_[0] = axis; }
  Axes(std::initializer_list<std::int64_t> axes) : Axes(std::span<const std::int64_t>(axes.begin(), axes.size())) {}
  /// Throws InvalidArgument for more axes than a tensor may have.
  explicit Axes(std::span<const std::int64_t> axes);
  /// No axis: the tensor as it is.
  [[nodiscard]] static Axes none() { return Axes(std::span<const std::int64_t>()); }

  [[nodiscard]] bool all() const noexcept { return all_; }
  [[nodiscard]] std::span<const std::int64_t> values() const noexcept { return {values_.data(), count_}; }

 private:
  bool all_ = true;
  std::size_t count_ = 0;
  std::array<std::int64_t, Shape::kMaxRank> values_{};
};

/// bool, int8 and int16 are summed (multiplied) as int32, uint8 and uint16 as uint32.
NAMESAKE_API Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Integers give float32.
NAMESAKE_API Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
NAMESAKE_API Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
NAMESAKE_API Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
NAMESAKE_API Tensor prod(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// Of bool.
NAMESAKE_API Tensor all(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
NAMESAKE_API Tensor any(const Tensor& x, const Axes& axes = {}, bool keepdims = false);
/// The place of the largest (smallest) number along `axis`, the first one at a tie, as int32.
NAMESAKE_API Tensor argmax(const Tensor& x, int axis = -1);
NAMESAKE_API Tensor argmin(const Tensor& x, int axis = -1);

}  // namespace namesake
