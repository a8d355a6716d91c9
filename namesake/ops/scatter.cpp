// GatherNd, ScatterNd and the TensorScatter ops.
#include "namesake/ops/scatter.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

/// The places in a tensor of shape `whole`: how many, and how many elements a slice has.
struct Places {
  std::int64_t count, slice;
  int depth;

  Places(const Shape& whole, const Shape& indices)
      : count(elements_between(indices, 0, indices.rank() - 1)),
        slice(elements_between(whole, static_cast<int>(indices.back()), whole.rank())),
        depth(static_cast<int>(indices.back())) {}
};
/// Where slice number `i` begins. Throws InvalidArgument for a place outside.
std::int64_t slice_at(const OpRecord& op, const Shape& whole, const Tensor& indices, const Places& places,
                      std::int64_t i) {
  std::int64_t at = 0;
  for (int k = 0; k < places.depth; ++k) {
    const std::int64_t index = index_at(indices, i * places.depth + k);
    if (index < 0 || index >= whole[k]) {
      throw_invalid(op, fmt::format("{} has no element {} in axis {} of {}.", op.name, index, k, to_string(whole)),
                    fmt::format("0 <= index < {}", whole[k]), std::to_string(index));
    }
    at = at * whole[k] + index;
  }
  return at * places.slice;
}

/// The shape of what stands at the places of `indices`.
Shape slices_shape(const InferContext& c, const Shape& whole, const Shape& indices) {
  if (indices.rank() == 0) throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs indices of rank 1 or more.");
  if (!whole.known_rank() || !indices.known_rank() || indices.back() == Shape::kOpen) return {};
  if (indices.back() > whole.rank()) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} has places of {} numbers for a tensor of shape {}.", c.op.name, indices.back(),
                               to_string(whole)),
                   fmt::format("at most {}", whole.rank()));
  }
  Shape out = Shape::scalar();
  for (int i = 0; i + 1 < indices.rank(); ++i) out.push_back(indices[i]);
  for (int i = static_cast<int>(indices.back()); i < whole.rank(); ++i) out.push_back(whole[i]);
  return out;
}
void check_updates(const InferContext& c, const Shape& whole, std::size_t indices, std::size_t updates) {
  check_integers(c, indices);
  const Shape expected = slices_shape(c, whole, c.inputs[indices].shape());
  if (!c.inputs[updates].shape().compatible_with(expected)) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} needs updates of another shape for {} in {}.", c.op.name,
                               to_string(c.inputs[indices].shape()), to_string(whole)),
                   to_string(expected));
  }
}

void infer_gather_nd(const InferContext& c) {
  check_integers(c, 1);
  c.outputs[0] = {c.inputs[0].dtype(), slices_shape(c, c.inputs[0].shape(), c.inputs[1].shape())};
}
void gather_nd_kernel(const KernelContext& c) {
  const Tensor &params = c.inputs[0], &indices = c.inputs[1], &out = c.outputs[0];
  const Places places(params.shape(), indices.shape());
  with_width(c.op, params.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t i = 0; i < places.count; ++i) {
      std::copy_n(params.raw_as<T>() + slice_at(c.op, params.shape(), indices, places, i), places.slice,
                  out.raw_as<T>() + i * places.slice);
    }
  });
}
void gradient_gather_nd(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor shape = apply(kShape, c.inputs[0], Attrs::of(c.inputs[1].dtype()));
  c.input_gradients[0] = apply(kScatterNd, c.inputs[1], c.output_gradients[0], shape);
}

