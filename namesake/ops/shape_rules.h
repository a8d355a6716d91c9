// What shape rules share: checks of inputs, broadcasting, small integer inputs such as axes and shapes. Internal to
// ops.
#pragma once

#include <array>
#include <string>

#include "namesake/ops/op.h"

namespace namesake::ops {

/// ShapeMismatch about `op`; `received` lists the inputs' dtypes and shapes.
[[noreturn]] void throw_mismatch(const OpRecord& op, std::span<const Tensor> inputs, std::string what,
                                 std::string expected = "");
/// InvalidArgument about `op`.
[[noreturn]] void throw_invalid(const OpRecord& op, std::string what, std::string expected = "",
                                std::string received = "");
/// Unsupported: `op` does not compute in `dtype`.
[[noreturn]] void throw_unsupported_dtype(const OpRecord& op, DType dtype);
/// "float32 (32, 10), float32 (8, 3)".
[[nodiscard]] std::string describe(std::span<const Tensor> inputs);

/// Throws unless inputs `a` and `b` have one dtype.
inline void check_same_dtype(const InferContext& c, std::size_t a, std::size_t b) {
  if (c.inputs[a].dtype() != c.inputs[b].dtype()) {
    throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs inputs of one dtype.");
  }
}
/// Throws unless the rank of input `i` is `rank` (or unknown).
void check_rank(const InferContext& c, std::size_t i, int rank);
/// Throws unless input `i` is int32 or int64.
void check_integers(const InferContext& c, std::size_t i);
/// Throws unless input `i` is of a floating dtype.
void check_floating(const InferContext& c, std::size_t i);

/// The dtype in slot `slot`, in which places, sizes or counts are written. Throws InvalidArgument unless it is int32 or int64, or, if
/// `may_be_narrow`, int16 or uint16.
[[nodiscard]] DType index_type(const InferContext& c, std::size_t slot, bool may_be_narrow = false);

/// Sizes after NumPy's broadcasting; an open size against 1 stays open. False if they do not go together.
[[nodiscard]] bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result);
/// The axis in [0, rank). Throws InvalidArgument if `axis` is outside [-rank, rank).
[[nodiscard]] int checked_axis(const OpRecord& op, std::int64_t axis, int rank);

/// The numbers of a small integer input: axes, a shape, a permutation. Not `known` if the input is symbolic.
struct HostInts {
  bool known = false;
  int size = -1;  // of a symbolic input: its length if that is known
  std::array<std::int64_t, Shape::kMaxRank> values{};
  [[nodiscard]] std::int64_t operator[](int i) const { return values[static_cast<std::size_t>(i)]; }
};
/// Reads int32 or int64 input `tensor` (a scalar counts as one number). Throws for more than Shape::kMaxRank numbers.
[[nodiscard]] HostInts host_ints(const OpRecord& op, const Tensor& tensor);
/// An int32 tensor of these numbers.
[[nodiscard]] Tensor int_tensor(std::span<const std::int64_t> values);
/// Of a symbolic tensor of sizes those that are the same whatever open sizes turn out to be; the others open.
[[nodiscard]] Shape known_sizes(const Tensor& sizes);
/// What a shape input stands for: open sizes for what is not known. Throws for a negative size other than -1.
[[nodiscard]] Shape shape_of_input(const OpRecord& op, const Tensor& tensor);

// Shape rules that many ops have.
void infer_as_input(const InferContext& c);           // output 0 as input 0
void infer_floating_as_input(const InferContext& c);  // the same, floating dtypes only
void infer_gradient_pair(const InferContext& c);      // two inputs of one shape and dtype
void infer_broadcast(const InferContext& c);          // two inputs of one dtype
void infer_comparison(const InferContext& c);         // the same, to bool

/// Calls `visit` with a zero of the tensors' element type: one of those that arithmetic is done in.
template <class Visit>
void with_number(const OpRecord& op, DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kFloat32:
      return visit(float{});
    case DType::kFloat64:
      return visit(double{});
    case DType::kInt32:
      return visit(std::int32_t{});
    case DType::kInt64:
      return visit(std::int64_t{});
    case DType::kUInt8:
      return visit(std::uint8_t{});
    default:
      throw_unsupported_dtype(op, dtype);
  }
}
template <class Visit>
void with_floating(const OpRecord& op, DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kFloat32:
      return visit(float{});
    case DType::kFloat64:
      return visit(double{});
    default:
      throw_unsupported_dtype(op, dtype);
  }
}
template <class Visit>
void with_index(const OpRecord& op, DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kInt32:
      return visit(std::int32_t{});
    case DType::kInt64:
      return visit(std::int64_t{});
    case DType::kUInt8:
      return visit(std::uint8_t{});
    default:
      throw_unsupported_dtype(op, dtype);
  }
}
/// An element of 16 bytes (complex128).
struct Wide {
  std::uint64_t low = 0, high = 0;
};
/// Calls `visit` with an unsigned integer as wide as an element, or a string: for ops that only move elements.
template <class Visit>
void with_width(const OpRecord& op, DType dtype, Visit visit) {
  if (dtype == DType::kString) return visit(std::string{});
  switch (size_of(dtype)) {
    case 1:
      return visit(std::uint8_t{});
    case 2:
      return visit(std::uint16_t{});
    case 4:
      return visit(std::uint32_t{});
    case 8:
      return visit(std::uint64_t{});
    case 16:
      return visit(Wide{});
    default:
      throw_unsupported_dtype(op, dtype);
  }
}

/// The number of elements of axes [begin, end).
[[nodiscard]] inline std::int64_t elements_between(const Shape& shape, int begin, int end) {
  std::int64_t n = 1;
  for (int i = begin; i < end; ++i) n *= shape[i];
  return n;
}
/// Number `i` of an int32 or int64 tensor.
[[nodiscard]] inline std::int64_t index_at(const Tensor& t, std::int64_t i) {
  return t.dtype() == DType::kInt32 ? t.raw_as<std::int32_t>()[i] : t.raw_as<std::int64_t>()[i];
}
/// A scalar of int32.
[[nodiscard]] inline Tensor int_scalar(std::int64_t value) { return Tensor(static_cast<int>(value)); }

// Names of inputs, outputs and attributes that many records share.
inline constexpr std::string_view kNamesX[] = {"x"};
inline constexpr std::string_view kNamesY[] = {"y"};
inline constexpr std::string_view kNamesZ[] = {"z"};
inline constexpr std::string_view kNamesXY[] = {"x", "y"};
inline constexpr std::string_view kNamesYDy[] = {"y", "dy"};
inline constexpr std::string_view kNamesInput[] = {"input"};
inline constexpr std::string_view kNamesOutput[] = {"output"};
inline constexpr TypeAttr kTypeT[] = {{"T", 0}};

}  // namespace namesake::ops
