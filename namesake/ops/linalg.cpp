#include "namesake/ops/linalg.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/onednn.h"
#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

[[noreturn]] void throw_inner(const InferContext& c, std::int64_t left, std::int64_t right) {
  throw_mismatch(c.op, c.inputs,
                 fmt::format("{} cannot multiply {} by {}: the inner sizes {} and {} differ.", c.op.name,
                             to_string(c.inputs[0].shape()), to_string(c.inputs[1].shape()), left, right));
}

void infer_matmul(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  check_rank(c, 0, 2);
  check_rank(c, 1, 2);
  const Shape &a = c.inputs[0].shape(), &b = c.inputs[1].shape();
  const bool ta = c.attrs.boolean(0), tb = c.attrs.boolean(1);
  const auto size = [](const Shape& s, int axis) { return s.known_rank() ? s[axis] : Shape::kOpen; };
  const std::int64_t left = size(a, ta ? 0 : 1), right = size(b, tb ? 1 : 0);
  if (left != right && left != Shape::kOpen && right != Shape::kOpen) throw_inner(c, left, right);
  c.outputs[0] = {c.inputs[0].dtype(), {size(a, ta ? 1 : 0), size(b, tb ? 0 : 1)}};
}

struct Product {
  bool ta, tb;
  std::int64_t m, n, k;
};

/// Plain loops, for the dtypes that oneDNN does not multiply.
template <class T>
void multiply_plainly(const Product& p, const T* a, const T* b, T* c) {
  using U = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;
  std::fill_n(c, p.m * p.n, T(0));
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t l = 0; l < p.k; ++l) {
      const U left = static_cast<U>(p.ta ? a[l * p.m + i] : a[i * p.k + l]);
      for (std::int64_t j = 0; j < p.n; ++j) {
        const U right = static_cast<U>(p.tb ? b[j * p.k + l] : b[l * p.n + j]);
        c[i * p.n + j] = static_cast<T>(static_cast<U>(c[i * p.n + j]) + left * right);
      }
    }
  }
}
void multiply_at(const OpRecord& op, const Product& p, DType dtype, const std::byte* a, const std::byte* b,
                 std::byte* c) {
  with_number(op, dtype, [&](auto zero) {
    using T = decltype(zero);
    const T *x = reinterpret_cast<const T*>(a), *y = reinterpret_cast<const T*>(b);
    T* z = reinterpret_cast<T*>(c);
    if constexpr (std::is_same_v<T, float>)
      sgemm(p.ta, p.tb, p.m, p.n, p.k, x, y, z);
    else
      multiply_plainly(p, x, y, z);
  });
}
void matmul_kernel(const KernelContext& c) {
  const Tensor &a = c.inputs[0], &b = c.inputs[1], &out = c.outputs[0];
  const bool ta = c.attrs.boolean(0), tb = c.attrs.boolean(1);
  const Product p{ta, tb, out.shape()[0], out.shape()[1], a.shape()[ta ? 0 : 1]};
  if (a.dtype() == DType::kFloat32)
    return sgemm(ta, tb, p.m, p.n, p.k, a.raw_as<float>(), b.raw_as<float>(), out.raw_as<float>());
  multiply_at(c.op, p, a.dtype(), a.raw(), b.raw(), out.raw());
}

/// The gradients of a product of `record` for transposed or straight inputs; each is again one product.
void gradient_product(const GradientContext& c, const OpRecord& record) {
  const bool ta = c.attrs.boolean(0), tb = c.attrs.boolean(1);
  const Tensor &g = c.output_gradients[0], &a = c.inputs[0], &b = c.inputs[1];
  if (c.needs[0]) {
    const Tensor d = ta ? apply(record, b, g, Attrs::of(tb, true)) : apply(record, g, b, Attrs::of(false, !tb));
    c.input_gradients[0] = sum_to_shape(d, a.shape());
  }
  if (c.needs[1]) {
    const Tensor d = tb ? apply(record, g, a, Attrs::of(true, ta)) : apply(record, a, g, Attrs::of(!ta, false));
    c.input_gradients[1] = sum_to_shape(d, b.shape());
  }
}
void gradient_matmul(const GradientContext& c) { gradient_product(c, kMatMul); }
void gradient_batch_matmul(const GradientContext& c) { gradient_product(c, kBatchMatMulV2); }

/// The axes before the last two.
Shape batch_of(const Shape& shape) { return Shape(shape.sizes().first(static_cast<std::size_t>(shape.rank()) - 2)); }

