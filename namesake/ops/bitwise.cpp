// Bits of integers: BitwiseAnd, BitwiseOr, BitwiseXor, Invert, LeftShift, RightShift; and Bitcast.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/unary_kernel.h"

namespace namesake::ops {
namespace {

template <class Visit>
void with_integer(const OpRecord& op, DType dtype, Visit visit) {
  switch (dtype) {
    case DType::kInt8: return visit(std::int8_t{});
    case DType::kInt16: return visit(std::int16_t{});
    case DType::kInt32: return visit(std::int32_t{});
    case DType::kInt64: return visit(std::int64_t{});
    case DType::kUInt8: return visit(std::uint8_t{});
    case DType::kUInt16: return visit(std::uint16_t{});
    case DType::kUInt32: return visit(std::uint32_t{});
    case DType::kUInt64: return visit(std::uint64_t{});
    default: throw_unsupported_dtype(op, dtype);
  }
}

struct And {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};
/// TensorFlow shifts by a number outside the width as by the nearest one inside.
template <class T>
int shift_of(T by) {
  return static_cast<int>(std::clamp<T>(by, T(0), static_cast<T>(sizeof(T) * 8 - 1)));
}
struct Left {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(static_cast<std::uint64_t>(a) << shift_of(b));
  }
};
struct Right {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a >> shift_of(b));
  }
};

void check_whole(const InferContext& c) {
  if (!is_integer(c.inputs[0].dtype())) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
}
void infer_pair(const InferContext& c) {
  check_whole(c);
  infer_broadcast(c);
}
void infer_invert(const InferContext& c) {
  check_whole(c);
  infer_as_input(c);
}
template <class F>
void bits_kernel(const KernelContext& c) {
  with_integer(c.op, c.inputs[0].dtype(), [&](auto zero) { run_binary(c, kPlainLoops<F, decltype(zero)>); });
}
void invert_kernel(const KernelContext& c) {
  with_integer(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_element<T>(c, [](T x) { return static_cast<T>(~x); });
  });
}
constexpr OpRecord bits(std::string_view name, void (*kernel)(const KernelContext&)) {
  return {.name = name,
          .input_names = kNamesXY,
          .output_names = kNamesZ,
          .types = kTypeT,
          .infer = infer_pair,
          .kernel = kernel,
          .any_width = true,
          .blocks_gradient = true};
}

// Bitcast: a last axis goes or comes with the width.
void infer_bitcast(const InferContext& c) {
  const std::size_t from = size_of(c.inputs[0].dtype()), to = size_of(c.attrs.type(0));
  if (from == 0 || to == 0) throw_unsupported_dtype(c.op, from == 0 ? c.inputs[0].dtype() : c.attrs.type(0));
  const Shape& in = c.inputs[0].shape();
  c.outputs[0] = {c.attrs.type(0), in};
  if (from == to || !in.known_rank()) return;
  if (from > to) return c.outputs[0].shape.push_back(static_cast<std::int64_t>(from / to));
  const auto times = static_cast<std::int64_t>(to / from);
  if (in.rank() == 0 || (in.back() != Shape::kOpen && in.back() != times)) {
    throw_mismatch(c.op, c.inputs, "Bitcast to a wider dtype needs a last axis of what goes into one element.", std::to_string(times));
  }
  c.outputs[0].shape = Shape(in.sizes().first(in.sizes().size() - 1));
}
void bitcast_kernel(const KernelContext& c) {
  const std::size_t bytes = static_cast<std::size_t>(c.inputs[0].size()) * size_of(c.inputs[0].dtype());
  if (bytes > 0) std::memcpy(c.outputs[0].raw(), c.inputs[0].raw(), bytes);
}
constexpr AttrDef kAttrsBitcast[] = {{"type", AttrKind::kType}};

}  // namespace

constinit const OpRecord kBitwiseAnd = bits("BitwiseAnd", bits_kernel<And>);
constinit const OpRecord kBitwiseOr = bits("BitwiseOr", bits_kernel<Or>);
constinit const OpRecord kBitwiseXor = bits("BitwiseXor", bits_kernel<Xor>);
constinit const OpRecord kLeftShift = bits("LeftShift", bits_kernel<Left>);
constinit const OpRecord kRightShift = bits("RightShift", bits_kernel<Right>);
constinit const OpRecord kInvert = {.name = "Invert",
                                    .input_names = kNamesX,
                                    .output_names = kNamesY,
                                    .types = kTypeT,
                                    .infer = infer_invert,
                                    .kernel = invert_kernel,
                                    .any_width = true,
                                    .blocks_gradient = true};
constinit const OpRecord kBitcast = {.name = "Bitcast",
                                     .input_names = kNamesInput,
                                     .output_names = kNamesOutput,
                                     .attrs = kAttrsBitcast,
                                     .types = kTypeT,
                                     .infer = infer_bitcast,
                                     .kernel = bitcast_kernel,
                                     .any_width = true,
                                     .blocks_gradient = true};

}  // namespace namesake::ops
