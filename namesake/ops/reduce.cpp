#include "namesake/ops/reduce.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "namesake/base/error.h"
#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/scan.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

using Reduced = std::array<bool, Shape::kMaxRank>;

Reduced reduced_axes(const OpRecord& op, const HostInts& axes, int rank) {
  Reduced reduced{};
  for (int i = 0; i < axes.size; ++i) reduced[static_cast<std::size_t>(checked_axis(op, axes[i], rank))] = true;
  return reduced;
}

void infer_reduction(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  const bool keep = c.attrs.boolean(0);
  c.outputs[0].dtype = c.inputs[0].dtype();
  const HostInts axes = host_ints(c.op, c.inputs[1]);
  if (!in.known_rank() || (!axes.known && !keep)) return;
  Shape out = Shape::scalar();
  const Reduced reduced = axes.known ? reduced_axes(c.op, axes, in.rank()) : Reduced{};
  for (int i = 0; i < in.rank(); ++i) {
    if (!axes.known)
      out.push_back(Shape::kOpen);
    else if (!reduced[static_cast<std::size_t>(i)])
      out.push_back(in[i]);
    else if (keep)
      out.push_back(1);
  }
  c.outputs[0].shape = out;
}

/// Neighbouring axes that are kept together, or reduced together, are one; they alternate.
struct ReductionPlan {
  int rank = 0;
  std::array<std::int64_t, Shape::kMaxRank> size{};
  Reduced reduced{};

  ReductionPlan(const Shape& in, const Reduced& axes) {
    for (int i = 0; i < in.rank(); ++i) {
      const bool gone = axes[static_cast<std::size_t>(i)];
      if (in[i] == 1) continue;
      if (rank > 0 && reduced[static_cast<std::size_t>(rank) - 1] == gone) {
        size[static_cast<std::size_t>(rank) - 1] *= in[i];
      } else {
        size[static_cast<std::size_t>(rank)] = in[i];
        reduced[static_cast<std::size_t>(rank++)] = gone;
      }
    }
  }
};

// A reduction of T, by three loops: a run to one number, two numbers, rows to their column-wise result.
template <class F, class T>
void reduce_rows(T* out, const T* in, std::int64_t rows, std::int64_t cols) {
  std::fill_n(out, cols, F::template start<T>());
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t k = 0; k < cols; ++k) out[k] = F::of(out[k], in[r * cols + k]);
  }
}
template <class F, class T>
T reduce_run(const T* in, std::int64_t n) {
  if constexpr (std::is_same_v<T, float> && requires { F::kFloatRun; }) {
    if (n > 0) return (kernels::table().*F::kFloatRun)(in, n);
  }
  return std::accumulate(in, in + n, F::template start<T>(), [](T a, T b) { return F::of(a, b); });
}

/// Reduces axes [axis, rank) of the plan at `in` into `out`, which has the kept ones among them.
template <class F, class T>
void reduce_axes(const ReductionPlan& plan, int axis, T* out, const T* in, std::int64_t in_size,
                 std::int64_t out_size) {
  const auto at = static_cast<std::size_t>(axis);
  const std::int64_t n = plan.size[at], step = in_size / n;
  if (axis == plan.rank - 1) {
    if (plan.reduced[at])
      *out = reduce_run<F>(in, n);
    else
      std::copy_n(in, n, out);
  } else if (!plan.reduced[at]) {
    if constexpr (std::is_same_v<T, float> && F::kIsSum) {
      if (axis == plan.rank - 2) return kernels::table().sum_each_row(out, in, n, step);
    }
    for (std::int64_t i = 0; i < n; ++i)
      reduce_axes<F>(plan, axis + 1, out + i * (out_size / n), in + i * step, step, out_size / n);
  } else if (axis == plan.rank - 2) {  // reduced, then kept: columns
    if constexpr (std::is_same_v<T, float> && F::kIsSum)
      kernels::table().sum_rows(out, in, n, step);
    else
      reduce_rows<F>(out, in, n, step);
  } else {
    reduce_axes<F>(plan, axis + 1, out, in, step, out_size);
    const Tensor part = Tensor::empty(dtype_of<T>(), {out_size});
    T* other = part.raw_as<T>();
    for (std::int64_t i = 1; i < n; ++i) {
      reduce_axes<F>(plan, axis + 1, other, in + i * step, step, out_size);
      for (std::int64_t k = 0; k < out_size; ++k) out[k] = F::of(out[k], other[k]);
    }
  }
}

