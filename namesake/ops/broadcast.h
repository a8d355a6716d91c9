// Walking several tensors under NumPy's broadcasting. Internal to ops.
#pragma once

#include <array>
#include <string>
#include <type_traits>

#include "namesake/ops/op.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {

/// How N inputs are read while the output is written front to back: axes, outermost first, merged where they can be.
template <int N>
struct WalkPlan {
  struct Axis {
    std::int64_t size;
    std::array<std::int64_t, N> stride;  // in elements; 0: broadcast
  };
  int rank = 0;
  std::array<Axis, Shape::kMaxRank> axes;

  WalkPlan(const Shape& out, const std::array<const Shape*, N>& in) {
    std::array<std::int64_t, N> below;  // elements of the axes further in
    below.fill(1);
    int count = 0;
    for (int i = out.rank() - 1; i >= 0; --i) {  // innermost first, turned round at the end
      Axis axis{out[i], {}};
      for (std::size_t k = 0; k < N; ++k) {
        const int j = i - (out.rank() - in[k]->rank());
        const std::int64_t size = j < 0 ? 1 : (*in[k])[j];
        axis.stride[k] = size == 1 ? 0 : below[k];
        below[k] *= size;
      }
      if (axis.size == 1) continue;
      if (count > 0 && merge(axes[static_cast<std::size_t>(count) - 1], axis)) continue;
      axes[static_cast<std::size_t>(count++)] = axis;
    }
    rank = count;
    for (int i = 0; i < count / 2; ++i) {
      std::swap(axes[static_cast<std::size_t>(i)], axes[static_cast<std::size_t>(count - 1 - i)]);
    }
  }

  /// Calls visit(offsets, output offset) for each run of the innermost axis.
  template <class Visit>
  void each_run(Visit visit) const {
    std::array<std::int64_t, Shape::kMaxRank> at{};
    std::array<std::int64_t, N> offset{};
    const std::int64_t run = rank == 0 ? 1 : axes[static_cast<std::size_t>(rank) - 1].size;
    std::int64_t runs = 1;
    for (int i = 0; i + 1 < rank; ++i) runs *= axes[static_cast<std::size_t>(i)].size;
    for (std::int64_t r = 0; r < runs; ++r) {
      visit(offset, r * run);
      for (int i = rank - 2; i >= 0; --i) {
        const Axis& axis = axes[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < N; ++k) offset[k] += axis.stride[k];
        if (++at[static_cast<std::size_t>(i)] < axis.size) break;
        at[static_cast<std::size_t>(i)] = 0;
        for (std::size_t k = 0; k < N; ++k) offset[k] -= axis.stride[k] * axis.size;
      }
    }
  }

 private:
  static bool merge(Axis& inner, const Axis& outer) {
    for (std::size_t k = 0; k < N; ++k) {
      if (outer.stride[k] != inner.stride[k] * inner.size) return false;
    }
    inner.size *= outer.size;
    return true;
  }
};

/// A loop over `n` elements of two inputs; which one stands still is a matter of the three loops below.
using BinaryLoop = void (*)(void* out, const void* a, const void* b, std::int64_t n);
struct BinaryLoops {
  BinaryLoop both, one_b, one_a;
};
/// Plain loops of F::of(T, T).
template <class F, class T, int kStepA, int kStepB>
void plain_loop(void* out, const void* a, const void* b, std::int64_t n) {
  using R = decltype(F::of(T{}, T{}));
  const T *x = static_cast<const T*>(a), *y = static_cast<const T*>(b);
  R* z = static_cast<R*>(out);
  for (std::int64_t i = 0; i < n; ++i) z[i] = F::of(x[i * kStepA], y[i * kStepB]);
}
template <class F, class T>
inline constexpr BinaryLoops kPlainLoops = {plain_loop<F, T, 1, 1>, plain_loop<F, T, 1, 0>, plain_loop<F, T, 0, 1>};
/// Runs the loops over c.inputs[0], c.inputs[1] into c.outputs[0].
void run_binary(const KernelContext& c, const BinaryLoops& loops);
/// The kernel of a division F: integers are not divided by zero.
template <class F>
void integer_division_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_floating_point_v<T>) {
      for (const T value : c.inputs[1].data<T>()) {
        if (value == 0) throw_invalid(c.op, std::string(c.op.name) + " cannot divide integers by zero.");
      }
    }
    run_binary(c, kPlainLoops<F, T>);
  });
}
/// The shape rule of two floating inputs.
void infer_floating_broadcast(const InferContext& c);

/// `gradient`, which has a broadcast shape, summed to `shape`: what an input of that shape gets.
[[nodiscard]] Tensor sum_to_shape(const Tensor& gradient, const Shape& shape);
/// Fills the gradients that are wanted of two inputs; `make` gives that of input i before the sum over broadcast axes.
template <class Make>
void fill_gradients(const GradientContext& c, Make make) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (c.needs[i]) c.input_gradients[i] = sum_to_shape(make(i), c.inputs[i].shape());
  }
}

}  // namespace namesake::ops
