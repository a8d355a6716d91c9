#include "namesake/nn/layers/dot.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/statistics.h"

namespace namesake::nn {
namespace {

// x with `axis` moved to place `to`; the others keep their order.
Tensor moved(const Tensor& x, int axis, int to) {
  std::vector<std::int64_t> order;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis) order.push_back(i);
  }
  order.insert(order.begin() + to, axis);
  return axis == to ? x : transpose(x, order);
}

// (batch, everything between, last) or (batch, first, everything behind).
Tensor squashed(const Tensor& x, bool keep_last) {
  std::int64_t between = 1;
  const int from = keep_last ? 1 : 2, to = keep_last ? x.rank() - 1 : x.rank();
  for (int i = from; i < to; ++i) between = between < 0 || x.shape()[i] < 0 ? Shape::kOpen : between * x.shape()[i];
  const std::int64_t batch = x.shape()[0];
  return keep_last ? reshape(x, {batch, between, x.shape().back()}) : reshape(x, {batch, x.shape()[1], between});
}

}  // namespace

void DotBody::config(Options& o, ConfigFields& f) {
  f("axes", o.axes);
  f("normalize", o.normalize);
}

DotBody::DotBody(Options options) : options_(std::move(options)) {
  if (options_.axes.single() || options_.axes.size() == 2) return;
  throw InvalidArgument({.subject = "axes",
                         .what = "Dot needs one axis, or one for each input.",
                         .expected = "a number, or two",
                         .received = to_json(options_.axes.serialize()),
                         .places = {{"here", site(), {}, {}}}});
}

int DotBody::axis_of(std::size_t input, int rank) const {
  const std::int64_t axis = options_.axes.values()[options_.axes.single() ? 0 : input];
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

void DotBody::build_many(std::span<const Shape> inputs) {
  if (inputs.size() != 2) refuse_inputs("two inputs", inputs);
  std::int64_t sizes[2] = {0, 0};
  for (std::size_t i = 0; i < 2; ++i) {
    const int axis = axis_of(i, inputs[i].rank());
    if (axis < 1 || axis >= inputs[i].rank()) refuse_inputs("axes that the inputs have, the batch axis not among them", inputs);
    sizes[i] = inputs[i][axis];
  }
  if (sizes[0] >= 0 && sizes[1] >= 0 && sizes[0] != sizes[1]) {
    refuse_inputs(fmt::format("equal sizes along the axes {}", to_json(options_.axes.serialize())), inputs);
  }
}

Tensor DotBody::merge(const Tensors& inputs) {
  Tensor a = inputs.at(0), b = inputs.at(1);
  const int axis_a = axis_of(0, a.rank()), axis_b = axis_of(1, b.rank());
  if (options_.normalize) {
    a = l2_normalize(a, axis_a, 1e-14);
    b = l2_normalize(b, axis_b, 1e-14);
  }
  a = moved(a, axis_a, a.rank() - 1);  // (batch, ..., n)
  b = moved(b, axis_b, 1);             // (batch, n, ...)
  Shape shape({a.shape()[0] < 0 ? b.shape()[0] : a.shape()[0]});
  for (int i = 1; i + 1 < a.rank(); ++i) shape.push_back(a.shape()[i]);
  for (int i = 2; i < b.rank(); ++i) shape.push_back(b.shape()[i]);
  if (shape.rank() == 1) shape.push_back(1);
  return reshape(matmul(squashed(a, true), squashed(b, false)), shape);
}

}  // namespace namesake::nn
