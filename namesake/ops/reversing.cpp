// ReverseV2 and Roll.
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