void infer_batch_matmul(const InferContext& c) {
  check_same_dtype(c, 0, 1);
  c.outputs[0].dtype = c.inputs[0].dtype();
  const Shape &a = c.inputs[0].shape(), &b = c.inputs[1].shape();
  if (!a.known_rank() || !b.known_rank()) return;
  if (a.rank() < 2 || b.rank() < 2) throw_mismatch(c.op, c.inputs, "BatchMatMulV2 needs tensors of rank 2 or more.");
  const bool ta = c.attrs.boolean(0), tb = c.attrs.boolean(1);
  const std::int64_t left = a[a.rank() - (ta ? 2 : 1)], right = b[b.rank() - (tb ? 1 : 2)];
  if (left != right && left != Shape::kOpen && right != Shape::kOpen) throw_inner(c, left, right);
  Shape out;
  if (!broadcast_shapes(batch_of(a), batch_of(b), out)) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("BatchMatMulV2 cannot multiply {} by {}: the leading axes do not broadcast.",
                               to_string(a), to_string(b)));
  }
  out.push_back(a[a.rank() - (ta ? 1 : 2)]);
  out.push_back(b[b.rank() - (tb ? 2 : 1)]);
  c.outputs[0].shape = out;
}
void batch_matmul_kernel(const KernelContext& c) {
  const Tensor &a = c.inputs[0], &b = c.inputs[1], &out = c.outputs[0];
  if (out.size() == 0) return;
  const bool ta = c.attrs.boolean(0), tb = c.attrs.boolean(1);
  const int rank = out.rank();
  const Product p{ta, tb, out.shape()[rank - 2], out.shape()[rank - 1], a.shape()[a.rank() - (ta ? 2 : 1)]};
  const std::size_t width = size_of(a.dtype());
  const Shape batch_a = batch_of(a.shape()), batch_b = batch_of(b.shape()), batch = batch_of(out.shape());
  const WalkPlan<2> plan(batch, {&batch_a, &batch_b});
  const auto bytes = [&](std::int64_t matrices, std::int64_t elements) {
    return static_cast<std::size_t>(matrices * elements) * width;
  };
  const std::int64_t run = plan.rank == 0 ? 1 : plan.axes[static_cast<std::size_t>(plan.rank) - 1].size;
  const std::array<std::int64_t, 2> step =
      plan.rank == 0 ? std::array<std::int64_t, 2>{} : plan.axes[static_cast<std::size_t>(plan.rank) - 1].stride;
  plan.each_run([&](const std::array<std::int64_t, 2>& offset, std::int64_t at) {
    for (std::int64_t i = 0; i < run; ++i) {
      multiply_at(c.op, p, a.dtype(), a.raw() + bytes(offset[0] + i * step[0], p.m * p.k),
                  b.raw() + bytes(offset[1] + i * step[1], p.k * p.n), out.raw() + bytes(at + i, p.m * p.n));
    }
  });
}

constexpr std::string_view kNamesAB[] = {"a", "b"};
constexpr std::string_view kNamesProduct[] = {"product"};
constexpr AttrDef kAttrsMatMul[] = {{"transpose_a", AttrKind::kBool}, {"transpose_b", AttrKind::kBool}};
constexpr AttrDef kAttrsBatch[] = {{"adj_x", AttrKind::kBool}, {"adj_y", AttrKind::kBool}};

}  // namespace

constinit const OpRecord kMatMul = {.name = "MatMul",
                                    .input_names = kNamesAB,
                                    .output_names = kNamesProduct,
                                    .attrs = kAttrsMatMul,
                                    .types = kTypeT,
                                    .infer = infer_matmul,
                                    .kernel = matmul_kernel,
                                    .gradient = gradient_matmul};
constinit const OpRecord kBatchMatMulV2 = {.name = "BatchMatMulV2",
                                           .input_names = kNamesXY,
                                           .output_names = kNamesOutput,
                                           .attrs = kAttrsBatch,
                                           .types = kTypeT,
                                           .infer = infer_batch_matmul,
                                           .kernel = batch_matmul_kernel,
                                           .gradient = gradient_batch_matmul};

namespace {

/// A tensor of rank above 2 times a matrix: the leading axes are so many more rows.
Tensor rows_times_matrix(const Tensor& x, const Tensor& matrix) {
  Shape out = x.shape();
  if (std::count(out.sizes().begin(), out.sizes().end(), Shape::kOpen) > 1 || matrix.shape()[1] == Shape::kOpen) {
    return apply(kBatchMatMulV2, x, matrix, Attrs::of(false, false));
  }
  const Tensor product = apply(kMatMul, reshape(x, {-1, x.shape().back()}), matrix, Attrs::of(false, false));
  out.set(out.rank() - 1, matrix.shape()[1]);
  return reshape(product, out);
}

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor matmul(const Tensor& x1, const Tensor& x2, bool transpose_a, bool transpose_b) {
  if (x1.dtype() == x2.dtype()) return apply(kMatMul, x1, x2, Attrs::of(transpose_a, transpose_b));
  const DType dtype = result_type(x1.dtype(), x2.dtype());
  return apply(kMatMul, cast(x1, dtype), cast(x2, dtype), Attrs::of(transpose_a, transpose_b));
}

Tensor matmul(const Tensor& x1, const Tensor& x2) {
  if (x1.rank() == 2 && x2.rank() == 2) return matmul(x1, x2, false, false);
  const DType dtype = result_type(x1.dtype(), x2.dtype());
  const Tensor a = cast(x1, dtype), b = cast(x2, dtype);
  if (a.rank() == 1 && b.rank() == 1) return squeeze(matmul(expand_dims(a, 0), expand_dims(b, 1)));
  if (a.rank() == 1) return squeeze(matmul(expand_dims(a, 0), b), {-2});
  if (b.rank() == 1) return squeeze(matmul(a, expand_dims(b, 1)), {-1});
  if (a.rank() > 2 && b.rank() == 2 && a.shape().back() > 0) return rows_times_matrix(a, b);
  return apply(kBatchMatMulV2, a, b, Attrs::of(false, false));
}

}  // namespace namesake
