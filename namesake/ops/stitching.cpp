// DynamicStitch, DynamicPartition and XlaDynamicUpdateSlice: tensors put together out of pieces, and dealt out into some.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

/// True if `shape` begins with the axes of `front`, as far as they are known.
bool begins_with(const Shape& shape, const Shape& front) {
  if (!shape.known_rank() || !front.known_rank()) return true;
  return shape.rank() >= front.rank() && Shape(shape.sizes().first(front.sizes().size())).compatible_with(front);
}
Shape behind(const Shape& shape, int axes) { return Shape(shape.sizes().subspan(static_cast<std::size_t>(axes))); }

// DynamicStitch: N lists of places, N tensors whose slices go there; a later one wins.
void infer_stitch(const InferContext& c) {
  const std::size_t n = c.inputs.size() / 2;
  if (c.attrs.integer(0) != static_cast<std::int64_t>(n) || c.inputs.size() != 2 * n) throw_mismatch(c.op, c.inputs, "DynamicStitch needs as many tensors as lists of places.");
  std::int64_t rows = 0;
  Shape slice;
  for (std::size_t i = 0; i < n; ++i) {
    const Tensor &places = c.inputs[i], &data = c.inputs[n + i];
    check_same_dtype(c, n, n + i);
    if (places.dtype() != DType::kInt32 || !begins_with(data.shape(), places.shape())) throw_mismatch(c.op, c.inputs, "DynamicStitch needs a slice for each place.", "int32 places");
    if (places.shape().known_rank() && data.shape().known_rank()) {
      const Shape own = behind(data.shape(), places.rank());
      if (slice.known_rank() && !slice.compatible_with(own)) throw_mismatch(c.op, c.inputs, "DynamicStitch needs slices of one shape.");
      if (!slice.known_rank() || own.fully_known()) slice = own;
    }
    if (places.is_symbolic()) rows = Shape::kOpen;
    if (rows == Shape::kOpen) continue;
    for (const std::int32_t place : places.data<std::int32_t>()) {
      if (place < 0) throw_invalid(c.op, "DynamicStitch has no place below 0.", "", std::to_string(place));
      rows = std::max<std::int64_t>(rows, std::int64_t{place} + 1);
    }
  }
  c.outputs[0].dtype = c.inputs[n].dtype();
  if (!slice.known_rank()) return;
  Shape out = {rows};
  for (const std::int64_t size : slice.sizes()) out.push_back(size);
  c.outputs[0].shape = out;
}
void stitch_kernel(const KernelContext& c) {
  const Tensor& out = c.outputs[0];
  const std::size_t n = c.inputs.size() / 2;
  const std::int64_t run = elements_between(out.shape(), 1, out.rank());
  with_width(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T{});
    for (std::size_t i = 0; i < n; ++i) {
      const auto places = c.inputs[i].data<std::int32_t>();
      for (std::size_t k = 0; k < places.size(); ++k) std::copy_n(c.inputs[n + i].raw_as<T>() + static_cast<std::int64_t>(k) * run, run, out.raw_as<T>() + places[k] * run);
    }
  });
}
void gradient_stitch(const GradientContext& c) {
  const std::size_t n = c.inputs.size() / 2;
  for (std::size_t i = 0; i < n; ++i) {
    if (c.needs[n + i]) c.input_gradients[n + i] = apply(kGatherV2, c.output_gradients[0], c.inputs[i], Tensor(0), Attrs::of(std::int64_t{0}));
  }
}

// DynamicPartition: the slices of data, dealt out by number.
constexpr std::size_t kPartitionsSlot = 0;
void infer_partition(const InferContext& c) {
  const Tensor &data = c.inputs[0], &numbers = c.inputs[1];
  if (numbers.dtype() != DType::kInt32 || !begins_with(data.shape(), numbers.shape())) throw_mismatch(c.op, c.inputs, "DynamicPartition needs a number for each slice.", "int32 partitions");
  std::vector<std::int64_t> counts(c.outputs.size(), numbers.is_symbolic() ? Shape::kOpen : 0);
  if (!numbers.is_symbolic()) {
    for (const std::int32_t number : numbers.data<std::int32_t>()) {
      if (number < 0 || static_cast<std::size_t>(number) >= counts.size())
        throw_invalid(c.op, fmt::format("DynamicPartition has no partition {}.", number), fmt::format("0 <= partition < {}", counts.size()));
      ++counts[static_cast<std::size_t>(number)];
    }
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    c.outputs[i].dtype = data.dtype();
    if (!data.shape().known_rank() || !numbers.shape().known_rank()) continue;
    Shape out = {counts[i]};
    const Shape slice = behind(data.shape(), numbers.rank());
    for (const std::int64_t size : slice.sizes()) out.push_back(size);
    c.outputs[i].shape = out;
  }
}
void partition_kernel(const KernelContext& c) {
  const Tensor& data = c.inputs[0];
  const auto numbers = c.inputs[1].data<std::int32_t>();
  const std::int64_t run = elements_between(data.shape(), c.inputs[1].rank(), data.rank());
  std::vector<std::int64_t> at(c.outputs.size());
  with_width(c.op, data.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto which = static_cast<std::size_t>(numbers[i]);
      std::copy_n(data.raw_as<T>() + static_cast<std::int64_t>(i) * run, run, c.outputs[which].raw_as<T>() + at[which]++ * run);
    }
  });
}
/// The gradients go back to where their slices came from.
void gradient_partition(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor& numbers = c.inputs[1];
  const Tensor inputs[] = {reshape(arange(numbers.size()), numbers.shape()), numbers};
  const Tensors places = apply_list(kDynamicPartition, inputs, c.attrs);
  Tensors all(places.begin(), places.end());
  for (std::size_t i = 0; i < places.size(); ++i) all.push_back(c.output_gradients[i].defined() ? c.output_gradients[i] : zeros_like(c.outputs[i]));
  c.input_gradients[0] = reshape_as(apply(kDynamicStitch, all, Attrs::of(static_cast<std::int64_t>(places.size()))), c.inputs[0]);
}

