#include "namesake/ops/create.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "namesake/base/error.h"
#include "namesake/ops/cast.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

void fill_zero(const Tensor& t) {
  if (t.size() > 0) std::memset(t.raw(), 0, t.bytes().size());
}

/// Every element becomes the number at `value`, which has t's dtype.
void fill_with(const OpRecord& op, const Tensor& t, const std::byte* value) {
  with_width(op, t.dtype(), [&](auto zero) {
    std::fill_n(t.raw_as<decltype(zero)>(), t.size(), *reinterpret_cast<const decltype(zero)*>(value));
  });
}

void fill_with(const OpRecord& op, const Tensor& t, double number) {
  alignas(8) std::byte value[16];
  if (!cast_numbers(t.dtype(), value, DType::kFloat64, reinterpret_cast<const std::byte*>(&number), 1)) {
    throw_unsupported_dtype(op, t.dtype());
  }
  fill_with(op, t, value);
}

void infer_fill(const InferContext& c) {
  check_rank(c, 1, 0);
  c.outputs[0] = {c.inputs[1].dtype(), shape_of_input(c.op, c.inputs[0])};
}
void fill_kernel(const KernelContext& c) { fill_with(c.op, c.outputs[0], c.inputs[1].raw()); }
void gradient_fill(const GradientContext& c) {
  if (c.needs[1]) c.input_gradients[1] = sum(c.output_gradients[0]);
}
void zeros_kernel(const KernelContext& c) {
  if (c.outputs[0].dtype() != DType::kString) fill_zero(c.outputs[0]);  // strings are empty from the start
}
void ones_kernel(const KernelContext& c) { fill_with(c.op, c.outputs[0], 1.0); }
void gradient_none(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = zeros_like(c.inputs[0]);
}

void infer_range(const InferContext& c) {
  for (std::size_t i = 0; i < 3; ++i) {
    check_rank(c, i, 0);
    check_same_dtype(c, 0, i);
  }
  const bool known = std::none_of(c.inputs.begin(), c.inputs.end(), [](const Tensor& t) { return t.is_symbolic(); });
  std::int64_t count = Shape::kOpen;
  if (known) {
    const double start = c.inputs[0].item<double>(), limit = c.inputs[1].item<double>(),
                 delta = c.inputs[2].item<double>();
    if (delta == 0) throw_invalid(c.op, "Range cannot go in steps of 0.");
    const double steps = std::ceil((limit - start) / delta);
    if (!(steps < 0x1p40)) throw_invalid(c.op, "Range would be too long.", "a finite number of steps, below 2^40");
    count = steps > 0 ? static_cast<std::int64_t>(steps) : 0;
  }
  c.outputs[0] = {c.inputs[0].dtype(), {count}};
}
void range_kernel(const KernelContext& c) {
  with_number(c.op, c.outputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    T value = *c.inputs[0].raw_as<T>();
    const T step = *c.inputs[2].raw_as<T>();
    T* out = c.outputs[0].raw_as<T>();
    for (std::int64_t i = 0, n = c.outputs[0].size(); i < n; ++i, value = static_cast<T>(value + step)) out[i] = value;
  });
}

// LinSpace: start, stop, num.
void infer_linspace(const InferContext& c) {
  check_floating(c, 0);
  check_same_dtype(c, 0, 1);
  for (const std::size_t i : {0, 1, 2}) check_rank(c, i, 0);
  const HostInts num = host_ints(c.op, c.inputs[2]);
  if (num.known && num[0] < 1)
    throw_invalid(c.op, "LinSpace needs at least one number.", "num > 0", std::to_string(num[0]));
  c.outputs[0] = {c.inputs[0].dtype(), {num.known ? num[0] : Shape::kOpen}};
}
void linspace_kernel(const KernelContext& c) {
  with_floating(c.op, c.outputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T start = *c.inputs[0].raw_as<T>(), stop = *c.inputs[1].raw_as<T>();
    const std::int64_t n = c.outputs[0].size();
    const T step = n > 1 ? (stop - start) / static_cast<T>(n - 1) : T(0);
    T* out = c.outputs[0].raw_as<T>();
    for (std::int64_t i = 0; i < n; ++i) out[i] = start + step * static_cast<T>(i);
    if (n > 1) out[n - 1] = stop;
  });
}

void infer_one_hot(const InferContext& c) {
  check_rank(c, 1, 0);
  check_rank(c, 2, 0);
  check_rank(c, 3, 0);
  check_same_dtype(c, 2, 3);
  const HostInts depth = host_ints(c.op, c.inputs[1]);
  if (depth.known && depth[0] < 0)
    throw_invalid(c.op, "OneHot needs a depth of 0 or more.", "", std::to_string(depth[0]));
  const Shape& in = c.inputs[0].shape();
  c.outputs[0].dtype = c.inputs[2].dtype();
  if (!in.known_rank()) return;
  const int axis = checked_axis(c.op, c.attrs.integer(0), in.rank() + 1);
  Shape out = Shape::scalar();
  for (int i = 0; i <= in.rank(); ++i) {
    out.push_back(i == axis ? (depth.known ? depth[0] : Shape::kOpen) : in[i < axis ? i : i - 1]);
  }
  c.outputs[0].shape = out;
}
void one_hot_kernel(const KernelContext& c) {
  const Tensor &indices = c.inputs[0], &out = c.outputs[0];
  fill_with(c.op, out, c.inputs[3].raw());
  const int axis = checked_axis(c.op, c.attrs.integer(0), out.rank());
  std::int64_t inner = 1;
  for (int i = axis + 1; i < out.rank(); ++i) inner *= out.shape()[i];
  const std::int64_t depth = out.shape()[axis];
  if (out.size() == 0) return;
  with_width(c.op, out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T on = *c.inputs[2].raw_as<T>();
    with_index(c.op, indices.dtype(), [&](auto index_zero) {
      const auto* in = indices.raw_as<decltype(index_zero)>();
      for (std::int64_t i = 0, n = indices.size(); i < n; ++i) {
        const auto at = static_cast<std::int64_t>(in[i]);
        if (at >= 0 && at < depth) out.raw_as<T>()[(i / inner * depth + at) * inner + i % inner] = on;
      }
    });
  });
}

