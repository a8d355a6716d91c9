// MatrixBandPart, MatrixDiagV3, MatrixDiagPartV3 and MatrixSetDiagV3 (of one diagonal).
#include "namesake/ops/diagonal.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

void check_matrices(const InferContext& c) {
  const Shape& in = c.inputs[0].shape();
  if (in.known_rank() && in.rank() < 2)
    throw_mismatch(c.op, c.inputs.first(1), fmt::format("{} needs matrices, not {}.", c.op.name, to_string(in)),
                   "rank 2 or more");
}

// MatrixBandPart: input, num_lower, num_upper; a negative number keeps the whole triangle.
void infer_band_part(const InferContext& c) {
  check_matrices(c);
  check_rank(c, 1, 0);
  check_rank(c, 2, 0);
  check_integers(c, 1);
  check_integers(c, 2);
  infer_as_input(c);
}
void band_part_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const std::int64_t lower = index_at(c.inputs[1], 0), upper = index_at(c.inputs[2], 0);
  const std::int64_t rows = in.shape()[in.rank() - 2], cols = in.shape().back();
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t line = 0; line * cols < in.size(); ++line) {
      const std::int64_t row = line % rows, at = line * cols;
      const std::int64_t begin = lower < 0 ? 0 : std::clamp<std::int64_t>(row - lower, 0, cols);
      const std::int64_t end = upper < 0 ? cols : std::clamp<std::int64_t>(row + upper + 1, begin, cols);
      T* to = out.raw_as<T>() + at;
      std::fill_n(to, cols, T{});
      std::copy(in.raw_as<T>() + at + begin, in.raw_as<T>() + at + end, to + begin);
    }
  });
}
void gradient_band_part(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kMatrixBandPart, c.output_gradients[0], c.inputs[1], c.inputs[2]);
}

/// The only diagonal that input `k` names.
HostInts single_diagonal(const OpRecord& op, const Tensor& k) {
  HostInts ints = host_ints(op, k);
  if (ints.known && ints.size == 2 && ints[0] == ints[1]) ints.size = 1;
  if (ints.size > 1) {
    throw Unsupported({.subject = std::string(op.name),
                       .what = fmt::format("{} of a band of several diagonals is not done.", op.name),
                       .fix = "call it for each diagonal"});
  }
  return ints;
}
std::int64_t diagonal_length(std::int64_t rows, std::int64_t cols, std::int64_t k) {
  return std::min(rows + std::min<std::int64_t>(k, 0), cols - std::max<std::int64_t>(k, 0));
}
/// Where the diagonal begins in a matrix of `cols` columns.
std::int64_t diagonal_start(std::int64_t cols, std::int64_t k) { return k >= 0 ? k : -k * cols; }

// MatrixDiagPartV3: input (..., rows, cols), k, padding_value, to (..., length).
void infer_diag_part(const InferContext& c) {
  check_matrices(c);
  check_same_dtype(c, 0, 2);
  const Shape& in = c.inputs[0].shape();
  const HostInts k = single_diagonal(c.op, c.inputs[1]);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank()) return;
  Shape out(in.sizes().first(static_cast<std::size_t>(in.rank()) - 2));
  const std::int64_t rows = in[in.rank() - 2], cols = in.back();
  if (!k.known || rows == Shape::kOpen || cols == Shape::kOpen) {
    out.push_back(Shape::kOpen);
  } else {
    const std::int64_t length = diagonal_length(rows, cols, k[0]);
    if (length < 0 || (length == 0 && rows * cols > 0)) {
      throw_invalid(c.op, fmt::format("There is no diagonal {} in matrices of {} x {}.", k[0], rows, cols),
                    fmt::format("-{} < k < {}", rows, cols), std::to_string(k[0]));
    }
    out.push_back(length);
  }
  c.outputs[0].shape = out;
}
void diag_part_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  const std::int64_t rows = in.shape()[in.rank() - 2], cols = in.shape().back(), length = out.shape().back();
  const std::int64_t start = diagonal_start(cols, single_diagonal(c.op, c.inputs[1])[0]);
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (std::int64_t m = 0; m < out.size() / length; ++m) {
      const T* from = in.raw_as<T>() + m * rows * cols + start;
      for (std::int64_t i = 0; i < length; ++i) out.raw_as<T>()[m * length + i] = from[i * (cols + 1)];
    }
  });
}
void gradient_diag_part(const GradientContext& c) {
  const Shape& in = c.inputs[0].shape();
  if (!c.needs[0]) return;
  const Tensor inputs[] = {c.output_gradients[0], c.inputs[1], int_scalar(in[in.rank() - 2]), int_scalar(in.back()),
                           zeros(Shape::scalar(), c.inputs[0].dtype())};
  c.input_gradients[0] = apply(kMatrixDiagV3, std::span<const Tensor>(inputs), c.attrs);
}

