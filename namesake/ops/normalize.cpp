#include "namesake/ops/normalize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "namesake/base/parallel_for.h"
#include "namesake/base/pool.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/math.h"
#include "namesake/ops/normalize_records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

using Int = std::int64_t;
using Floats = std::vector<float, base::PoolAllocator<float>>;

enum Slot : std::size_t { kOverSlot, kEpsilonSlot };

bool over_rows(const Attrs& attrs) { return attrs.integer(kOverSlot) == static_cast<Int>(NormalizeOver::kRows); }

/// x as (rows, cols).
struct Matrix {
  Int rows, cols;
  Matrix(const Tensor& x, const Tensor& gamma) : rows(gamma.size() == 0 ? 0 : x.size() / gamma.size()), cols(gamma.size()) {}
};

/// The rows in pieces for our threads.
struct Pieces {
  Int count, length, rows;
  explicit Pieces(const Matrix& m) : count(1), length(m.rows), rows(m.rows) {
    constexpr Int kSmall = 1 << 15;  // numbers: below, a second thread gains nothing
    if (m.rows * m.cols < kSmall) return;
    length = (rows + base::thread_count() - 1) / base::thread_count();
    count = (rows + length - 1) / length;
  }
  [[nodiscard]] Int rows_of(Int i) const { return std::min(length, rows - i * length); }
  /// Calls work(piece, its first row, its rows).
  template <class Work>
  void each(Work work) const {
    base::parallel_for(count, [&](Int i) { work(i, i * length, rows_of(i)); });
  }
};

void check_columns(const InferContext& c, std::size_t x, std::size_t gamma) {
  const Shape &whole = c.inputs[x].shape(), &last = c.inputs[gamma].shape();
  bool fits = whole.rank() > last.rank();
  for (int i = 0; fits && i < last.rank(); ++i) fits = whole[whole.rank() - last.rank() + i] == last[i];
  if (!fits) throw_mismatch(c.op, c.inputs, "Normalization needs a factor for each place of the last axes.");
}
Shape statistics_shape(const InferContext& c, std::size_t x, std::size_t gamma) {
  const Matrix m(c.inputs[x], c.inputs[gamma]);
  return {over_rows(c.attrs) ? m.cols : m.rows};
}

void infer_normalize(const InferContext& c) {
  check_floating(c, 0);
  for (const std::size_t i : {1u, 2u}) {
    check_same_dtype(c, 0, i);
    check_columns(c, 0, i);
  }
  if (!(c.inputs[1].shape() == c.inputs[2].shape())) throw_mismatch(c.op, c.inputs, "Normalization needs gamma and beta of one shape.");
  c.outputs[0] = {c.inputs[0].dtype(), c.inputs[0].shape()};
  c.outputs[1] = c.outputs[2] = {c.inputs[0].dtype(), statistics_shape(c, 0, 1)};
}
// dy, x, gamma, mean, variance.
void infer_normalize_grad(const InferContext& c) {
  check_floating(c, 0);
  for (const std::size_t i : {1u, 2u, 3u, 4u}) check_same_dtype(c, 0, i);
  check_columns(c, 1, 2);
  const Shape statistics = statistics_shape(c, 1, 2);
  if (!(c.inputs[0].shape() == c.inputs[1].shape()) || !(c.inputs[3].shape() == statistics) || !(c.inputs[4].shape() == statistics))
    throw_mismatch(c.op, c.inputs, "The gradient of a normalization needs dy of x's shape, and its statistics.");
  c.outputs[0] = {c.inputs[1].dtype(), c.inputs[1].shape()};
  c.outputs[1] = c.outputs[2] = {c.inputs[1].dtype(), c.inputs[2].shape()};
}

// float32, by the level's loops.

void moments_of_columns(float* mean, float* variance, const float* x, const Matrix& m, const Pieces& pieces) {
  const Int step = 4 * m.cols;  // mean, squares and the room of a piece
  Floats room(static_cast<std::size_t>(step * pieces.count));
  pieces.each([&](Int i, Int first, Int rows) {
    float* at = room.data() + i * step;
    kernels::table().column_moments(at, at + m.cols, at + 2 * m.cols, x + first * m.cols, rows, m.cols);
  });
  for (Int i = 1; i < pieces.count; ++i) {
    const float* at = room.data() + i * step;
    kernels::table().join_moments(room.data(), room.data() + m.cols, i * pieces.length, at, at + m.cols, pieces.rows_of(i), m.cols);
  }
  for (Int c = 0; c < m.cols; ++c) {
    mean[c] = room[static_cast<std::size_t>(c)];
    variance[c] = room[static_cast<std::size_t>(m.cols + c)] / static_cast<float>(m.rows);
  }
}

