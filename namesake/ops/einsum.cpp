// Einsum of one or two operands, by diagonals, sums, transposes and one batched matrix product.
#include "namesake/ops/einsum.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/ops/create.h"
#include "namesake/ops/einsum_equation.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

bool has(std::string_view labels, char label) { return labels.find(label) != std::string_view::npos; }
std::string without_repeats(std::string_view labels) {
  std::string once;
  for (const char label : labels) {
    if (!has(once, label)) once += label;
  }
  return once;
}

void infer_einsum(const InferContext& c) {
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (c.inputs.size() > 2)
    throw_invalid(c.op, "Einsum takes one or two operands.", "", std::to_string(c.inputs.size()));
  for (const Tensor& input : c.inputs) {
    if (input.dtype() != c.inputs[0].dtype()) throw_mismatch(c.op, c.inputs, "Einsum needs operands of one dtype.");
    if (!input.shape().known_rank()) return;
  }
  const EinsumPlan plan(c.op, c.attrs.text(0), c.inputs);
  c.outputs[0].shape = plan.shape(plan.result);
}

/// How far apart the elements of each of `wanted` lie in x, which has these labels: those of a diagonal add up.
std::array<std::int64_t, Shape::kMaxRank> strides_of(const EinsumPlan& plan, const Shape& shape,
                                                     std::string_view labels, std::string_view wanted) {
  std::array<std::int64_t, Shape::kMaxRank> strides{};
  std::int64_t below = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    const char label = labels[static_cast<std::size_t>(i)];
    const std::size_t place = wanted.find(label);
    if (place != std::string_view::npos && !plan.broadcasts(shape, i, label)) strides[place] += below;
    below *= shape[i];
  }
  return strides;
}
/// Calls visit(offset, place) for each element of `shape`, front to back.
template <class Visit>
void each_strided(const Shape& shape, const std::array<std::int64_t, Shape::kMaxRank>& strides, Visit visit) {
  std::array<std::int64_t, Shape::kMaxRank> at{};
  std::int64_t offset = 0;
  for (std::int64_t place = 0, n = shape.count(); place < n; ++place) {
    visit(offset, place);
    for (int i = shape.rank() - 1; i >= 0; --i) {
      const auto k = static_cast<std::size_t>(i);
      offset += strides[k];
      if (++at[k] < shape[i]) break;
      at[k] = 0;
      offset -= strides[k] * shape[i];
    }
  }
}
bool lies_so(const EinsumPlan& plan, const Shape& shape, std::string_view labels, std::string_view wanted) {
  return labels == wanted && shape == plan.shape(wanted);
}
/// x with its axes in the order of `wanted`: diagonals taken, broadcast axes spread out.
Tensor arranged(const OpRecord& op, const EinsumPlan& plan, const Tensor& x, std::string_view labels,
                std::string_view wanted) {
  if (lies_so(plan, x.shape(), labels, wanted)) return x;
  const Shape shape = plan.shape(wanted);
  const Tensor out = Tensor::empty(x.dtype(), shape);
  const auto strides = strides_of(plan, x.shape(), labels, wanted);
  with_width(op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.raw_as<T>();
    T* to = out.raw_as<T>();
    each_strided(shape, strides, [&](std::int64_t offset, std::int64_t place) { to[place] = from[offset]; });
  });
  return out;
}
/// The opposite for a result with a label twice: zeros but on the diagonal.
Tensor on_diagonal(const OpRecord& op, const EinsumPlan& plan, const Tensor& x, std::string_view once,
                   std::string_view wanted) {
  if (once == wanted) return x;
  const Tensor out = zeros(plan.shape(wanted), x.dtype());
  const auto strides = strides_of(plan, out.shape(), wanted, once);
  with_width(op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_strided(plan.shape(once), strides,
                 [&](std::int64_t offset, std::int64_t place) { out.raw_as<T>()[offset] = x.raw_as<T>()[place]; });
  });
  return out;
}

/// An operand with each label once, and only those of `kept`.
struct Operand {
  Tensor x;
  std::string labels;

