// ReverseV2, Roll and ReverseSequence.
#include "namesake/ops/reversing.h"

#include <algorithm>

#include <fmt/format.h>

#include "namesake/ops/axis_maps.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

/// The elements as they are.
AxisMaps straight(const Shape& shape) {
  AxisMaps maps(shape);
  std::int64_t below = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    for (std::int64_t k = 0; k < shape[i]; ++k) maps.axis(i)[static_cast<std::size_t>(k)] = k * below;
    below *= shape[i];
  }
  return maps;
}

void infer_reverse(const InferContext& c) {
  const HostInts axes = host_ints(c.op, c.inputs[1]);
  const Shape& in = c.inputs[0].shape();
  if (axes.known && in.known_rank()) {
    std::array<bool, Shape::kMaxRank> seen{};
    for (int i = 0; i < axes.size; ++i) {
      bool& twice = seen[static_cast<std::size_t>(checked_axis(c.op, axes[i], in.rank()))];
      if (twice) throw_invalid(c.op, "ReverseV2 got an axis twice.", "each axis once", std::to_string(axes[i]));
      twice = true;
    }
  }
  infer_as_input(c);
}
void reverse_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const HostInts axes = host_ints(c.op, c.inputs[1]);
  AxisMaps maps = straight(in.shape());
  for (int i = 0; i < axes.size; ++i) {
    auto& offsets = maps.axis(checked_axis(c.op, axes[i], in.rank()));
    std::reverse(offsets.begin(), offsets.end());
  }
  copy_mapped(c.op, maps, in, out);
}
void gradient_reverse(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kReverseV2, c.output_gradients[0], c.inputs[1]);
}

// Roll: shift and axis are scalars, or lists of one length; an axis may come more than once.
void infer_roll(const InferContext& c) {
  const HostInts shifts = host_ints(c.op, c.inputs[1]), axes = host_ints(c.op, c.inputs[2]);
  const Shape& in = c.inputs[0].shape();
  if (shifts.size >= 0 && axes.size >= 0 && shifts.size != axes.size) {
    throw_mismatch(c.op, c.inputs, "Roll needs a shift for each axis.", fmt::format("{} shifts", axes.size));
  }
  for (int i = 0; axes.known && in.known_rank() && i < axes.size; ++i) {
    static_cast<void>(checked_axis(c.op, axes[i], in.rank()));
  }
  infer_as_input(c);
}
void roll_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (in.size() == 0) return;
  const HostInts shifts = host_ints(c.op, c.inputs[1]), axes = host_ints(c.op, c.inputs[2]);
  AxisMaps maps = straight(in.shape());
  for (int i = 0; i < axes.size; ++i) {
    auto& offsets = maps.axis(checked_axis(c.op, axes[i], in.rank()));
    const auto n = static_cast<std::int64_t>(offsets.size());
    const std::int64_t shift = (shifts[i] % n + n) % n;
    std::rotate(offsets.begin(), offsets.end() - shift, offsets.end());
  }
  copy_mapped(c.op, maps, in, out);
}
void gradient_roll(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kRoll, c.output_gradients[0], negative(c.inputs[1]), c.inputs[2]);
}

// ReverseSequence: of each row of axis batch_dim the first elements along seq_dim, as many as seq_lengths says.
enum SequenceSlot : std::size_t { kSequenceSlot, kBatchSlot };