struct Update {
  template <class T>
  static T of(const T&, const T& update) {
    return update;
  }
};
struct Plus {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a + b);
  }
};
struct Minus {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a - b);
  }
};
struct Larger {
  template <class T>
  static T of(T a, T b) {
    return std::max(a, b);
  }
};
struct Smaller {
  template <class T>
  static T of(T a, T b) {
    return std::min(a, b);
  }
};
/// out = F(out, update) at each place.
template <class F, class T>
void scatter_into(const OpRecord& op, const Tensor& out, const Tensor& indices, const Tensor& updates) {
  const Places places(out.shape(), indices.shape());
  for (std::int64_t i = 0; i < places.count; ++i) {
    T* to = out.raw_as<T>() + slice_at(op, out.shape(), indices, places, i);
    const T* from = updates.raw_as<T>() + i * places.slice;
    for (std::int64_t k = 0; k < places.slice; ++k) to[k] = F::of(to[k], from[k]);
  }
}

// ScatterNd: indices, updates, shape.
void infer_scatter_nd(const InferContext& c) {
  const Shape whole = shape_of_input(c.op, c.inputs[2]);
  check_updates(c, whole, 0, 1);
  c.outputs[0] = {c.inputs[1].dtype(), whole};
}
void scatter_nd_kernel(const KernelContext& c) {
  with_number(c.op, c.outputs[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(c.outputs[0].raw_as<T>(), c.outputs[0].size(), T{});
    scatter_into<Plus, T>(c.op, c.outputs[0], c.inputs[0], c.inputs[1]);
  });
}
void gradient_scatter_nd(const GradientContext& c) {
  if (c.needs[1]) c.input_gradients[1] = apply(kGatherNd, c.output_gradients[0], c.inputs[0]);
}

// TensorScatter...: tensor, indices, updates.
void infer_tensor_scatter(const InferContext& c) {
  check_same_dtype(c, 0, 2);
  check_updates(c, c.inputs[0].shape(), 1, 2);
  infer_as_input(c);
}
template <class F>
void tensor_scatter_kernel(const KernelContext& c) {
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    std::copy_n(c.inputs[0].raw_as<T>(), c.inputs[0].size(), c.outputs[0].raw_as<T>());
    scatter_into<F, T>(c.op, c.outputs[0], c.inputs[1], c.inputs[2]);
  };
  if constexpr (std::is_same_v<F, Update>)
    with_width(c.op, c.inputs[0].dtype(), run);
  else
    with_number(c.op, c.inputs[0].dtype(), run);
}
void gradient_update(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &indices = c.inputs[1];
  if (c.needs[0]) c.input_gradients[0] = apply(kTensorScatterUpdate, g, indices, zeros_like(c.inputs[2]));
  if (c.needs[2]) c.input_gradients[2] = apply(kGatherNd, g, indices);
}
void gradient_plus(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = c.output_gradients[0];
  if (c.needs[2]) c.input_gradients[2] = apply(kGatherNd, c.output_gradients[0], c.inputs[1]);
}
void gradient_minus(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = c.output_gradients[0];
  if (c.needs[2]) c.input_gradients[2] = negative(apply(kGatherNd, c.output_gradients[0], c.inputs[1]));
}
// What is as large as the result shares the gradient.
void gradient_extreme(const GradientContext& c) {
  const Tensor &g = c.output_gradients[0], &x = c.inputs[0], &indices = c.inputs[1], &updates = c.inputs[2];
  const Tensor x_chosen = cast(equal(x, c.outputs[0]), x.dtype());
  const Tensor chosen = cast(equal(updates, apply(kGatherNd, c.outputs[0], indices)), x.dtype());
  const Tensor share =
      g / (x_chosen + apply(kScatterNd, indices, chosen, apply(kShape, x, Attrs::of(indices.dtype()))));
  if (c.needs[0]) c.input_gradients[0] = share * x_chosen;
  if (c.needs[2]) c.input_gradients[2] = apply(kGatherNd, share, indices) * chosen;
}

