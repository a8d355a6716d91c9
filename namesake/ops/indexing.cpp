// Slice, StridedSlice and its gradient.
#include "namesake/ops/indexing.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

/// What a slice takes of each axis of the input, and the shape that comes out of it.
struct Region {
  struct Axis {
    std::int64_t begin = 0, count = 0, stride = 1;
  };
  std::array<Axis, Shape::kMaxRank> axes;
  Shape inside = Shape::scalar();  // `count` of each axis
  Shape out = Shape::scalar();     // the same, without axes that shrink and with new ones
  bool known = true;               // false: only the shapes are
};

/// Calls visit(offset in the whole, place in the part) for each element of the region.
template <class Visit>
void each_element_of(const Region& region, const Shape& whole, Visit visit) {
  std::array<std::int64_t, Shape::kMaxRank> at{}, step{};
  std::int64_t below = 1, offset = 0;
  const std::int64_t n = region.inside.count();
  for (int i = whole.rank() - 1; i >= 0; --i) {
    const auto k = static_cast<std::size_t>(i);
    step[k] = region.axes[k].stride * below;
    offset += region.axes[k].begin * below;
    below *= whole[i];
  }
  for (std::int64_t place = 0; place < n; ++place) {
    visit(offset, place);
    for (int i = whole.rank() - 1; i >= 0; --i) {
      const auto k = static_cast<std::size_t>(i);
      offset += step[k];
      if (++at[k] < region.axes[k].count) break;
      at[k] = 0;
      offset -= step[k] * region.axes[k].count;
    }
  }
}
void copy_region(const OpRecord& op, const Region& region, const Tensor& in, const Tensor& out) {
  with_width(op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = in.raw_as<T>();
    T* to = out.raw_as<T>();
    each_element_of(region, in.shape(), [&](std::int64_t offset, std::int64_t place) { to[place] = from[offset]; });
  });
}

// Slice: begin, size.
Region slice_region(const OpRecord& op, std::span<const Tensor> inputs) {
  const Shape& in = inputs[0].shape();
  const HostInts begin = host_ints(op, inputs[1]), size = host_ints(op, inputs[2]);
  Region region;
  region.known = begin.known && size.known;
  for (const HostInts& ints : {begin, size}) {
    if (ints.size >= 0 && ints.size != in.rank()) {
      throw_mismatch(op, inputs, fmt::format("Slice needs a begin and a size for each axis of {}.", to_string(in)));
    }
  }
  for (int i = 0; i < in.rank(); ++i) {
    Region::Axis& axis = region.axes[static_cast<std::size_t>(i)];
    axis.begin = begin.known ? begin[i] : 0;
    axis.count = size.known && size[i] >= 0                           ? size[i]
                 : size.known && begin.known && in[i] != Shape::kOpen ? in[i] - begin[i]
                                                                      : Shape::kOpen;
    const bool fits = in[i] == Shape::kOpen || axis.count == Shape::kOpen || axis.begin + axis.count <= in[i];
    if (axis.begin < 0 || axis.count < Shape::kOpen || !fits) {
      throw_invalid(op, fmt::format("Slice reaches outside axis {} of {}.", i, to_string(in)),
                    fmt::format("0 <= begin, begin + size <= {}", in[i]),
                    fmt::format("begin {}, size {}", axis.begin, axis.count));
    }
    region.inside.push_back(axis.count);
  }
  region.out = region.inside;
  return region;
}
void infer_slice(const InferContext& c) {
  c.outputs[0].dtype = c.inputs[0].dtype();
  check_same_dtype(c, 1, 2);
  if (c.inputs[0].shape().known_rank()) c.outputs[0].shape = slice_region(c.op, c.inputs).out;
}
void slice_kernel(const KernelContext& c) {
  copy_region(c.op, slice_region(c.op, c.inputs), c.inputs[0], c.outputs[0]);
}

Tensor shape_tensor(const Tensor& like, DType dtype) { return apply(kShape, like, Attrs::of(dtype)); }
void gradient_slice(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Region region = slice_region(c.op, c.inputs);
  const HostInts sizes = host_ints(c.op, c.inputs[2]);
  std::array<std::int64_t, Shape::kMaxRank> begin{}, end{}, ones{};
  std::int64_t to_the_end = 0;
  const auto rank = static_cast<std::size_t>(c.inputs[0].rank());
  for (std::size_t i = 0; i < rank; ++i) {
    begin[i] = region.axes[i].begin;
    end[i] = begin[i] + region.axes[i].count;
    ones[i] = 1;
    if (sizes[static_cast<int>(i)] < 0) to_the_end |= std::int64_t{1} << i;
  }
  const Attrs masks = Attrs::of(std::int64_t{0}, to_the_end, std::int64_t{0}, std::int64_t{0}, std::int64_t{0});
  c.input_gradients[0] = apply(kStridedSliceGrad,
                               {shape_tensor(c.inputs[0], DType::kInt32), int_tensor({begin.data(), rank}),
                                int_tensor({end.data(), rank}), int_tensor({ones.data(), rank}), c.output_gradients[0]},
                               masks);
}