void normalize_floats(const KernelContext& c, const Matrix& m) {
  const auto epsilon = static_cast<float>(c.attrs.real(kEpsilonSlot));
  const float *x = c.inputs[0].raw_as<float>(), *gamma = c.inputs[1].raw_as<float>(), *beta = c.inputs[2].raw_as<float>();
  float *y = c.outputs[0].raw_as<float>(), *mean = c.outputs[1].raw_as<float>(), *variance = c.outputs[2].raw_as<float>();
  const Pieces pieces(m);
  if (!over_rows(c.attrs)) {
    pieces.each([&](Int, Int first, Int rows) {
      const Int at = first * m.cols;
      kernels::table().normalize_rows(y + at, mean + first, variance + first, x + at, gamma, beta, epsilon, rows, m.cols);
    });
    return;
  }
  moments_of_columns(mean, variance, x, m, pieces);
  Floats factor(static_cast<std::size_t>(m.cols));
  for (Int k = 0; k < m.cols; ++k) factor[static_cast<std::size_t>(k)] = gamma[k] / std::sqrt(variance[k] + epsilon);
  pieces.each([&](Int, Int first, Int rows) {
    kernels::table().scale_columns(y + first * m.cols, x + first * m.cols, mean, factor.data(), beta, rows, m.cols);
  });
}

// Adds up what pieces have: `each` numbers from `room` on, `step` apart.
void add_pieces(float* out, const float* room, Int pieces, Int step, Int each) {
  std::copy_n(room, each, out);
  for (Int i = 1; i < pieces; ++i) {
    for (Int k = 0; k < each; ++k) out[k] += room[i * step + k];
  }
}

void normalize_grad_floats(const KernelContext& c, const Matrix& m) {
  const auto epsilon = static_cast<float>(c.attrs.real(kEpsilonSlot));
  const float *dy = c.inputs[0].raw_as<float>(), *x = c.inputs[1].raw_as<float>(), *gamma = c.inputs[2].raw_as<float>();
  const float *mean = c.inputs[3].raw_as<float>(), *variance = c.inputs[4].raw_as<float>();
  float *dx = c.outputs[0].raw_as<float>(), *dgamma = c.outputs[1].raw_as<float>(), *dbeta = c.outputs[2].raw_as<float>();
  const Pieces pieces(m);
  const Int step = 2 * m.cols;
  Floats room(static_cast<std::size_t>(step * pieces.count));
  const auto of_piece = [&](Int i) { return room.data() + i * step; };
  if (!over_rows(c.attrs)) {
    pieces.each([&](Int i, Int first, Int rows) {
      const Int at = first * m.cols;
      kernels::table().normalize_rows_grad(dx + at, of_piece(i), of_piece(i) + m.cols, dy + at, x + at, gamma, mean + first,
                                           variance + first, epsilon, rows, m.cols);
    });
    add_pieces(dgamma, room.data(), pieces.count, step, m.cols);
    add_pieces(dbeta, room.data() + m.cols, pieces.count, step, m.cols);
    return;
  }
  pieces.each([&](Int i, Int first, Int rows) {
    kernels::table().column_gradient_sums(of_piece(i), of_piece(i) + m.cols, dy + first * m.cols, x + first * m.cols, mean, rows, m.cols);
  });
  add_pieces(dbeta, room.data(), pieces.count, step, m.cols);
  add_pieces(dgamma, room.data() + m.cols, pieces.count, step, m.cols);
  Floats factors(static_cast<std::size_t>(3 * m.cols));
  float *of_dy = factors.data(), *of_x = of_dy + m.cols, *shift = of_x + m.cols;
  for (Int k = 0; k < m.cols; ++k) {
    const float factor = 1.0f / std::sqrt(variance[k] + epsilon);
    of_dy[k] = gamma[k] * factor;
    of_x[k] = -of_dy[k] * factor * factor * dgamma[k] / static_cast<float>(m.rows);
    shift[k] = -of_dy[k] * dbeta[k] / static_cast<float>(m.rows);
    dgamma[k] *= factor;
  }
  pieces.each([&](Int, Int first, Int rows) {
    const Int at = first * m.cols;
    kernels::table().column_gradient(dx + at, dy + at, x + at, mean, of_dy, of_x, shift, rows, m.cols);
  });
}