// MatrixDiagV3: diagonal (..., length), k, num_rows, num_cols (-1: as few as possible, of both: square), padding_value.
void infer_diag(const InferContext& c) {
  check_same_dtype(c, 0, 4);
  const Shape& in = c.inputs[0].shape();
  if (in.rank() == 0) throw_mismatch(c.op, c.inputs.first(1), "MatrixDiagV3 needs a diagonal of rank 1 or more.");
  const HostInts k = single_diagonal(c.op, c.inputs[1]), rows = host_ints(c.op, c.inputs[2]),
                 cols = host_ints(c.op, c.inputs[3]);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank()) return;
  Shape out(in.sizes().first(static_cast<std::size_t>(in.rank()) - 1));
  std::int64_t r = rows.known ? rows[0] : Shape::kOpen, n = cols.known ? cols[0] : Shape::kOpen;
  if (k.known && rows.known && cols.known && in.back() != Shape::kOpen) {
    const std::int64_t least_rows = in.back() - std::min<std::int64_t>(k[0], 0),
                       least_cols = in.back() + std::max<std::int64_t>(k[0], 0);
    const bool neither = r < 0 && n < 0;  // then they are square
    if (r < 0) r = neither ? std::max(least_rows, least_cols) : least_rows;
    if (n < 0) n = neither ? r : least_cols;
    if (diagonal_length(r, n, k[0]) != in.back()) {
      throw_mismatch(
          c.op, c.inputs.first(1),
          fmt::format("Diagonal {} of matrices of {} x {} does not have {} elements.", k[0], r, n, in.back()));
    }
  }
  out.push_back(r);
  out.push_back(n);
  c.outputs[0].shape = out;
}
void diag_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const std::int64_t rows = out.shape()[out.rank() - 2], cols = out.shape().back(), length = in.shape().back();
  const std::int64_t start = diagonal_start(cols, single_diagonal(c.op, c.inputs[1])[0]);
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(out.raw_as<T>(), out.size(), *c.inputs[4].raw_as<T>());
    for (std::int64_t m = 0; m * length < in.size(); ++m) {
      T* to = out.raw_as<T>() + m * rows * cols + start;
      for (std::int64_t i = 0; i < length; ++i) to[i * (cols + 1)] = in.raw_as<T>()[m * length + i];
    }
  });
}
void gradient_diag(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  const auto part = [&](const Tensor& matrices) {
    return apply(kMatrixDiagPartV3, matrices, c.inputs[1], zeros(Shape::scalar(), g.dtype()), c.attrs);
  };
  const Tensor on_diagonal = part(g);
  if (c.needs[0]) c.input_gradients[0] = on_diagonal;
  if (c.needs[4]) c.input_gradients[4] = sum(g) - sum(on_diagonal);
}

// MatrixSetDiagV3: input (..., rows, cols), diagonal (..., length), k.
void infer_set_diag(const InferContext& c) {
  check_matrices(c);
  check_same_dtype(c, 0, 1);
  infer_as_input(c);
  const Shape& in = c.inputs[0].shape();
  const HostInts k = single_diagonal(c.op, c.inputs[2]);
  if (!in.known_rank()) return;
  Shape diagonal(in.sizes().first(static_cast<std::size_t>(in.rank()) - 2));
  const std::int64_t rows = in[in.rank() - 2], cols = in.back();
  const bool known = k.known && rows != Shape::kOpen && cols != Shape::kOpen;
  const std::int64_t length = known ? diagonal_length(rows, cols, k[0]) : Shape::kOpen;
  if (known && length < 0) throw_invalid(c.op, fmt::format("There is no diagonal {} in matrices of {} x {}.", k[0], rows, cols));
  diagonal.push_back(length);
  if (!c.inputs[1].shape().compatible_with(diagonal)) throw_mismatch(c.op, c.inputs.first(2), "MatrixSetDiagV3 needs a number for each place of the diagonal.", to_string(diagonal));
}
void set_diag_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &diagonal = c.inputs[1], &out = c.outputs[0];
  const std::int64_t rows = in.shape()[in.rank() - 2], cols = in.shape().back(), length = diagonal.shape().back();
  const std::int64_t start = diagonal_start(cols, single_diagonal(c.op, c.inputs[2])[0]);
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::copy_n(in.raw_as<T>(), in.size(), out.raw_as<T>());
    for (std::int64_t i = 0; i < diagonal.size(); ++i)
      out.raw_as<T>()[i / length * rows * cols + start + i % length * (cols + 1)] = diagonal.raw_as<T>()[i];
  });
}
void gradient_set_diag(const GradientContext& c) {
  const Tensor& g = c.output_gradients[0];
  if (c.needs[0]) c.input_gradients[0] = apply(kMatrixSetDiagV3, g, zeros_like(c.inputs[1]), c.inputs[2], c.attrs);
  if (c.needs[1]) c.input_gradients[1] = apply(kMatrixDiagPartV3, g, c.inputs[2], zeros(Shape::scalar(), g.dtype()), c.attrs);
}