// XlaDynamicUpdateSlice: input with `update` put in at `indices`, moved inwards where it would stand over.
void infer_update(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  check_integers(c, 2);
  const Shape &whole = c.inputs[0].shape(), &part = c.inputs[1].shape();
  bool fits = true;
  if (whole.known_rank() && part.known_rank()) {
    fits = whole.rank() == part.rank() && c.inputs[2].shape().compatible_with({whole.rank()});
    for (int i = 0; fits && i < whole.rank(); ++i) fits = whole[i] == Shape::kOpen || part[i] <= whole[i];
  }
  if (!fits) throw_mismatch(c.op, c.inputs, "XlaDynamicUpdateSlice needs a part that fits in, and a place along each axis.");
  infer_as_input(c);
}
void update_kernel(const KernelContext& c) {
  const Tensor &whole = c.inputs[0], &part = c.inputs[1], &out = c.outputs[0];
  const int rank = whole.rank();
  std::int64_t start = 0;
  for (int i = 0; i < rank; ++i)
    start = start * whole.shape()[i] + std::clamp<std::int64_t>(index_at(c.inputs[2], i), 0, whole.shape()[i] - part.shape()[i]);
  with_width(c.op, whole.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::copy_n(whole.raw_as<T>(), whole.size(), out.raw_as<T>());
    for (std::int64_t k = 0; k < part.size(); ++k) {
      std::int64_t offset = 0, rest = k, below = 1;
      for (int i = rank - 1; i >= 0; --i) {
        offset += rest % part.shape()[i] * below;
        rest /= part.shape()[i];
        below *= whole.shape()[i];
      }
      out.raw_as<T>()[start + offset] = part.raw_as<T>()[k];
    }
  });
}

constexpr std::string_view kNamesStitch[] = {"indices", "data"};
constexpr std::string_view kNamesMerged[] = {"merged"};
constexpr AttrDef kAttrsStitch[] = {{.name = "N", .kind = AttrKind::kInt}};
constexpr TypeAttr kTypesStitch[] = {{"T", 1}};
constexpr std::string_view kNamesPartition[] = {"data", "partitions"};
constexpr std::string_view kNamesOutputs[] = {"outputs"};
constexpr AttrDef kAttrsPartition[] = {{.name = "num_partitions", .kind = AttrKind::kInt}};
constexpr std::string_view kNamesUpdate[] = {"input", "update", "indices"};
constexpr TypeAttr kTypesUpdate[] = {{"T", 0}, {"Tindices", 2}};

}  // namespace

// Both of its inputs are lists of N: they stand one behind the other, and N is an attribute like others.
constinit const OpRecord kDynamicStitch = {.name = "DynamicStitch",
                                           .input_names = kNamesStitch,
                                           .output_names = kNamesMerged,
                                           .attrs = kAttrsStitch,
                                           .types = kTypesStitch,
                                           .infer = infer_stitch,
                                           .kernel = stitch_kernel,
                                           .gradient = gradient_stitch,
                                           .list_input = 0,
                                           .any_width = true};
constinit const OpRecord kDynamicPartition = {.name = "DynamicPartition",
                                              .input_names = kNamesPartition,
                                              .output_names = kNamesOutputs,
                                              .attrs = kAttrsPartition,
                                              .types = kTypeT,
                                              .infer = infer_partition,
                                              .kernel = partition_kernel,
                                              .gradient = gradient_partition,
                                              .list_output = kPartitionsSlot,
                                              .any_width = true};
constinit const OpRecord kXlaDynamicUpdateSlice = {.name = "XlaDynamicUpdateSlice",
                                                   .input_names = kNamesUpdate,
                                                   .output_names = kNamesOutput,
                                                   .types = kTypesUpdate,
                                                   .infer = infer_update,
                                                   .kernel = update_kernel,
                                                   .any_width = true};

}  // namespace namesake::ops