void infer_sequence(const InferContext& c) {
  check_integers(c, 1);
  check_rank(c, 1, 1);
  infer_as_input(c);
  const Shape &in = c.inputs[0].shape(), &lengths = c.inputs[1].shape();
  if (!in.known_rank()) return;
  const int along = checked_axis(c.op, c.attrs.integer(kSequenceSlot), in.rank()), rows = checked_axis(c.op, c.attrs.integer(kBatchSlot), in.rank());
  if (along == rows || !lengths.compatible_with({in[rows]}))
    throw_mismatch(c.op, c.inputs, "ReverseSequence needs a length for each row, along another axis.", fmt::format("{} lengths", in[rows]));
}
void sequence_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const int along = checked_axis(c.op, c.attrs.integer(kSequenceSlot), in.rank()), rows = checked_axis(c.op, c.attrs.integer(kBatchSlot), in.rank());
  const std::int64_t n = in.shape()[along], run = elements_between(in.shape(), along + 1, in.rank());
  for (std::int64_t i = 0; i < c.inputs[1].size(); ++i) {
    const std::int64_t length = index_at(c.inputs[1], i);
    if (length < 0 || length > n) throw_invalid(c.op, "ReverseSequence got a length outside of the axis.", fmt::format("0 to {}", n), std::to_string(length));
  }
  const std::int64_t below_rows = elements_between(in.shape(), rows + 1, in.rank());
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t at = 0; at < in.size(); ++at) {
      const std::int64_t place = at / run % n, length = index_at(c.inputs[1], at / below_rows % in.shape()[rows]);
      out.raw_as<T>()[at] = in.raw_as<T>()[place < length ? at + (length - 1 - 2 * place) * run : at];
    }
  });
}
void gradient_sequence(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kReverseSequence, c.output_gradients[0], c.inputs[1], c.attrs);
}

constexpr std::string_view kNamesSequence[] = {"input", "seq_lengths"};
constexpr AttrDef kAttrsSequence[] = {{"seq_dim", AttrKind::kInt}, {"batch_dim", AttrKind::kInt}};
constexpr TypeAttr kTypesSequence[] = {{"T", 0}, {"Tlen", 1}};
constexpr std::string_view kNamesReverse[] = {"tensor", "axis"};
constexpr TypeAttr kTypesReverse[] = {{"T", 0}, {"Tidx", 1}};
constexpr std::string_view kNamesRoll[] = {"input", "shift", "axis"};
constexpr TypeAttr kTypesRoll[] = {{"T", 0}, {"Tshift", 1}, {"Taxis", 2}};

}  // namespace

constinit const OpRecord kReverseV2 = {.name = "ReverseV2",
                                       .input_names = kNamesReverse,
                                       .output_names = kNamesOutput,
                                       .types = kTypesReverse,
                                       .infer = infer_reverse,
                                       .kernel = reverse_kernel,
                                       .gradient = gradient_reverse,
                                       .any_width = true};
constinit const OpRecord kRoll = {.name = "Roll",
                                  .input_names = kNamesRoll,
                                  .output_names = kNamesOutput,
                                  .types = kTypesRoll,
                                  .infer = infer_roll,
                                  .kernel = roll_kernel,
                                  .gradient = gradient_roll,
                                  .any_width = true};
constinit const OpRecord kReverseSequence = {.name = "ReverseSequence",
                                             .input_names = kNamesSequence,
                                             .output_names = kNamesOutput,
                                             .attrs = kAttrsSequence,
                                             .types = kTypesSequence,
                                             .infer = infer_sequence,
                                             .kernel = sequence_kernel,
                                             .gradient = gradient_sequence,
                                             .any_width = true};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor flip(const Tensor& x, const Axes& axes) {
  if (!axes.all()) return apply(kReverseV2, x, int_tensor(axes.values()));
  constexpr std::array<std::int64_t, Shape::kMaxRank> kEvery = {0, 1, 2, 3, 4, 5, 6, 7};
  if (!x.shape().known_rank())
    throw_mismatch(kReverseV2, {&x, 1}, "All axes of a tensor of unknown rank cannot be reversed.");
  return apply(kReverseV2, x, int_tensor({kEvery.data(), static_cast<std::size_t>(x.rank())}));
}
Tensor roll(const Tensor& x, std::int64_t shift, int axis) {
  return apply(kRoll, x, int_scalar(shift), int_scalar(axis));
}

}  // namespace namesake