template <class F, class T>
void reduce(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const Reduced axes = reduced_axes(c.op, host_ints(c.op, c.inputs[1]), in.rank());
  if (in.size() == 0) {
    std::fill_n(out.raw_as<T>(), out.size(), F::template start<T>());
    return;
  }
  const ReductionPlan plan(in.shape(), axes);
  if (plan.rank == 0)
    *out.raw_as<T>() = *in.raw_as<T>();
  else
    reduce_axes<F>(plan, 0, out.raw_as<T>(), in.raw_as<T>(), in.size(), out.size());
}

using FloatRun = float (*kernels::Table::*)(const float*, kernels::Int);
struct Sum {
  static constexpr bool kIsSum = true;
  static constexpr FloatRun kFloatRun = &kernels::Table::sum;
  template <class T>
  static T start() {
    return T(0);
  }
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) + static_cast<std::make_unsigned_t<T>>(b));
    else
      return a + b;
  }
};
struct Prod {
  static constexpr bool kIsSum = false;
  static constexpr FloatRun kFloatRun = &kernels::Table::prod;
  template <class T>
  static T start() {
    return T(1);
  }
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(std::make_unsigned_t<T>(a) * std::make_unsigned_t<T>(b));
    else
      return a * b;
  }
};
struct Max {
  static constexpr bool kIsSum = false;
  static constexpr FloatRun kFloatRun = &kernels::Table::max;
  template <class T>
  static T start() {
    return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  }
  template <class T>
  static T of(T a, T b) {
    return (a > b || a != a) ? a : b;
  }
};
struct Min {
  static constexpr bool kIsSum = false;
  static constexpr FloatRun kFloatRun = &kernels::Table::min;
  template <class T>
  static T start() {
    return std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  }
  template <class T>
  static T of(T a, T b) {
    return (a < b || a != a) ? a : b;
  }
};
struct All {
  static constexpr bool kIsSum = false;
  template <class T>
  static T start() {
    return true;
  }
  template <class T>
  static T of(T a, T b) {
    return a && b;
  }
};
struct Any {
  static constexpr bool kIsSum = false;
  template <class T>
  static T start() {
    return false;
  }
  template <class T>
  static T of(T a, T b) {
    return a || b;
  }
};

template <class F>
void reduction_kernel(const KernelContext& c) {
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) { reduce<F, decltype(zero)>(c); });
}
template <class F>
void bool_kernel(const KernelContext& c) {
  if (c.inputs[0].dtype() != DType::kBool) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  reduce<F, bool>(c);
}
void mean_kernel(const KernelContext& c) {
  reduction_kernel<Sum>(c);
  const std::int64_t n = c.outputs[0].size();
  if (n == 0) return;
  const std::int64_t count = c.inputs[0].size() / n;
  with_number(c.op, c.inputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = c.outputs[0].raw_as<T>();
    if constexpr (std::is_integral_v<T>) {
      if (count == 0) return;
    }
    for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(out[i] / static_cast<T>(count));
  });
}

/// The output's gradient (or value) with the reduced axes put back as 1.
Tensor with_kept_axes(const GradientContext& c, const Tensor& t) {
  if (c.attrs.boolean(0)) return t;
  Shape kept = c.inputs[0].shape();
  const HostInts axes = host_ints(c.op, c.inputs[1]);
  const Reduced reduced = reduced_axes(c.op, axes, kept.rank());
  for (int i = 0; i < kept.rank(); ++i) {
    if (reduced[static_cast<std::size_t>(i)]) kept.set(i, 1);
  }
  return reshape(t, kept);
}
void gradient_sum(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = broadcast_like(with_kept_axes(c, c.output_gradients[0]), c.inputs[0]);
}
void gradient_mean(const GradientContext& c) {
  if (!c.needs[0]) return;
  const auto in = c.inputs[0].shape().elements(), out = c.outputs[0].shape().elements();
  Tensor g = c.output_gradients[0];
  if (in && out) {
    g = g / (static_cast<double>(*in) / static_cast<double>(std::max<std::int64_t>(*out, 1)));
  } else {  // sizes are open: counted when the numbers are there
    g = g / apply(kSum, ones_like(c.inputs[0]), c.inputs[1], c.attrs);
  }
  c.input_gradients[0] = broadcast_like(with_kept_axes(c, g), c.inputs[0]);
}
// Where several numbers are the largest they share the gradient.
void gradient_extreme(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor& x = c.inputs[0];
  const Tensor chosen = cast(equal(x, with_kept_axes(c, c.outputs[0])), x.dtype());
  const Tensor count = apply(kSum, chosen, c.inputs[1], Attrs::of(true));
  c.input_gradients[0] = chosen / count * with_kept_axes(c, c.output_gradients[0]);
}