  Operand(const OpRecord& op, const EinsumPlan& plan, const Tensor& input, std::string_view written,
          std::string_view kept)
      : labels(without_repeats(written)) {
    x = labels == written ? input : arranged(op, plan, input, written, labels);
    std::array<std::int64_t, Shape::kMaxRank> gone{};
    std::size_t count = 0;
    std::string rest;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (has(kept, labels[i]))
        rest += labels[i];
      else
        gone[count++] = static_cast<std::int64_t>(i);
    }
    if (count > 0) x = sum(x, Axes(std::span<const std::int64_t>(gone.data(), count)));
    labels = rest;
  }
};

/// One factor of the product as matrices (batch, rows, columns), transposed if it lies so already.
Tensor as_matrices(const OpRecord& op, const EinsumPlan& plan, const Operand& operand, const std::string& batch,
                   const std::string& rows, const std::string& columns, bool& transposed) {
  transposed =
      lies_so(plan, operand.x.shape(), operand.labels, batch + columns + rows) && !rows.empty() && !columns.empty();
  const Tensor x =
      arranged(op, plan, operand.x, operand.labels, transposed ? batch + columns + rows : batch + rows + columns);
  const auto count = [&](const std::string& labels) { return plan.shape(labels).count(); };
  return transposed ? x.with_shape({count(batch), count(columns), count(rows)})
                    : x.with_shape({count(batch), count(rows), count(columns)});
}
Tensor product_of(const OpRecord& op, const EinsumPlan& plan, const Operand& a, const Operand& b, std::string& labels) {
  std::string batch, inner, left, right;
  for (const char label : a.labels) {
    if (!has(b.labels, label))
      left += label;
    else
      (has(plan.result, label) ? batch : inner) += label;
  }
  for (const char label : b.labels) {
    if (!has(a.labels, label)) right += label;
  }
  labels = batch + left + right;
  bool ta = false, tb = false;
  Tensor x = as_matrices(op, plan, a, batch, left, inner, ta), y = as_matrices(op, plan, b, batch, inner, right, tb);
  const Shape out = plan.shape(labels);
  if (inner.empty()) return multiply(x, y).with_shape(out);
  if (left.empty() && right.empty()) {
    return sum(multiply(x.with_shape({x.shape()[0], x.shape()[2]}), y.with_shape({y.shape()[0], y.shape()[1]})), 1)
        .with_shape(out);
  }
  if (batch.empty()) {
    x = x.with_shape({x.shape()[1], x.shape()[2]});
    y = y.with_shape({y.shape()[1], y.shape()[2]});
    return apply(kMatMul, x, y, Attrs::of(ta, tb)).with_shape(out);
  }
  return apply(kBatchMatMulV2, x, y, Attrs::of(ta, tb)).with_shape(out);
}
void einsum_kernel(const KernelContext& c) {
  const StopRecording unseen;
  const EinsumPlan plan(c.op, c.attrs.text(0), c.inputs);
  const std::string once = without_repeats(plan.result);
  std::string labels;
  Tensor y;
  if (c.inputs.size() == 1) {
    const Operand a(c.op, plan, c.inputs[0], plan.operands[0], plan.result);
    labels = a.labels;
    y = a.x;
  } else {
    const Operand a(c.op, plan, c.inputs[0], plan.operands[0], plan.operands[1] + plan.result);
    const Operand b(c.op, plan, c.inputs[1], plan.operands[1], plan.operands[0] + plan.result);
    y = product_of(c.op, plan, a, b, labels);
  }
  y = on_diagonal(c.op, plan, arranged(c.op, plan, y, labels, once), once, plan.result);
  c.outputs[0] = y.id() == c.inputs[0].id() ? y.alias() : y;
}

