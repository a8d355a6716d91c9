// oneDNN's primitives, made once for each problem and thread and kept: making one takes 50 to 500 us, finding it again 50 ns.
// Arrays are given in the user's layout; where a primitive prefers another one, they are reordered on the way in or out, in
// room from the pool. Internal to ops; included by onednn_*.cpp only.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "namesake/base/pool.h"
#include "namesake/tensor/tensor.h"

namespace namesake::ops {

/// oneDNN's CPU. Never destroyed: primitives of other threads may outlive static objects.
[[nodiscard]] const dnnl::engine& onednn_engine();

/// A primitive with the memory objects of its arguments. Belongs to one thread.
class BoundPrimitive {
 public:
  struct Argument {
    int index;                   // DNNL_ARG_SRC, ...
    dnnl::memory::desc user;     // the array's layout
    dnnl::memory::desc wanted;   // the primitive's
    bool output;
  };
  BoundPrimitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad, std::span<const Argument> arguments);

  /// Runs it on arrays in the order of the arguments.
  void run(std::span<float* const> arrays);
  /// Runs it `times` times, every array moved on by its step in between, and calls after(context, time) each time. What does not
  /// move is reordered once.
  /// A large array of `lasting` (may be null) that does not move stays reordered for the next call. Its tensor is held until then, so that
  /// nobody writes into it or takes its place: Variable::update copies what others hold.
  void run_each(std::span<float* const> arrays, std::span<const std::int64_t> steps, std::int64_t times,
                void (*after)(void* context, std::int64_t time), void* context, const Tensor* lasting = nullptr);
  /// Lets go of what stays reordered if nobody else has its tensor any more.
  void forget_if_alone();
  ~BoundPrimitive() { forget(); }
  BoundPrimitive(const BoundPrimitive&) = delete;
  BoundPrimitive& operator=(const BoundPrimitive&) = delete;

 private:
  struct Bound {
    int index;
    bool output;
    std::size_t room;  // bytes for the wanted layout; 0: the array is used as it is
    dnnl::memory user, wanted;
    dnnl::primitive reorder;
  };
  void reorder(const Bound& bound) const;
  [[nodiscard]] bool may_keep(const Bound& bound, const float* array, std::int64_t step, const Tensor* lasting) const;
  void keep(Bound& bound, const Tensor& lasting);
  void forget();

  dnnl::primitive primitive_;
  std::vector<Bound> bound_;
  std::vector<dnnl_exec_arg_t> execution_;
  dnnl::memory scratchpad_;
  std::size_t scratchpad_bytes_;
  Tensor kept_;  // of which `reordered_` is
  std::vector<std::byte, base::PoolAllocator<std::byte>> reordered_;
};

/// What tells problems apart: the kind of primitive, then all its sizes.
using PrimitiveKey = std::array<std::int64_t, 24>;

/// The primitive of this thread for `key`; made by `make` if it is not there. At most 256 are kept, those used last.
/// Throws what `make` throws.
BoundPrimitive& bound_primitive(const PrimitiveKey& key, std::unique_ptr<BoundPrimitive> (*make)(const PrimitiveKey&));

}  // namespace namesake::ops