constexpr std::string_view kNamesReduce[] = {"input", "reduction_indices"};
constexpr AttrDef kAttrsReduce[] = {{"keep_dims", AttrKind::kBool}};
constexpr TypeAttr kTypesReduce[] = {{"T", 0}, {"Tidx", 1}};
constexpr TypeAttr kTypesBool[] = {{"Tidx", 1}};
constexpr OpRecord reduction(std::string_view name, void (*kernel)(const KernelContext&),
                             void (*gradient)(const GradientContext&), std::span<const TypeAttr> types = kTypesReduce) {
  return {.name = name,
          .input_names = kNamesReduce,
          .output_names = kNamesOutput,
          .attrs = kAttrsReduce,
          .types = types,
          .infer = infer_reduction,
          .kernel = kernel,
          .gradient = gradient};
}

// The product of the others along each reduced axis: of those before, times those behind (right where a factor is 0).
void gradient_prod(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor& x = c.inputs[0];
  const Reduced reduced = reduced_axes(c.op, host_ints(c.op, c.inputs[1]), x.rank());
  // The reduced axes go to the front as one axis.
  std::array<std::int64_t, Shape::kMaxRank> order{}, back{};
  std::size_t count = 0;
  std::int64_t together = 1;
  for (const bool wanted : {true, false}) {
    for (int i = 0; i < x.rank(); ++i) {
      if (reduced[static_cast<std::size_t>(i)] != wanted) continue;
      if (wanted) together *= x.shape()[i];
      back[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(count);
      order[count++] = i;
    }
  }
  const Tensor turned = transpose(x, std::span<const std::int64_t>(order.data(), count));
  const std::int64_t rest = together == 0 ? 0 : x.size() / together;
  const Tensor flat = reshape(turned, {together, rest});
  const Tensor others = cumprod(flat, 0, true, false) * cumprod(flat, 0, true, true);
  const Tensor shaped = transpose(reshape(others, turned.shape()), std::span<const std::int64_t>(back.data(), count));
  c.input_gradients[0] = shaped * with_kept_axes(c, c.output_gradients[0]);
}

void infer_arg(const InferContext& c) {
  c.outputs[0].dtype = index_type(c, 0, true);
  const HostInts axis = host_ints(c.op, c.inputs[1]);
  const Shape& in = c.inputs[0].shape();
  if (!in.known_rank() || !axis.known) return;
  const int gone = checked_axis(c.op, axis[0], in.rank());
  if (in[gone] == 0) throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs an axis that is not empty.");
  Shape out = Shape::scalar();
  for (int i = 0; i < in.rank(); ++i) {
    if (i != gone) out.push_back(in[i]);
  }
  c.outputs[0].shape = out;
}
template <class T, class Better>
std::int64_t best_place(const T* in, std::int64_t n, std::int64_t step, Better better) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < n; ++i) {
    if (better(in[i * step], in[best * step])) best = i;
  }
  return best;
}
template <bool kLargest>
void arg_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const int axis = checked_axis(c.op, host_ints(c.op, c.inputs[1])[0], in.rank());
  std::int64_t inner = 1;
  for (int i = axis + 1; i < in.rank(); ++i) inner *= in.shape()[i];
  const std::int64_t n = in.shape()[axis];
  with_number(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t k = 0; k < out.size(); ++k) {
      const T* from = in.raw_as<T>() + k / inner * n * inner + k % inner;
      const std::int64_t best = best_place(from, n, inner, [](T a, T b) { return kLargest ? a > b : a < b; });
      if (out.dtype() == DType::kInt32)
        out.raw_as<std::int32_t>()[k] = static_cast<std::int32_t>(best);
      else
        out.raw_as<std::int64_t>()[k] = best;
    }
  });
}
constexpr std::string_view kNamesArg[] = {"input", "dimension"};
constexpr AttrDef kAttrsArg[] = {{"output_type", AttrKind::kType, static_cast<std::int64_t>(DType::kInt64)}};
constexpr OpRecord arg(std::string_view name, void (*kernel)(const KernelContext&)) {
  return {.name = name,
          .input_names = kNamesArg,
          .output_names = kNamesOutput,
          .attrs = kAttrsArg,
          .types = kTypesReduce,
          .infer = infer_arg,
          .kernel = kernel};
}

}  // namespace