// StridedSlice: NumPy's x[begin:end:stride, ...], one entry of the three lists an index, with its bit in the masks.
enum Mask : std::size_t { kBeginMask, kEndMask, kEllipsisMask, kNewAxisMask, kShrinkMask };

/// One axis of the input. `count` comes out open if the axis is.
Region::Axis strided_axis(const OpRecord& op, std::int64_t size, std::int64_t begin, std::int64_t end,
                          std::int64_t stride, bool from_start, bool to_end, bool single) {
  if (stride == 0) throw_invalid(op, "StridedSlice cannot go in steps of 0.");
  Region::Axis axis{0, Shape::kOpen, stride};
  if (single) {
    axis.count = 1;
    axis.stride = 1;
    axis.begin = begin;
    if (size == Shape::kOpen) return axis;
    if (begin < 0) axis.begin += size;
    if (axis.begin < 0 || axis.begin >= size) {
      throw_invalid(op, fmt::format("There is no element {} in an axis of {}.", begin, size),
                    fmt::format("-{} <= index < {}", size, size), std::to_string(begin));
    }
    return axis;
  }
  if (size == Shape::kOpen) {
    const bool plain = stride > 0 && !from_start && !to_end && begin >= 0 && end >= 0 && begin == 0 && end == 0;
    if (plain) axis.count = 0;
    return axis;
  }
  const auto clamp = [&](std::int64_t at) {
    if (at < 0) at += size;
    return stride > 0 ? std::clamp<std::int64_t>(at, 0, size) : std::clamp<std::int64_t>(at, -1, size - 1);
  };
  axis.begin = from_start ? (stride > 0 ? 0 : size - 1) : clamp(begin);
  const std::int64_t stop = to_end ? (stride > 0 ? size : -1) : clamp(end);
  const std::int64_t length = stride > 0 ? stop - axis.begin : axis.begin - stop, step = stride > 0 ? stride : -stride;
  axis.count = length <= 0 ? 0 : (length + step - 1) / step;
  return axis;
}

Region strided_region(const OpRecord& op, const Shape& in, std::span<const Tensor> lists, const Attrs& attrs) {
  const HostInts begin = host_ints(op, lists[0]), end = host_ints(op, lists[1]), stride = host_ints(op, lists[2]);
  Region region;
  if (!begin.known || !end.known || !stride.known) {
    region.known = false;
    region.out = Shape();
    return region;
  }
  if (begin.size != end.size || begin.size != stride.size)
    throw_mismatch(op, lists, "StridedSlice needs as many ends and strides as begins.");
  const auto bit = [&](Mask mask, int i) { return (attrs.integer(mask) >> i & 1) != 0; };
  int consumed = 0;  // axes of the input that entries other than the ellipsis stand for
  for (int i = 0; i < begin.size; ++i) consumed += !bit(kEllipsisMask, i) && !bit(kNewAxisMask, i) ? 1 : 0;
  if (consumed > in.rank())
    throw_mismatch(op, lists, fmt::format("StridedSlice has {} indices for {}.", consumed, to_string(in)));
  int axis = 0;
  const auto whole = [&](int count) {
    for (int k = 0; k < count; ++k, ++axis) {
      region.axes[static_cast<std::size_t>(axis)] = {0, in[axis], 1};
      region.inside.push_back(in[axis]);
      region.out.push_back(in[axis]);
    }
  };
  for (int i = 0; i < begin.size; ++i) {
    if (bit(kEllipsisMask, i)) {
      whole(in.rank() - consumed);
      consumed = in.rank();
    } else if (bit(kNewAxisMask, i)) {
      region.out.push_back(1);
    } else {
      const bool single = bit(kShrinkMask, i);
      const Region::Axis taken =
          strided_axis(op, in[axis], begin[i], end[i], stride[i], bit(kBeginMask, i), bit(kEndMask, i), single);
      region.axes[static_cast<std::size_t>(axis++)] = taken;
      region.inside.push_back(taken.count);
      if (!single) region.out.push_back(taken.count);
    }
  }
  whole(in.rank() - axis);
  return region;
}
void infer_strided(const InferContext& c) {
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (c.inputs[0].shape().known_rank())
    c.outputs[0].shape = strided_region(c.op, c.inputs[0].shape(), c.inputs.subspan(1, 3), c.attrs).out;
}
void strided_kernel(const KernelContext& c) {
  copy_region(c.op, strided_region(c.op, c.inputs[0].shape(), c.inputs.subspan(1, 3), c.attrs), c.inputs[0],
              c.outputs[0]);
}
void gradient_strided(const GradientContext& c) {
  if (!c.needs[0]) return;
  c.input_gradients[0] = apply(
      kStridedSliceGrad,
      {shape_tensor(c.inputs[0], c.inputs[1].dtype()), c.inputs[1], c.inputs[2], c.inputs[3], c.output_gradients[0]},
      c.attrs);
}

