#include "namesake/ops/softmax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "namesake/ops/broadcast.h"
#include "namesake/ops/create.h"
#include "namesake/ops/kernels/table.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

void infer_softmax(const InferContext& c) {
  check_floating(c, 0);
  if (c.inputs[0].rank() == 0)
    throw_mismatch(c.op, c.inputs, std::string(c.op.name) + " needs a tensor of rank 1 or more.");
  infer_as_input(c);
}

struct Rows {
  std::int64_t rows, cols;
  explicit Rows(const Tensor& t) : rows(0), cols(t.shape().back()) { rows = cols == 0 ? 0 : t.size() / cols; }
};

// float64, row by row.
double shifted_row(double* out, const double* in, std::int64_t n) {  // gives log(sum(exp))
  const double top = *std::max_element(in, in + n);
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += std::exp(out[i] = in[i] - top);
  return std::log(total);
}
void require_double(const KernelContext& c) {
  if (c.inputs[0].dtype() != DType::kFloat64) throw_unsupported_dtype(c.op, c.inputs[0].dtype());
}

void softmax_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const Rows size(in);
  if (in.dtype() == DType::kFloat32)
    return kernels::table().softmax(out.raw_as<float>(), in.raw_as<float>(), size.rows, size.cols);
  require_double(c);
  for (std::int64_t r = 0; r < size.rows; ++r) {
    double* row = out.raw_as<double>() + r * size.cols;
    const double log_sum = shifted_row(row, in.raw_as<double>() + r * size.cols, size.cols);
    for (std::int64_t i = 0; i < size.cols; ++i) row[i] = std::exp(row[i] - log_sum);
  }
}
void log_softmax_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  const Rows size(in);
  if (in.dtype() == DType::kFloat32)
    return kernels::table().log_softmax(out.raw_as<float>(), in.raw_as<float>(), size.rows, size.cols);
  require_double(c);
  for (std::int64_t r = 0; r < size.rows; ++r) {
    double* row = out.raw_as<double>() + r * size.cols;
    const double log_sum = shifted_row(row, in.raw_as<double>() + r * size.cols, size.cols);
    for (std::int64_t i = 0; i < size.cols; ++i) row[i] -= log_sum;
  }
}
void gradient_softmax(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor &g = c.output_gradients[0], &y = c.outputs[0];
  c.input_gradients[0] = (g - sum(g * y, -1, true)) * y;
}
void gradient_log_softmax(const GradientContext& c) {
  if (!c.needs[0]) return;
  const Tensor& g = c.output_gradients[0];
  c.input_gradients[0] = g - exp(c.outputs[0]) * sum(g, -1, true);
}

// Cross-entropy: outputs loss (batch) and backprop (batch, classes).
Shape checked_matrix(const InferContext& c, const Shape& shape) {
  if (shape.known_rank() && shape.rank() != 2) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} needs logits of shape (batch, classes), not {}.", c.op.name, to_string(shape)));
  }
  return shape.known_rank() ? shape : Shape{Shape::kOpen, Shape::kOpen};
}
void infer_cross_entropy(const InferContext& c) {
  check_floating(c, 0);
  check_same_dtype(c, 0, 1);
  Shape both;
  if (!broadcast_shapes(c.inputs[0].shape(), c.inputs[1].shape(), both)) {
    throw_mismatch(c.op, c.inputs,
                   fmt::format("{} needs logits and labels of one shape, not {} and {}.", c.op.name,
                               to_string(c.inputs[0].shape()), to_string(c.inputs[1].shape())));
  }
  both = checked_matrix(c, both);
  c.outputs[0] = {c.inputs[0].dtype(), {both[0]}};
  c.outputs[1] = {c.inputs[0].dtype(), both};
}
Tensor spread(const Tensor& t, const Shape& shape) {
  const StopRecording unseen;
  return t.shape() == shape ? t : broadcast_to(t, shape);
}
void cross_entropy_kernel(const KernelContext& c) {
  const Tensor &loss = c.outputs[0], &backprop = c.outputs[1];
  const Tensor logits = spread(c.inputs[0], backprop.shape()), labels = spread(c.inputs[1], backprop.shape());
  const Rows size(logits);
  if (size.cols == 0) std::fill_n(loss.raw(), loss.bytes().size(), std::byte{});
  if (logits.dtype() == DType::kFloat32) {
    return kernels::table().softmax_cross_entropy(loss.raw_as<float>(), backprop.raw_as<float>(),
                                                  logits.raw_as<float>(), labels.raw_as<float>(), size.rows, size.cols);
  }
  require_double(c);
  for (std::int64_t r = 0; r < size.rows; ++r) {
    double* row = backprop.raw_as<double>() + r * size.cols;
    const double* label = labels.raw_as<double>() + r * size.cols;
    const double log_sum = shifted_row(row, logits.raw_as<double>() + r * size.cols, size.cols);
    double total = 0;
    for (std::int64_t i = 0; i < size.cols; ++i) {
      total += label[i] * (log_sum - row[i]);
      row[i] = std::exp(row[i] - log_sum) - label[i];
    }
    loss.raw_as<double>()[r] = total;
  }
}