// float64, plainly.

void normalize_doubles(const KernelContext& c, const Matrix& m) {
  const bool by_column = over_rows(c.attrs);
  const double *x = c.inputs[0].raw_as<double>(), *gamma = c.inputs[1].raw_as<double>(), *beta = c.inputs[2].raw_as<double>();
  double *y = c.outputs[0].raw_as<double>(), *mean = c.outputs[1].raw_as<double>(), *variance = c.outputs[2].raw_as<double>();
  const Int groups = by_column ? m.cols : m.rows, each = by_column ? m.rows : m.cols;
  for (Int g = 0; g < groups; ++g) {
    const auto at = [&](Int k) { return by_column ? k * m.cols + g : g * m.cols + k; };
    double total = 0, squares = 0;
    for (Int k = 0; k < each; ++k) total += x[at(k)];
    mean[g] = total / static_cast<double>(each);
    for (Int k = 0; k < each; ++k) squares += (x[at(k)] - mean[g]) * (x[at(k)] - mean[g]);
    variance[g] = squares / static_cast<double>(each);
    const double factor = 1 / std::sqrt(variance[g] + c.attrs.real(kEpsilonSlot));
    for (Int k = 0; k < each; ++k) y[at(k)] = (x[at(k)] - mean[g]) * factor * gamma[at(k) % m.cols] + beta[at(k) % m.cols];
  }
}
void normalize_grad_doubles(const KernelContext& c, const Matrix& m) {
  const bool by_column = over_rows(c.attrs);
  const double *dy = c.inputs[0].raw_as<double>(), *x = c.inputs[1].raw_as<double>(), *gamma = c.inputs[2].raw_as<double>();
  const double *mean = c.inputs[3].raw_as<double>(), *variance = c.inputs[4].raw_as<double>();
  double *dx = c.outputs[0].raw_as<double>(), *dgamma = c.outputs[1].raw_as<double>(), *dbeta = c.outputs[2].raw_as<double>();
  std::fill_n(dgamma, m.cols, 0.0);
  std::fill_n(dbeta, m.cols, 0.0);
  const Int groups = by_column ? m.cols : m.rows, each = by_column ? m.rows : m.cols;
  for (Int g = 0; g < groups; ++g) {
    const auto at = [&](Int k) { return by_column ? k * m.cols + g : g * m.cols + k; };
    const double factor = 1 / std::sqrt(variance[g] + c.attrs.real(kEpsilonSlot)), share = 1 / static_cast<double>(each);
    double total = 0, product = 0;
    for (Int k = 0; k < each; ++k) {
      const Int i = at(k), column = i % m.cols;
      const double unit = (x[i] - mean[g]) * factor;
      dgamma[column] += dy[i] * unit;
      dbeta[column] += dy[i];
      total += dy[i] * gamma[column];
      product += dy[i] * gamma[column] * unit;
    }
    for (Int k = 0; k < each; ++k) {
      const Int i = at(k);
      dx[i] = factor * (dy[i] * gamma[i % m.cols] - total * share - (x[i] - mean[g]) * factor * product * share);
    }
  }
}

// No numbers: no statistics, and no gradient.
bool nothing_to_do(const KernelContext& c, const Tensor& x) {
  if (x.size() != 0) return false;
  for (const Tensor& output : c.outputs) std::memset(output.raw(), 0, static_cast<std::size_t>(output.size()) * size_of(output.dtype()));
  return true;
}

void normalize_kernel(const KernelContext& c) {
  const Matrix m(c.inputs[0], c.inputs[1]);
  if (nothing_to_do(c, c.inputs[0])) return;
  if (c.inputs[0].dtype() == DType::kFloat32) return normalize_floats(c, m);
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  normalize_doubles(c, m);
}
void normalize_grad_kernel(const KernelContext& c) {
  const Matrix m(c.inputs[1], c.inputs[2]);
  if (nothing_to_do(c, c.inputs[1])) return;
  if (c.inputs[1].dtype() == DType::kFloat32) return normalize_grad_floats(c, m);
  if (c.inputs[1].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[1].dtype());
  normalize_grad_doubles(c, m);
}

/// What gradients of gradients are made of: x as a matrix, and statistics that broadcast against it.
struct AsMatrix {
  Matrix m;
  int axis;      // that a mean is taken over
  double share;  // 1 / the numbers of each mean