constexpr std::string_view kNamesSetDiag[] = {"input", "diagonal", "k"};
constexpr std::string_view kNamesBand[] = {"input", "num_lower", "num_upper"};
constexpr std::string_view kNamesBandOut[] = {"band"};
constexpr TypeAttr kTypesBand[] = {{"T", 0}, {"Tindex", 1}};
constexpr std::string_view kNamesDiag[] = {"diagonal", "k", "num_rows", "num_cols", "padding_value"};
constexpr std::string_view kNamesDiagPart[] = {"input", "k", "padding_value"};
constexpr std::string_view kNamesDiagonal[] = {"diagonal"};
constexpr AttrDef kAttrsDiag[] = {
    {.name = "align", .kind = AttrKind::kWord, .fallback = 1, .words = "LEFT_RIGHT,RIGHT_LEFT,LEFT_LEFT,RIGHT_RIGHT"}};

}  // namespace

constinit const OpRecord kMatrixBandPart = {.name = "MatrixBandPart",
                                            .input_names = kNamesBand,
                                            .output_names = kNamesBandOut,
                                            .types = kTypesBand,
                                            .infer = infer_band_part,
                                            .kernel = band_part_kernel,
                                            .gradient = gradient_band_part,
                                            .any_width = true};
constinit const OpRecord kMatrixDiagPartV3 = {.name = "MatrixDiagPartV3",
                                              .input_names = kNamesDiagPart,
                                              .output_names = kNamesDiagonal,
                                              .attrs = kAttrsDiag,
                                              .types = kTypeT,
                                              .infer = infer_diag_part,
                                              .kernel = diag_part_kernel,
                                              .gradient = gradient_diag_part,
                                              .any_width = true};
constinit const OpRecord kMatrixDiagV3 = {.name = "MatrixDiagV3",
                                          .input_names = kNamesDiag,
                                          .output_names = kNamesOutput,
                                          .attrs = kAttrsDiag,
                                          .types = kTypeT,
                                          .infer = infer_diag,
                                          .kernel = diag_kernel,
                                          .gradient = gradient_diag,
                                          .any_width = true};
constinit const OpRecord kMatrixSetDiagV3 = {.name = "MatrixSetDiagV3",
                                             .input_names = kNamesSetDiag,
                                             .output_names = kNamesOutput,
                                             .attrs = kAttrsDiag,
                                             .types = kTypeT,
                                             .infer = infer_set_diag,
                                             .kernel = set_diag_kernel,
                                             .gradient = gradient_set_diag,
                                             .any_width = true};

namespace {
const Attrs kRightLeft = Attrs::of(std::int64_t{1});
/// Axes a and b as the last two.
Tensor matrices_last(const Tensor& x, int a, int b) {
  const int first = checked_axis(kMatrixDiagPartV3, a, x.rank()), second = checked_axis(kMatrixDiagPartV3, b, x.rank());
  if (first == second) throw_invalid(kMatrixDiagPartV3, "A diagonal needs two different axes.", "", std::to_string(a));
  std::array<std::int64_t, Shape::kMaxRank> order{};
  std::size_t n = 0;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != first && i != second) order[n++] = i;
  }
  order[n++] = first;
  order[n++] = second;
  return transpose(x, std::span<const std::int64_t>(order.data(), n));
}
/// True for the elements at and below diagonal k.
Tensor lower_triangle(const Tensor& x, int k) {
  const std::int64_t rows = x.shape()[x.rank() - 2], cols = x.shape().back();
  return greater_equal(reshape(arange(rows), {rows, 1}), reshape(arange(cols), {1, cols}) - k);
}
}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor diag(const Tensor& x, int k) {
  if (x.rank() == 2) return diagonal(x, k);
  if (x.rank() != 1) throw_mismatch(kMatrixDiagV3, {&x, 1}, "diag needs a vector or a matrix.", "rank 1 or 2");
  const Tensor inputs[] = {x, Tensor(k), Tensor(-1), Tensor(-1), zeros(Shape::scalar(), x.dtype())};
  return apply(kMatrixDiagV3, std::span<const Tensor>(inputs), kRightLeft);
}
Tensor diagonal(const Tensor& x, int offset, int axis1, int axis2) {
  const Tensor matrices = matrices_last(x, axis1, axis2);
  return apply(kMatrixDiagPartV3, matrices, Tensor(offset), zeros(Shape::scalar(), x.dtype()), kRightLeft);
}
Tensor trace(const Tensor& x, int offset, int axis1, int axis2) { return sum(diagonal(x, offset, axis1, axis2), -1); }
Tensor tril(const Tensor& x, int k) {
  if (k >= 0) return apply(kMatrixBandPart, x, Tensor(-1), Tensor(k));
  return where(lower_triangle(x, k), x, zeros_like(x));
}
Tensor triu(const Tensor& x, int k) {
  if (k <= 0) return apply(kMatrixBandPart, x, Tensor(-k), Tensor(-1));
  return where(lower_triangle(x, k - 1), zeros_like(x), x);
}

}  // namespace namesake
