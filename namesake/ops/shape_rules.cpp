#include "namesake/ops/shape_rules.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/records.h"

namespace namesake::ops {

std::string describe(std::span<const Tensor> inputs) {
  std::string text;
  for (const Tensor& input : inputs) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", to_string(input.dtype()), to_string(input.shape()));
  }
  return text;
}

void throw_mismatch(const OpRecord& op, std::span<const Tensor> inputs, std::string what, std::string expected) {
  throw ShapeMismatch({.subject = std::string(op.name),
                       .what = std::move(what),
                       .expected = std::move(expected),
                       .received = describe(inputs)});
}

void throw_invalid(const OpRecord& op, std::string what, std::string expected, std::string received) {
  throw InvalidArgument({.subject = std::string(op.name),
                         .what = std::move(what),
                         .expected = std::move(expected),
                         .received = std::move(received)});
}

void throw_unsupported_dtype(const OpRecord& op, DType dtype) {
  throw Unsupported({.subject = std::string(op.name),
                     .what = fmt::format("{} does not compute in {}.", op.name, to_string(dtype)),
                     .fix = "cast the tensor to another dtype first"});
}

void check_rank(const InferContext& c, std::size_t i, int rank) {
  const Shape& shape = c.inputs[i].shape();
  if (shape.known_rank() && shape.rank() != rank) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} needs a tensor of rank {} as \"{}\", not one of shape {}.", c.op.name, rank,
                               c.op.input_names[i], to_string(shape)));
  }
}

void check_integers(const InferContext& c, std::size_t i) {
  const DType dtype = c.inputs[i].dtype();
  if (dtype != DType::kInt32 && dtype != DType::kInt64) {
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs an integer input {}.", c.op.name, i), "int32 or int64");
  }
}

void check_floating(const InferContext& c, std::size_t i) {
  if (!is_floating(c.inputs[i].dtype())) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} does not take {} numbers.", c.op.name, to_string(c.inputs[i].dtype())),
                   "a floating dtype");
  }
}

DType index_type(const InferContext& c, std::size_t slot, bool may_be_narrow) {
  const DType dtype = c.attrs.type(slot);
  const bool narrow = dtype == DType::kInt16 || dtype == DType::kUInt16;
  if (dtype != DType::kInt32 && dtype != DType::kInt64 && !(narrow && may_be_narrow))
    throw_invalid(c.op, fmt::format("{} cannot count in this \"{}\".", c.op.name, c.op.attrs[slot].name), "int32 or int64", std::string(to_string(dtype)));
  return dtype;
}

bool broadcast_shapes(const Shape& a, const Shape& b, Shape& result) {
  if (a == b) {
    result = a;
    return true;
  }
  if (!a.known_rank() || !b.known_rank()) {
    result = Shape();
    return true;
  }
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  const int shift = longer.rank() - shorter.rank();
  result = longer;
  for (int i = 0; i < shorter.rank(); ++i) {
    const std::int64_t m = longer[i + shift], n = shorter[i];
    if (m == n || n == 1) continue;
    if (m == 1 || m == Shape::kOpen)
      result.set(i + shift, n);  // an open size must come out as n, or be 1
    else if (n != Shape::kOpen)
      return false;
  }
  return true;
}

int checked_axis(const OpRecord& op, std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    throw_invalid(op, fmt::format("{} has no axis {} in a tensor of rank {}.", op.name, axis, rank),
                  fmt::format("-{} <= axis < {}", rank, rank), std::to_string(axis));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

HostInts host_ints(const OpRecord& op, const Tensor& tensor) {
  HostInts ints;
  const Shape& shape = tensor.shape();
  if (shape.known_rank() && shape.rank() > 1) {
    throw_mismatch(op, {&tensor, 1},
                   fmt::format("{} needs a list of integers, not a tensor of rank {}.", op.name, shape.rank()));
  }
  const DType dtype = tensor.dtype();
  if (dtype != DType::kInt32 && dtype != DType::kInt64) {
    throw_mismatch(op, {&tensor, 1}, fmt::format("{} needs integers for its axes, shapes and sizes.", op.name),
                   "int32 or int64");
  }
  const auto count = shape.elements();
  if (!count) return ints;
  if (*count > Shape::kMaxRank) {
    throw_mismatch(op, {&tensor, 1}, fmt::format("{} got more numbers than a tensor has axes.", op.name),
                   fmt::format("at most {}", Shape::kMaxRank));
  }
  ints.size = static_cast<int>(*count);
  if (tensor.is_symbolic()) return ints;
  ints.known = true;
  for (int i = 0; i < ints.size; ++i) {
    ints.values[static_cast<std::size_t>(i)] =
        dtype == DType::kInt32 ? tensor.raw_as<std::int32_t>()[i] : tensor.raw_as<std::int64_t>()[i];
  }
  return ints;
}

Tensor int_tensor(std::span<const std::int64_t> values) {
  Tensor t = Tensor::empty(DType::kInt32, {static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) t.raw_as<std::int32_t>()[i] = static_cast<std::int32_t>(values[i]);
  return t;
}

Shape shape_of_input(const OpRecord& op, const Tensor& tensor) {
  const HostInts ints = host_ints(op, tensor);
  if (ints.size < 0) return {};
  if (!ints.known) return known_sizes(tensor);
  Shape shape = Shape::scalar();
  for (int i = 0; i < ints.size; ++i) {
    if (ints[i] < -1) {
      throw_invalid(op, fmt::format("{} got a negative size.", op.name), "sizes of 0 or more", std::to_string(ints[i]));
    }
    shape.push_back(ints[i]);
  }
  return shape;
}

void infer_as_input(const InferContext& c) { c.outputs[0] = {c.inputs[0].dtype(), c.inputs[0].shape()}; }

void infer_floating_as_input(const InferContext& c) {
  check_floating(c, 0);
  infer_as_input(c);
}

void infer_gradient_pair(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  const Shape &a = c.inputs[0].shape(), &b = c.inputs[1].shape();
  if (!a.compatible_with(b)) {
    throw_mismatch(
        c.op, c.inputs,
        fmt::format("{} needs two tensors of one shape, not {} and {}.", c.op.name, to_string(a), to_string(b)));
  }
  c.outputs[0] = {c.inputs[0].dtype(), a.fully_known() ? a : b};
}

void infer_broadcast(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  const Shape &a = c.inputs[0].shape(), &b = c.inputs[1].shape();
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!broadcast_shapes(a, b, c.outputs[0].shape)) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} cannot broadcast {} with {}.", c.op.name, to_string(a), to_string(b)),
                   "sizes that are equal, or 1, counted from the last axis");
  }
}

void infer_comparison(const InferContext& c) {
  infer_broadcast(c);
  c.outputs[0].dtype = DType::kBool;
}

}  // namespace namesake::ops