  AsMatrix(const Tensor& x, const Tensor& gamma, const Attrs& attrs)
      : m(x, gamma), axis(over_rows(attrs) ? 0 : 1), share(1 / static_cast<double>(axis == 0 ? m.rows : m.cols)) {}
  [[nodiscard]] Tensor matrix(const Tensor& x) const { return reshape(x, {m.rows, m.cols}); }
  [[nodiscard]] Tensor statistic(const Tensor& s) const { return reshape(s, axis == 0 ? Shape{1, m.cols} : Shape{m.rows, 1}); }
  [[nodiscard]] Tensor columns(const Tensor& s) const { return reshape(s, {1, m.cols}); }
  [[nodiscard]] Tensor total(const Tensor& x) const { return sum(x, axis, true); }
};

void gradient_normalize(const GradientContext& c) {
  const Tensor &x = c.inputs[0], &gamma = c.inputs[1], &mean = c.outputs[1], &variance = c.outputs[2];
  Tensor dx;
  if (const Tensor& dy = c.output_gradients[0]; dy.defined()) {
    const Tensor inputs[] = {dy, x, gamma, mean, variance};
    std::array<Tensor, 3> gradients;
    apply_into(kNormalizeGrad, inputs, c.attrs, gradients);
    dx = gradients[0];
    for (const std::size_t i : {1u, 2u}) {
      if (c.needs[i]) c.input_gradients[i] = gradients[i];
    }
  } else {
    for (const std::size_t i : {1u, 2u}) {
      if (c.needs[i]) c.input_gradients[i] = zeros_like(c.inputs[i]);
    }
  }
  if (!c.needs[0]) return;
  const AsMatrix as(x, gamma, c.attrs);
  const auto add_matrix = [&](const Tensor& more) {
    const Tensor whole = reshape(more, x.shape());
    dx = dx.defined() ? dx + whole : whole;
  };
  if (const Tensor& g = c.output_gradients[1]; g.defined()) add_matrix(broadcast_to(as.statistic(g) * as.share, {as.m.rows, as.m.cols}));
  if (const Tensor& g = c.output_gradients[2]; g.defined())
    add_matrix((as.matrix(x) - as.statistic(mean)) * (as.statistic(g) * (2 * as.share)));
  c.input_gradients[0] = dx;
}

// With unit = (x - mean) factor, e = dy gamma, and sums over the statistics' numbers: dx = factor (e - sum(e) / n - unit sum(e unit) / n),
// dgamma = sum over rows of dy unit, dbeta = sum over rows of dy. u, v, w are the gradients of these three.
void gradient_normalize_grad(const GradientContext& c) {
  const Tensor &x = c.inputs[1], &gamma = c.inputs[2];
  const AsMatrix as(x, gamma, c.attrs);
  const Tensor dy = as.matrix(c.inputs[0]), columns = as.columns(gamma), apart = as.matrix(x) - as.statistic(c.inputs[3]);
  const Tensor factor = rsqrt(as.statistic(c.inputs[4]) + c.attrs.real(kEpsilonSlot));
  const Tensor unit = apart * factor, e = dy * columns;
  const auto given = [&](std::size_t i, const Tensor& like) { return c.output_gradients[i].defined() ? c.output_gradients[i] : zeros_like(like); };
  const Tensor u = as.matrix(given(0, x)), v = as.columns(given(1, gamma)), w = as.columns(given(2, gamma));
  const Tensor of_e = as.total(e) * as.share, of_unit = as.total(e * unit) * as.share;
  const Tensor sum_u = as.total(u), sum_u_unit = as.total(u * unit);
  const Tensor p = factor * (u - sum_u * as.share - unit * (sum_u_unit * as.share));
  const Tensor q = v * dy - factor * (e * (sum_u_unit * as.share) + u * of_unit);
  if (c.needs[0]) c.input_gradients[0] = reshape(columns * p + v * unit + w, c.inputs[0].shape());
  if (c.needs[1]) c.input_gradients[1] = reshape(q * factor, x.shape());
  if (c.needs[2]) c.input_gradients[2] = reshape(sum(dy * p, 0), gamma.shape());
  if (c.needs[3]) c.input_gradients[3] = reshape(-(as.total(q) * factor), c.inputs[3].shape());
  if (c.needs[4]) {
    const Tensor of_factor = as.total(u * e) - of_e * sum_u - of_unit * sum_u_unit + as.total(q * apart);
    c.input_gradients[4] = reshape(of_factor * factor * square(factor) * -0.5, c.inputs[4].shape());
  }
}