constexpr std::string_view kNamesGatherNd[] = {"params", "indices"};
constexpr TypeAttr kTypesGatherNd[] = {{"Tparams", 0}, {"Tindices", 1}};
constexpr std::string_view kNamesScatterNd[] = {"indices", "updates", "shape"};
constexpr TypeAttr kTypesScatterNd[] = {{"T", 1}, {"Tindices", 0}};
constexpr std::string_view kNamesTensorScatter[] = {"tensor", "indices", "updates"};
constexpr TypeAttr kTypesTensorScatter[] = {{"T", 0}, {"Tindices", 1}};
/// What to do with a place outside: nothing said, or "ERROR"; "IGNORE" is not done.
constexpr AttrDef kAttrsPolicy[] = {{.name = "bad_indices_policy", .kind = AttrKind::kWord, .words = ",ERROR"}};
constexpr OpRecord tensor_scatter(std::string_view name, void (*kernel)(const KernelContext&),
                                  void (*gradient)(const GradientContext&), bool any_width = false) {
  return {.name = name,
          .input_names = kNamesTensorScatter,
          .output_names = kNamesOutput,
          .attrs = kAttrsPolicy,
          .types = kTypesTensorScatter,
          .infer = infer_tensor_scatter,
          .kernel = kernel,
          .gradient = gradient,
          .any_width = any_width};
}

}  // namespace

constinit const OpRecord kGatherNd = {.name = "GatherNd",
                                      .input_names = kNamesGatherNd,
                                      .output_names = kNamesOutput,
                                      .attrs = kAttrsPolicy,
                                      .types = kTypesGatherNd,
                                      .infer = infer_gather_nd,
                                      .kernel = gather_nd_kernel,
                                      .gradient = gradient_gather_nd,
                                      .any_width = true};
constinit const OpRecord kScatterNd = {.name = "ScatterNd",
                                       .input_names = kNamesScatterNd,
                                       .output_names = kNamesOutput,
                                       .attrs = kAttrsPolicy,
                                       .types = kTypesScatterNd,
                                       .infer = infer_scatter_nd,
                                       .kernel = scatter_nd_kernel,
                                       .gradient = gradient_scatter_nd};
constinit const OpRecord kTensorScatterUpdate =
    tensor_scatter("TensorScatterUpdate", tensor_scatter_kernel<Update>, gradient_update, true);
constinit const OpRecord kTensorScatterAdd =
    tensor_scatter("TensorScatterAdd", tensor_scatter_kernel<Plus>, gradient_plus);
constinit const OpRecord kTensorScatterSub =
    tensor_scatter("TensorScatterSub", tensor_scatter_kernel<Minus>, gradient_minus);
constinit const OpRecord kTensorScatterMax =
    tensor_scatter("TensorScatterMax", tensor_scatter_kernel<Larger>, gradient_extreme);
constinit const OpRecord kTensorScatterMin =
    tensor_scatter("TensorScatterMin", tensor_scatter_kernel<Smaller>, gradient_extreme);

namespace {
Tensor as_indices(const Tensor& x) {
  return x.dtype() == DType::kInt32 || x.dtype() == DType::kInt64 ? x : cast(x, DType::kInt32);
}
Tensor scattered(const OpRecord& op, const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  return apply(op, inputs, as_indices(indices), cast(updates, inputs.dtype()));
}
}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor gather_nd(const Tensor& params, const Tensor& indices) { return apply(kGatherNd, params, as_indices(indices)); }
Tensor scatter(const Tensor& indices, const Tensor& values, const Shape& shape) {
  const Tensor places = as_indices(indices);
  return apply(kScatterNd, places, values, cast(int_tensor(shape.sizes()), places.dtype()));
}
Tensor scatter_update(const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  return scattered(kTensorScatterUpdate, inputs, indices, updates);
}
Tensor scatter_add(const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  return scattered(kTensorScatterAdd, inputs, indices, updates);
}
Tensor scatter_sub(const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  return scattered(kTensorScatterSub, inputs, indices, updates);
}
Tensor scatter_max(const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  return scattered(kTensorScatterMax, inputs, indices, updates);
}
Tensor scatter_min(const Tensor& inputs, const Tensor& indices, const Tensor& updates) {
  return scattered(kTensorScatterMin, inputs, indices, updates);
}

}  // namespace namesake