/// The other operand of a gradient, without the axes that broadcast.
std::string drop_broadcast_axes(const EinsumPlan& plan, std::string_view labels, Tensor& x) {
  std::string rest;
  Shape shape = Shape::scalar();
  for (int i = 0; i < x.rank(); ++i) {
    const char label = labels[static_cast<std::size_t>(i)];
    if (plan.broadcasts(x.shape(), i, label)) continue;
    rest += label;
    shape.push_back(x.shape()[i]);
  }
  if (rest.size() != labels.size()) x = reshape(x, shape);
  return rest;
}
Attrs equation_attrs(std::string_view operands, std::string_view result) {
  Attrs attrs;
  attrs.set_text(0, fmt::format("{}->{}", operands, result));
  return attrs;
}
// The output's gradient times the other operand. Axes that were summed alone, or broadcast, are put back behind it.
void gradient_einsum(const GradientContext& c) {
  const EinsumPlan plan(c.op, c.attrs.text(0), c.inputs);
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (!c.needs[i]) continue;
    const Shape& shape = c.inputs[i].shape();
    Tensors factors = {c.output_gradients[0]};
    std::string known = plan.result, equation = plan.result;
    if (c.inputs.size() == 2) {
      factors.push_back(c.inputs[1 - i]);
      const std::string other = drop_broadcast_axes(plan, plan.operands[1 - i], factors[1]);
      known += other;
      equation += "," + other;
    }
    const std::string& labels = plan.operands[i];
    std::string wanted;
    Shape with_ones = Shape::scalar(), once = Shape::scalar();
    for (int k = 0; k < shape.rank(); ++k) {
      const char label = labels[static_cast<std::size_t>(k)];
      if (labels.find(label) != static_cast<std::size_t>(k)) continue;
      const bool there = has(known, label) && !plan.broadcasts(shape, k, label);
      if (there) wanted += label;
      with_ones.push_back(there ? shape[k] : 1);
      once.push_back(shape[k]);
    }
    Tensor g = apply(kEinsum, std::span<const Tensor>(factors), equation_attrs(equation, wanted));
    if (with_ones != g.shape()) g = reshape(g, with_ones);
    if (once != with_ones) g = broadcast_to(g, once);
    if (once != shape) g = apply(kEinsum, g, equation_attrs(without_repeats(labels), labels));
    c.input_gradients[i] = g;
  }
}

constexpr std::string_view kNamesInputs[] = {"inputs"};
constexpr AttrDef kAttrsEinsum[] = {{"equation", AttrKind::kText}};

}  // namespace

constinit const OpRecord kEinsum = {.name = "Einsum",
                                    .input_names = kNamesInputs,
                                    .output_names = kNamesOutput,
                                    .attrs = kAttrsEinsum,
                                    .types = kTypeT,
                                    .infer = infer_einsum,
                                    .kernel = einsum_kernel,
                                    .gradient = gradient_einsum,
                                    .makes_views = true,
                                    .list_input = 0};

namespace {

Tensor step(std::string_view operands, std::string_view result, std::span<const Tensor> inputs) {
  return apply(kEinsum, inputs, equation_attrs(operands, result));
}
/// What of two operands is still wanted.
std::string joint_result(const std::string& a, const std::string& b, std::string_view wanted) {
  constexpr std::string_view kEllipsis = "...";
  std::string result;
  for (const std::string& part : {a, b}) {
    const bool dots = part.find(kEllipsis) != std::string::npos;
    if (dots && result.find(kEllipsis) == std::string::npos) result = std::string(kEllipsis) + result;
    for (const char label : part) {
      if (label != '.' && has(wanted, label) && !has(result, label)) result += label;
    }
  }
  return result;
}

}  // namespace
}  // namespace namesake::ops

namespace namesake {

using namespace ops;  // NOLINT(google-build-using-namespace): the records of this module

Tensor einsum(std::string_view equation, std::span<const Tensor> operands) {
  if (operands.empty()) throw_invalid(kEinsum, "Einsum needs at least one operand.");
  EinsumEquation parsed = parse_einsum(kEinsum, equation, operands.size());
  DType dtype = operands[0].dtype();
  for (const Tensor& operand : operands) dtype = result_type(dtype, operand.dtype());
  Tensors left;
  for (const Tensor& operand : operands) left.push_back(cast(operand, dtype));
  while (left.size() > 2) {
    std::string wanted = parsed.result;
    for (std::size_t i = 2; i < left.size(); ++i) wanted += parsed.operands[i];
    const std::string result = joint_result(parsed.operands[0], parsed.operands[1], wanted);
    const Tensor joined = step(parsed.operands[0] + "," + parsed.operands[1], result, {left.data(), 2});
    left.erase(left.begin());
    left[0] = joined;
    parsed.operands.erase(parsed.operands.begin());
    parsed.operands[0] = result;
  }
  return step(parsed.operands.size() == 1 ? parsed.operands[0] : parsed.operands[0] + "," + parsed.operands[1],
              parsed.result, left);
}

}  // namespace namesake