constexpr std::string_view kNamesFill[] = {"dims", "value"};
constexpr TypeAttr kTypesFill[] = {{"T", 1}, {"index_type", 0}};
constexpr std::string_view kNamesRange[] = {"start", "limit", "delta"};
constexpr TypeAttr kTypesRange[] = {{"Tidx", 0}};
constexpr std::string_view kNamesLinSpace[] = {"start", "stop", "num"};
constexpr TypeAttr kTypesLinSpace[] = {{"T", 0}, {"Tidx", 2}};
constexpr std::string_view kNamesOneHot[] = {"indices", "depth", "on_value", "off_value"};
constexpr TypeAttr kTypesOneHot[] = {{"T", 2}, {"TI", 0}};
constexpr AttrDef kAttrsOneHot[] = {{.name = "axis", .kind = AttrKind::kInt, .fallback = -1}};

}  // namespace

constinit const OpRecord kFill = {.name = "Fill",
                                  .input_names = kNamesFill,
                                  .output_names = kNamesOutput,
                                  .types = kTypesFill,
                                  .infer = infer_fill,
                                  .kernel = fill_kernel,
                                  .gradient = gradient_fill,
                                  .any_width = true};
constinit const OpRecord kZerosLike = {.name = "ZerosLike",
                                       .input_names = kNamesX,
                                       .output_names = kNamesY,
                                       .types = kTypeT,
                                       .infer = infer_as_input,
                                       .kernel = zeros_kernel,
                                       .gradient = gradient_none,
                                       .any_width = true};
constinit const OpRecord kOnesLike = {.name = "OnesLike",
                                      .input_names = kNamesX,
                                      .output_names = kNamesY,
                                      .types = kTypeT,
                                      .infer = infer_as_input,
                                      .kernel = ones_kernel,
                                      .gradient = gradient_none,
                                      .any_width = true};
constinit const OpRecord kRange = {.name = "Range",
                                   .input_names = kNamesRange,
                                   .output_names = kNamesOutput,
                                   .types = kTypesRange,
                                   .infer = infer_range,
                                   .kernel = range_kernel,
                                   .blocks_gradient = true};
constinit const OpRecord kLinSpace = {.name = "LinSpace",
                                      .input_names = kNamesLinSpace,
                                      .output_names = kNamesOutput,
                                      .types = kTypesLinSpace,
                                      .infer = infer_linspace,
                                      .kernel = linspace_kernel,
                                      .blocks_gradient = true};
constinit const OpRecord kOneHot = {.name = "OneHot",
                                    .input_names = kNamesOneHot,
                                    .output_names = kNamesOutput,
                                    .attrs = kAttrsOneHot,
                                    .types = kTypesOneHot,
                                    .infer = infer_one_hot,
                                    .kernel = one_hot_kernel,
                                    .any_width = true,
                                    .blocks_gradient = true};

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor zeros(const Shape& shape, DType dtype) {
  Tensor t = Tensor::empty(dtype, shape);
  if (dtype != DType::kString) fill_zero(t);
  return t;
}
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor full(const Shape& shape, double value, DType dtype) {
  Tensor t = Tensor::empty(dtype, shape);
  if (dtype == DType::kFloat32)
    std::fill_n(t.raw_as<float>(), t.size(), static_cast<float>(value));
  else
    fill_with(kFill, t, value);
  return t;
}
Tensor zeros_like(const Tensor& x) { return apply(kZerosLike, x); }
Tensor ones_like(const Tensor& x) { return apply(kOnesLike, x); }
Tensor arange(double start, double stop, double step, DType dtype) {
  return apply(kRange, full(Shape::scalar(), start, dtype), full(Shape::scalar(), stop, dtype),
               full(Shape::scalar(), step, dtype));
}
Tensor arange(std::int64_t stop) { return arange(0, static_cast<double>(stop)); }
Tensor linspace(double start, double stop, std::int64_t num, bool endpoint, DType dtype) {
  const DType floating = is_floating(dtype) ? dtype : DType::kFloat32;
  if (!endpoint && num > 0) stop -= (stop - start) / static_cast<double>(num);
  return cast(
      apply(kLinSpace, full(Shape::scalar(), start, floating), full(Shape::scalar(), stop, floating), int_scalar(num)),
      dtype);
}

Tensor eye(std::int64_t rows, std::int64_t columns, DType dtype, std::int64_t k) {
  if (columns < 0) columns = rows;
  Tensor t = zeros({rows, columns}, dtype);
  const Tensor one = ones({1}, dtype);
  const std::size_t width = size_of(dtype);
  for (std::int64_t i = std::max<std::int64_t>(0, -k); i < rows && i + k < columns; ++i) {
    std::memcpy(t.raw() + static_cast<std::size_t>(i * columns + i + k) * width, one.raw(), width);
  }
  return t;
}

Tensor one_hot(const Tensor& x, std::int64_t num_classes, int axis, DType dtype) {
  const Tensor indices = is_integer(x.dtype()) ? x : cast(x, DType::kInt32);
  const std::int64_t depth[] = {num_classes};
  return apply(kOneHot,
               {indices, int_tensor(depth).with_shape(Shape::scalar()), ones(Shape::scalar(), dtype),
                zeros(Shape::scalar(), dtype)},
               Attrs::of(axis));
}

}  // namespace namesake