// StridedSliceGrad: shape, begin, end, strides, dy.
void infer_strided_grad(const InferContext& c) {
  c.outputs[0] = {c.inputs[4].dtype(), shape_of_input(c.op, c.inputs[0])};
}
void strided_grad_kernel(const KernelContext& c) {
  const Tensor &dy = c.inputs[4], &out = c.outputs[0];
  const Region region = strided_region(c.op, out.shape(), c.inputs.subspan(1, 3), c.attrs);
  if (region.inside.count() != dy.size()) {
    throw_mismatch(c.op, c.inputs.last(1),
                   fmt::format("StridedSliceGrad needs a gradient of shape {}.", to_string(region.out)));
  }
  with_width(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), T{});
    each_element_of(region, out.shape(),
                    [&](std::int64_t offset, std::int64_t place) { out.raw_as<T>()[offset] = dy.raw_as<T>()[place]; });
  });
}
void gradient_strided_grad(const GradientContext& c) {
  if (c.needs[4])
    c.input_gradients[4] =
        apply(kStridedSlice, {c.output_gradients[0], c.inputs[1], c.inputs[2], c.inputs[3]}, c.attrs);
}

constexpr std::string_view kNamesSlice[] = {"input", "begin", "size"};
constexpr TypeAttr kTypesSlice[] = {{"T", 0}, {"Index", 1}};
constexpr std::string_view kNamesStrided[] = {"input", "begin", "end", "strides"};
constexpr AttrDef kAttrsStrided[] = {{"begin_mask", AttrKind::kInt},
                                     {"end_mask", AttrKind::kInt},
                                     {"ellipsis_mask", AttrKind::kInt},
                                     {"new_axis_mask", AttrKind::kInt},
                                     {"shrink_axis_mask", AttrKind::kInt}};
constexpr std::string_view kNamesStridedGrad[] = {"shape", "begin", "end", "strides", "dy"};
constexpr TypeAttr kTypesStridedGrad[] = {{"T", 4}, {"Index", 0}};

}  // namespace

constinit const OpRecord kSlice = {.name = "Slice",
                                   .input_names = kNamesSlice,
                                   .output_names = kNamesOutput,
                                   .types = kTypesSlice,
                                   .infer = infer_slice,
                                   .kernel = slice_kernel,
                                   .gradient = gradient_slice,
                                   .any_width = true};
constinit const OpRecord kStridedSlice = {.name = "StridedSlice",
                                          .input_names = kNamesStrided,
                                          .output_names = kNamesOutput,
                                          .attrs = kAttrsStrided,
                                          .types = kTypesSlice,
                                          .infer = infer_strided,
                                          .kernel = strided_kernel,
                                          .gradient = gradient_strided,
                                          .any_width = true};
constinit const OpRecord kStridedSliceGrad = {.name = "StridedSliceGrad",
                                              .input_names = kNamesStridedGrad,
                                              .output_names = kNamesOutput,
                                              .attrs = kAttrsStrided,
                                              .types = kTypesStridedGrad,
                                              .infer = infer_strided_grad,
                                              .kernel = strided_grad_kernel,
                                              .gradient = gradient_strided_grad,
                                              .any_width = true};

namespace {

/// x[:, ..., begin:end, ...] with the range (or the one element) at `axis`.
Tensor at_axis(const Tensor& x, int axis, std::int64_t begin, std::int64_t end, bool single) {
  const int place = checked_axis(kStridedSlice, axis, x.rank());
  std::array<std::int64_t, Shape::kMaxRank> begins{}, ends{}, ones{};
  const auto n = static_cast<std::size_t>(place) + 1;
  begins[n - 1] = begin;
  ends[n - 1] = end;
  std::fill_n(ones.begin(), n, 1);
  const std::int64_t before = (std::int64_t{1} << place) - 1,
                     to_end = single && end == 0 ? before | std::int64_t{1} << place : before;
  const Attrs masks =
      Attrs::of(before, to_end, std::int64_t{0}, std::int64_t{0}, single ? std::int64_t{1} << place : std::int64_t{0});
  return apply(kStridedSlice,
               {x, int_tensor({begins.data(), n}), int_tensor({ends.data(), n}), int_tensor({ones.data(), n})}, masks);
}

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor slice(const Tensor& x, std::initializer_list<std::int64_t> begin, std::initializer_list<std::int64_t> sizes) {
  return apply(kSlice, x, int_tensor({begin.begin(), begin.size()}), int_tensor({sizes.begin(), sizes.size()}));
}
Tensor slice_axis(const Tensor& x, int axis, std::int64_t begin, std::int64_t end) {
  return at_axis(x, axis, begin, end, false);
}
Tensor take_one(const Tensor& x, int axis, std::int64_t index) { return at_axis(x, axis, index, index + 1, true); }

}  // namespace namesake