void infer_sparse_cross_entropy(const InferContext& c) {
  check_floating(c, 0);
  check_integers(c, 1);
  const Shape logits = checked_matrix(c, c.inputs[0].shape());
  const Shape& labels = c.inputs[1].shape();
  check_rank(c, 1, 1);
  std::int64_t rows = logits[0];
  if (labels.known_rank()) {
    if (rows != labels[0] && rows != Shape::kOpen && labels[0] != Shape::kOpen) {
      throw_mismatch(c.op, c.inputs,
                     fmt::format("{} got {} rows of logits and {} labels.", c.op.name, rows, labels[0]));
    }
    if (rows == Shape::kOpen) rows = labels[0];
  }
  c.outputs[0] = {c.inputs[0].dtype(), {rows}};
  c.outputs[1] = {c.inputs[0].dtype(), {rows, logits[1]}};
}

template <class Label>
void check_labels(const KernelContext& c, std::int64_t classes) {
  for (const Label label : c.inputs[1].data<Label>()) {
    if (label < 0 || label >= classes) {
      throw_invalid(c.op, fmt::format("Label {} is outside the classes.", label),
                    fmt::format("0 <= label < {}", classes), std::to_string(label));
    }
  }
}
template <class Label>
void sparse_cross_entropy(const KernelContext& c) {
  const Rows size(c.inputs[0]);
  const auto* labels = c.inputs[1].raw_as<Label>();
  check_labels<Label>(c, size.cols);
  if (c.inputs[0].dtype() == DType::kFloat32) {
    float *loss = c.outputs[0].raw_as<float>(), *backprop = c.outputs[1].raw_as<float>();
    const float* logits = c.inputs[0].raw_as<float>();
    if constexpr (sizeof(Label) == 4)
      return kernels::table().sparse_cross_entropy_int32(loss, backprop, logits, labels, size.rows, size.cols);
    else
      return kernels::table().sparse_cross_entropy_int64(loss, backprop, logits, labels, size.rows, size.cols);
  }
  require_double(c);
  for (std::int64_t r = 0; r < size.rows; ++r) {
    double* row = c.outputs[1].raw_as<double>() + r * size.cols;
    const double log_sum = shifted_row(row, c.inputs[0].raw_as<double>() + r * size.cols, size.cols);
    c.outputs[0].raw_as<double>()[r] = log_sum - row[labels[r]];
    for (std::int64_t i = 0; i < size.cols; ++i) row[i] = std::exp(row[i] - log_sum) - (i == labels[r] ? 1 : 0);
  }
}
void sparse_cross_entropy_kernel(const KernelContext& c) {
  if (c.inputs[1].dtype() == DType::kInt32)
    sparse_cross_entropy<std::int32_t>(c);
  else
    sparse_cross_entropy<std::int64_t>(c);
}

/// Of either: the loss's gradient times the backprop, and what comes back through the backprop itself.
void gradient_logits(const GradientContext& c) {
  if (!c.needs[0]) return;
  Tensor total;
  if (c.output_gradients[0].defined()) total = expand_dims(c.output_gradients[0], -1) * c.outputs[1];
  if (const Tensor& g = c.output_gradients[1]; g.defined()) {
    const Tensor p = softmax(c.inputs[0]);
    const Tensor through = (g - sum(g * p, -1, true)) * p;
    total = total.defined() ? total + through : through;
  }
  if (total.defined()) c.input_gradients[0] = sum_to_shape(total, c.inputs[0].shape());
}
void gradient_cross_entropy(const GradientContext& c) {
  gradient_logits(c);
  if (!c.needs[1]) return;
  Tensor total;
  if (c.output_gradients[0].defined())
    total = expand_dims(c.output_gradients[0], -1) * negative(log_softmax(c.inputs[0]));
  if (const Tensor& g = c.output_gradients[1]; g.defined()) total = total.defined() ? total - g : negative(g);
  if (total.defined()) c.input_gradients[1] = sum_to_shape(total, c.inputs[1].shape());
}