// x, factor, shift.
void infer_scale(const InferContext& c) {
  check_floating(c, 0);
  for (const std::size_t i : {1u, 2u}) {
    check_same_dtype(c, 0, i);
    check_rank(c, i, 1);
    check_columns(c, 0, i);
  }
  c.outputs[0] = {c.inputs[0].dtype(), c.inputs[0].shape()};
}
void scale_kernel(const KernelContext& c) {
  const Matrix m(c.inputs[0], c.inputs[1]);
  if (nothing_to_do(c, c.inputs[0])) return;
  if (c.inputs[0].dtype() == DType::kFloat32) {
    const Floats middle(static_cast<std::size_t>(m.cols));
    const float *x = c.inputs[0].raw_as<float>(), *factor = c.inputs[1].raw_as<float>(), *shift = c.inputs[2].raw_as<float>();
    float* y = c.outputs[0].raw_as<float>();
    Pieces(m).each([&](Int, Int first, Int rows) {
      kernels::table().scale_columns(y + first * m.cols, x + first * m.cols, middle.data(), factor, shift, rows, m.cols);
    });
    return;
  }
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
  const double *x = c.inputs[0].raw_as<double>(), *factor = c.inputs[1].raw_as<double>(), *shift = c.inputs[2].raw_as<double>();
  for (Int i = 0; i < c.inputs[0].size(); ++i) c.outputs[0].raw_as<double>()[i] = x[i] * factor[i % m.cols] + shift[i % m.cols];
}
void gradient_scale(const GradientContext& c) {
  const Tensor &x = c.inputs[0], &factor = c.inputs[1], &g = c.output_gradients[0];
  const AsMatrix as(x, factor, Attrs::of(static_cast<Int>(NormalizeOver::kRows)));
  if (c.needs[0]) c.input_gradients[0] = g * factor;
  if (c.needs[1]) c.input_gradients[1] = sum(as.matrix(g) * as.matrix(x), 0);
  if (c.needs[2]) c.input_gradients[2] = sum(as.matrix(g), 0);
}

constexpr AttrDef kAttrsNormalize[] = {{.name = "over", .kind = AttrKind::kWord, .words = "rows,columns"},
                                       {.name = "epsilon", .kind = AttrKind::kFloat}};
constexpr std::string_view kNamesNormalize[] = {"x", "gamma", "beta"};
constexpr std::string_view kNamesNormalized[] = {"y", "mean", "variance"};
constexpr std::string_view kNamesNormalizeGrad[] = {"dy", "x", "gamma", "mean", "variance"};
constexpr std::string_view kNamesGradients[] = {"dx", "dgamma", "dbeta"};
constexpr std::string_view kNamesScale[] = {"x", "factor", "shift"};

}  // namespace

constinit const OpRecord kNormalize = {.name = "_Normalize",
                                       .input_names = kNamesNormalize,
                                       .output_names = kNamesNormalized,
                                       .attrs = kAttrsNormalize,
                                       .types = kTypeT,
                                       .infer = infer_normalize,
                                       .kernel = normalize_kernel,
                                       .gradient = gradient_normalize};
constinit const OpRecord kNormalizeGrad = {.name = "_NormalizeGrad",
                                           .input_names = kNamesNormalizeGrad,
                                           .output_names = kNamesGradients,
                                           .attrs = kAttrsNormalize,
                                           .types = kTypeT,
                                           .infer = infer_normalize_grad,
                                           .kernel = normalize_grad_kernel,
                                           .gradient = gradient_normalize_grad};
constinit const OpRecord kScaleColumns = {.name = "_ScaleColumns",
                                          .input_names = kNamesScale,
                                          .output_names = kNamesOutput,
                                          .types = kTypeT,
                                          .infer = infer_scale,
                                          .kernel = scale_kernel,
                                          .gradient = gradient_scale};

Normalized normalize(const Tensor& x, const Tensor& gamma, const Tensor& beta, NormalizeOver over, double epsilon) {
  std::array<Tensor, 3> outputs;
  apply_into(kNormalize, BorrowedTensors<3>(x, gamma, beta).view(), Attrs::of(static_cast<Int>(over), epsilon), outputs);
  return {outputs[0], outputs[1], outputs[2]};
}

Tensor scale_columns(const Tensor& x, const Tensor& factor, const Tensor& shift) { return apply(kScaleColumns, x, factor, shift); }

}  // namespace namesake::ops