constinit const OpRecord kSum = reduction("Sum", reduction_kernel<Sum>, gradient_sum);
constinit const OpRecord kMean = reduction("Mean", mean_kernel, gradient_mean);
constinit const OpRecord kMax = reduction("Max", reduction_kernel<Max>, gradient_extreme);
constinit const OpRecord kMin = reduction("Min", reduction_kernel<Min>, gradient_extreme);
constinit const OpRecord kProd = reduction("Prod", reduction_kernel<Prod>, gradient_prod);
constinit const OpRecord kAll = reduction("All", bool_kernel<All>, nullptr, kTypesBool);
constinit const OpRecord kAny = reduction("Any", bool_kernel<Any>, nullptr, kTypesBool);
constinit const OpRecord kArgMax = arg("ArgMax", arg_kernel<true>);
constinit const OpRecord kArgMin = arg("ArgMin", arg_kernel<false>);

}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Axes::Axes(std::span<const std::int64_t> axes) : all_(false), count_(axes.size()) {
  if (axes.size() > values_.size()) {
    throw InvalidArgument({.what = "A reduction over more axes than a tensor may have.",
                           .expected = "at most " + std::to_string(values_.size()),
                           .received = std::to_string(axes.size())});
  }
  std::copy(axes.begin(), axes.end(), values_.begin());
}

namespace {

Tensor reduced(const OpRecord& op, const Tensor& x, const Axes& axes, bool keepdims) {
  if (!axes.all()) return apply(op, x, int_tensor(axes.values()), Attrs::of(keepdims));
  if (!x.shape().known_rank()) {
    throw ShapeMismatch(
        {.subject = std::string(op.name), .what = "All axes of a tensor of unknown rank cannot be reduced."});
  }
  constexpr std::array<std::int64_t, Shape::kMaxRank> kEvery = {0, 1, 2, 3, 4, 5, 6, 7};
  return apply(op, x, int_tensor({kEvery.data(), static_cast<std::size_t>(x.rank())}), Attrs::of(keepdims));
}

/// What small integers add up in, as Keras has it.
DType accumulated(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kInt8:
    case DType::kInt16:
      return DType::kInt32;
    case DType::kUInt8:
    case DType::kUInt16:
      return DType::kUInt32;
    default:
      return dtype;
  }
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axes, bool keepdims) {
  return reduced(kSum, cast(x, accumulated(x.dtype())), axes, keepdims);
}
Tensor mean(const Tensor& x, const Axes& axes, bool keepdims) {
  return reduced(kMean, is_floating(x.dtype()) ? x : cast(x, DType::kFloat32), axes, keepdims);
}
Tensor max(const Tensor& x, const Axes& axes, bool keepdims) { return reduced(kMax, x, axes, keepdims); }
Tensor min(const Tensor& x, const Axes& axes, bool keepdims) { return reduced(kMin, x, axes, keepdims); }
Tensor prod(const Tensor& x, const Axes& axes, bool keepdims) {
  return reduced(kProd, cast(x, accumulated(x.dtype())), axes, keepdims);
}
Tensor all(const Tensor& x, const Axes& axes, bool keepdims) {
  return reduced(kAll, cast(x, DType::kBool), axes, keepdims);
}
Tensor any(const Tensor& x, const Axes& axes, bool keepdims) {
  return reduced(kAny, cast(x, DType::kBool), axes, keepdims);
}
Tensor argmax(const Tensor& x, int axis) { return apply(kArgMax, x, Tensor(axis), Attrs::of(DType::kInt32)); }
Tensor argmin(const Tensor& x, int axis) { return apply(kArgMin, x, Tensor(axis), Attrs::of(DType::kInt32)); }

}  // namespace namesake