constexpr std::string_view kNamesLogits[] = {"logits"};
constexpr std::string_view kNamesSoftmax[] = {"softmax"};
constexpr std::string_view kNamesLogsoftmax[] = {"logsoftmax"};
constexpr std::string_view kNamesCrossEntropy[] = {"features", "labels"};
constexpr std::string_view kNamesLoss[] = {"loss", "backprop"};
constexpr TypeAttr kTypesSparse[] = {{"T", 0}, {"Tlabels", 1}};

}  // namespace

constinit const OpRecord kSoftmax = {.name = "Softmax",
                                     .input_names = kNamesLogits,
                                     .output_names = kNamesSoftmax,
                                     .types = kTypeT,
                                     .infer = infer_softmax,
                                     .kernel = softmax_kernel,
                                     .gradient = gradient_softmax};
constinit const OpRecord kLogSoftmax = {.name = "LogSoftmax",
                                        .input_names = kNamesLogits,
                                        .output_names = kNamesLogsoftmax,
                                        .types = kTypeT,
                                        .infer = infer_softmax,
                                        .kernel = log_softmax_kernel,
                                        .gradient = gradient_log_softmax};
constinit const OpRecord kSoftmaxCrossEntropyWithLogits = {.name = "SoftmaxCrossEntropyWithLogits",
                                                           .input_names = kNamesCrossEntropy,
                                                           .output_names = kNamesLoss,
                                                           .types = kTypeT,
                                                           .infer = infer_cross_entropy,
                                                           .kernel = cross_entropy_kernel,
                                                           .gradient = gradient_cross_entropy};
constinit const OpRecord kSparseSoftmaxCrossEntropyWithLogits = {.name = "SparseSoftmaxCrossEntropyWithLogits",
                                                                 .input_names = kNamesCrossEntropy,
                                                                 .output_names = kNamesLoss,
                                                                 .types = kTypesSparse,
                                                                 .infer = infer_sparse_cross_entropy,
                                                                 .kernel = sparse_cross_entropy_kernel,
                                                                 .gradient = gradient_logits};

namespace {

/// `op` works along the last axis.
Tensor along(const OpRecord& op, const Tensor& x, int axis) {
  const int rank = x.rank();
  if (axis == -1 || axis == rank - 1 || rank < 0) return apply(op, x);
  const int place = checked_axis(op, axis, rank);
  std::array<std::int64_t, Shape::kMaxRank> order{};
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(place)], order[static_cast<std::size_t>(rank) - 1]);
  const std::span<const std::int64_t> axes(order.data(), static_cast<std::size_t>(rank));
  return transpose(apply(op, transpose(x, axes)), axes);
}
Tensor as_floating(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::kFloat32); }

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor softmax(const Tensor& x, int axis) {
  const Tensor logits = as_floating(x);
  Tensor y = along(kSoftmax, logits, axis);
  y.set_logits(logits);
  return y;
}
Tensor log_softmax(const Tensor& x, int axis) { return along(kLogSoftmax, as_floating(x), axis); }
Tensor softmax_cross_entropy_with_logits(const Tensor& labels, const Tensor& logits) {
  const Tensor inputs[] = {logits, cast(labels, logits.dtype())};
  std::array<Tensor, 2> outputs;
  apply_into(kSoftmaxCrossEntropyWithLogits, inputs, {}, outputs);
  return outputs[0];
}
Tensor sparse_softmax_cross_entropy_with_logits(const Tensor& labels, const Tensor& logits) {
  const bool whole = labels.dtype() == DType::kInt32 || labels.dtype() == DType::kInt64;
  const Tensor inputs[] = {logits, whole ? labels : cast(labels, DType::kInt32)};
  std::array<Tensor, 2> outputs;
  apply_into(kSparseSoftmaxCrossEntropyWithLogits, inputs, {}, outputs);
  return outputs[0];
}

}  // namespace namesake
